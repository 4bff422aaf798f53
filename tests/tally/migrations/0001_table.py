from __future__ import annotations

from typing import Any

from django.db import migrations

from tests.tally.models import Tally


def create(apps: Any, editor: Any) -> None:
    editor.create_model(Tally)


class Migration(migrations.Migration):
    """The table as the model has it: it lives as long as a test database."""

    dependencies = [("auth", "0001_initial"), ("selector", "0001_initial")]
    operations = [migrations.RunPython(create)]
