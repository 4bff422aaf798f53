from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("selections", "0017_selection_without_tasks_json")]

    operations = [
        migrations.AddField(
            "archive", "files_begun", models.PositiveIntegerField(default=0, editable=False)
        )
    ]
