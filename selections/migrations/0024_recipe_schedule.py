import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('selections', '0023_read_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='recipe',
            name='next_round_at',
            field=models.DateTimeField(db_index=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='recipe',
            name='problem',
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name='recipe',
            name='problem_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='recipe',
            name='schedule',
            field=models.CharField(blank=True, choices=[('', 'only when asked for'), ('daily', 'every day'), ('weekly', 'every week')], default='', max_length=10),
        ),
        migrations.AddField(
            model_name='recipe',
            name='schedule_hour',
            field=models.PositiveSmallIntegerField(default=6, validators=[django.core.validators.MaxValueValidator(23)]),
        ),
        migrations.AddField(
            model_name='recipe',
            name='schedule_weekday',
            field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')], default=0),
        ),
    ]
