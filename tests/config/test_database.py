"""Connections to the database of the embedded set-up."""

from __future__ import annotations

import pytest
from django.core import signals
from django.db import connection
from django.db.backends.signals import connection_created


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL's connections are pooled")
@pytest.mark.django_db(transaction=True)
def test_a_thread_keeps_its_connection_from_one_request_to_the_next() -> None:
    connection.close()
    opened: list[object] = []

    def note(**about: object) -> None:
        opened.append(about["connection"])

    connection_created.connect(note)
    try:
        for _ in range(3):
            signals.request_started.send(None, environ={})
            connection.introspection.table_names()
            signals.request_finished.send(None)
    finally:
        connection_created.disconnect(note)
    assert opened == [connection]
