from django.db import migrations


class Migration(migrations.Migration):
    """The rows stay: the table is renamed, and `portal` takes the model over."""

    dependencies = [("selector", "0004_words")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable("ApiToken", "portal_apitoken")],
            state_operations=[migrations.DeleteModel("ApiToken")],
        ),
    ]
