from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('selections', '0022_recipes'),
    ]

    operations = [
        migrations.AddField(
            model_name='selectedtask',
            name='read_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='selection',
            name='frames_requested',
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
    ]
