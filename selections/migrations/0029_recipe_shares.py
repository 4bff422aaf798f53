import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("portal", "0002_teams"),
        ("selections", "0028_selection_hides_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecipeShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("may_edit", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("person", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to=settings.AUTH_USER_MODEL)),
                ("recipe", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="selections.recipe")),
                ("team", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to="portal.team")),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("person__isnull", True), ("team__isnull", False))
                        | models.Q(("person__isnull", False), ("team__isnull", True)),
                        name="recipeshare_with_person_or_team",
                        violation_error_message="Share with a person or with a team: name one of them.",
                    ),
                    models.UniqueConstraint(fields=("recipe", "person"), name="recipe_shared_with_person_once", violation_error_message="The recipe is shared with this person already."),
                    models.UniqueConstraint(fields=("recipe", "team"), name="recipe_shared_with_team_once", violation_error_message="The recipe is shared with this team already."),
                ],
            },
        ),
        migrations.AlterField("share", "person", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to=settings.AUTH_USER_MODEL)),
        migrations.AlterField("share", "team", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to="portal.team")),
    ]
