from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def keep_permissions(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The permissions that administrators were given on API tokens name the model's app."""
    types = apps.get_model("contenttypes", "ContentType").objects.using(editor.connection.alias)
    types.filter(app_label="selector", model="apitoken").update(app_label="portal")


def return_permissions(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    types = apps.get_model("contenttypes", "ContentType").objects.using(editor.connection.alias)
    types.filter(app_label="portal", model="apitoken").update(app_label="selector")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("selector", "0005_api_tokens_move_to_portal"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="ApiToken",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=100)),
                        ("prefix", models.CharField(editable=False, max_length=8, unique=True)),
                        ("digest", models.CharField(editable=False, max_length=64)),
                        ("read_only", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("last_used_at", models.DateTimeField(blank=True, null=True)),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("owner", models.ForeignKey(on_delete=models.deletion.CASCADE, related_name="api_tokens", to=settings.AUTH_USER_MODEL)),
                    ],
                    options={"verbose_name": "API token", "ordering": ["-id"]},
                ),
            ],
        ),
        migrations.RunPython(keep_permissions, return_permissions),
    ]
