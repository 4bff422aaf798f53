from django.db import migrations, models

import selections.methods


class Migration(migrations.Migration):
    dependencies = [("selections", "0014_selection_draw")]

    operations = [
        migrations.RemoveConstraint("selection", "random_seed_fits_32_bits"),
        migrations.RemoveField("selection", "parameters"),
        migrations.RemoveField("selection", "random_seed"),
        migrations.AlterField(
            "selection",
            "frame_selection_method",
            models.CharField(choices=selections.methods.choices, default="manual", max_length=20),
        ),
    ]
