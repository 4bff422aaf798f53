"""`flush`, which empties the database after each test that commits."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db import connections

# Only `migrate` writes these. Django's own command empties them too and creates their rows again,
# which takes longer than many a test.
CONSTANT = {ContentType._meta.db_table, Permission._meta.db_table}


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        database = connections[options["database"]]
        tables = database.introspection.django_table_names(only_existing=True, include_views=False)
        database.ops.execute_sql_flush(
            database.ops.sql_flush(self.style, sorted(set(tables) - CONSTANT))
        )
