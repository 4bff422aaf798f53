import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("selections", "0019_shares"),
    ]

    operations = [
        migrations.CreateModel(
            name="FrameMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task_id", models.BigIntegerField()),
                ("frame", models.IntegerField()),
                ("verdict", models.CharField(blank=True, choices=[("good", "good"), ("faulty", "faulty")], max_length=10)),
                ("tags", models.JSONField(blank=True, default=list)),
                ("comment", models.TextField(blank=True)),
                ("marked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("marked_by", models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("selection", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="marks", to="selections.selection")),
            ],
            options={
                "ordering": ["task_id", "frame"],
                "constraints": [models.UniqueConstraint(fields=("selection", "task_id", "frame"), name="frame_marked_once")],
            },
        ),
    ]
