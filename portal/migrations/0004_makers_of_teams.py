from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def note_first_members(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Who makes a team is its first member."""
    database = editor.connection.alias
    first = apps.get_model("portal", "TeamMember").objects.using(database).filter(
        team=models.OuterRef("pk")
    )
    person = models.Subquery(first.order_by("pk").values("person_id")[:1])
    apps.get_model("portal", "Team").objects.using(database).update(made_by_id=person)


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_keyed_answers_and_makers_of_teams")]

    operations = [migrations.RunPython(note_first_members, migrations.RunPython.noop)]
