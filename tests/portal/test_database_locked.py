"""A locked SQLite database spoils one answer, and says so; never a page until the next start."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client
from rest_framework.test import APIClient

from config.checks import SQLITE
from selections.page_queries import rows
from selector.own_connections import accepted_connections
from tests.conftest import api_of
from tests.making import make_selection

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(settings.DATABASES["default"]["ENGINE"] != SQLITE, reason="SQLite only"),
]

PASSWORD = "alice-portal-password"


@pytest.fixture
def locked(alice: User) -> Iterator[sqlite3.Connection]:
    """The database while another program holds the lock of writers; few seconds are waited for."""
    name = str(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(name, isolation_level=None)) as other:
        connection.cursor().execute("PRAGMA busy_timeout = 50")
        yield other
        other.execute("ROLLBACK") if other.in_transaction else None
    connection.close()


def test_json_is_asked_for_at_once_on_a_new_connection(
    alice: User, locked: sqlite3.Connection
) -> None:
    selection = make_selection(alice)
    locked.execute("BEGIN IMMEDIATE")
    seconds: list[float] = []

    def look() -> None:
        started = time.monotonic()
        try:
            assert rows([selection], accepted_connections(alice))[0].previews
            seconds.append(time.monotonic() - started)
        finally:
            connections.close_all()

    thread = threading.Thread(target=look)  # a new thread has a new connection
    thread.start()
    thread.join()
    assert seconds
    assert seconds[0] < connection.settings_dict["OPTIONS"]["timeout"] / 2


def test_a_write_of_the_api_is_503_with_retry_after(
    api: APIClient, alice: User, locked: sqlite3.Connection
) -> None:
    selection = make_selection(alice)
    address = f"/api/selections/{selection.pk}"
    assert api.get(address).status_code == 200  # the use of the token is noted
    locked.execute("BEGIN IMMEDIATE")
    answer = api.patch(address, {"name": "Other"})
    assert answer.status_code == 503
    assert answer.json()["code"] == "database_busy"
    assert int(answer["Retry-After"]) > 0
    locked.execute("ROLLBACK")
    assert api.patch(address, {"name": "Other"}).status_code == 200


def test_a_write_of_a_page_is_503_in_words(
    client: Client, alice: User, locked: sqlite3.Connection
) -> None:
    client.force_login(alice)
    client.raise_request_exception = False
    selection = make_selection(alice)
    address = f"/selections/{selection.pk}/describe"
    locked.execute("BEGIN IMMEDIATE")
    answer = client.post(address, {"name": "Other"})
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "Try again" in answer.text
    locked.execute("ROLLBACK")
    assert client.post(address, {"name": "Other"}).status_code == 302


def test_a_sign_in_is_503_in_words(client: Client, locked: sqlite3.Connection) -> None:
    client.raise_request_exception = False
    locked.execute("BEGIN IMMEDIATE")
    given = {"username": "alice", "password": PASSWORD}
    answer = client.post("/accounts/login/", given)
    assert answer.status_code == 503
    locked.execute("ROLLBACK")
    assert client.post("/accounts/login/", given).status_code == 302


def test_other_failures_of_the_database_stay_500(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite calls a missing table an operational error as well."""
    client = api_of(alice)
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE selections_selection RENAME TO elsewhere")
    try:
        assert client.get("/api/selections").status_code == 500
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO selections_selection")
