from django.db import migrations


class Migration(migrations.Migration):
    """The rows stay: the table is renamed, and `portal` takes the model over."""

    dependencies = [("selections", "0025_revisions")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("KeyedAnswer", "portal_keyedanswer")],
            state_operations=[migrations.DeleteModel("KeyedAnswer")],
        ),
    ]
