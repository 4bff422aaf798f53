from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('selections', '0008_temporary_selections_and_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='selection',
            name='longest_filename',
            field=models.IntegerField(editable=False, null=True),
        ),
    ]
