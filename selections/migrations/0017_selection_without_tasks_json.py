from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("selections", "0016_selected_tasks")]

    operations = [migrations.RemoveField("selection", "tasks_json")]
