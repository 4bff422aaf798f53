import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("portal", "0002_teams"),
        ("selections", "0018_archive_files_begun"),
    ]

    operations = [
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("may_edit", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("person", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="shares", to=settings.AUTH_USER_MODEL)),
                ("selection", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="selections.selection")),
                ("team", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="portal.team")),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("person__isnull", True), ("team__isnull", False))
                        | models.Q(("person__isnull", False), ("team__isnull", True)),
                        name="share_with_person_or_team",
                        violation_error_message="Share with a person or with a team: name one of them.",
                    ),
                    models.UniqueConstraint(fields=("selection", "person"), name="shared_with_person_once", violation_error_message="The selection is shared with this person already."),
                    models.UniqueConstraint(fields=("selection", "team"), name="shared_with_team_once", violation_error_message="The selection is shared with this team already."),
                ],
            },
        ),
    ]
