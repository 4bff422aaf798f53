import django.db.models.deletion
from django.db import migrations, models

OPERATIONS = [
    ("union", "all frames of"),
    ("intersection", "the frames in each of"),
    ("difference", "the frames that only the first has of"),
]


class Migration(migrations.Migration):
    dependencies = [("selections", "0020_frame_marks")]

    operations = [
        migrations.AddField(
            "selection",
            "operation",
            models.CharField(
                blank=True, choices=OPERATIONS, default="", editable=False, max_length=20
            ),
            preserve_default=False,
        ),
        migrations.CreateModel(
            "SelectionSource",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("frames_count", models.IntegerField()),
                ("frame_selection_method", models.CharField(max_length=20)),
                ("draw", models.JSONField(null=True)),
                (
                    "selection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sources",
                        to="selections.selection",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="combined_into",
                        to="selections.selection",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("selection", "number"), name="source_numbered_once"
                    )
                ],
            },
        ),
    ]
