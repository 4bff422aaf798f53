from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("selections", "0027_recipe_notices")]

    operations = [
        migrations.AddField(
            model_name="selection",
            name="hides_names",
            field=models.BooleanField(default=False, verbose_name="names hidden from readers"),
        ),
    ]
