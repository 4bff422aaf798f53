"""Passwords, tokens and keys appear in no page, answer, log line, admin page or error report."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.db import connection as database
from django.http import HttpRequest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.views.debug import technical_500_response
from rest_framework.test import APIClient

from portal.models import ApiToken
from selections.api.download_images import LONGEST_WAIT, _wanted_wait
from selector.models import Connection
from selector.services import connections
from standin.server import StandIn
from tests.addresses import addresses
from tests.conftest import api_of, connect
from tests.making import make_archive, make_selection
from tests.settings_read import settings_read

PASSWORD = "demo-password"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture, settings: object) -> Iterator[pytest.LogCaptureFixture]:
    """Every logger at DEBUG, SQL with its values among them."""
    database.force_debug_cursor = True
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    before = [(logger, logger.level, logger.propagate) for logger in known]
    for logger in known:
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
    with caplog.at_level(logging.DEBUG):
        yield caplog
    for logger, level, propagate in before:
        logger.setLevel(level)
        logger.propagate = propagate
    database.force_debug_cursor = False


def secrets_of(standin: StandIn) -> list[str]:
    tokens = [token.value for token in standin.world.access_tokens.values()]
    return [PASSWORD, *tokens, *standin.world.login_tokens]


def secret_of(token: str) -> str:
    """What follows the prefix; it may have underscores of its own."""
    return token.split("_", 2)[2]


@pytest.mark.slow
def test_it_works(
    alice: User, standin: StandIn, log: pytest.LogCaptureFixture, admin: User, settings: Any
) -> None:
    """The main job up to the build, then every page and answer there is."""
    settings.STANDIN_URL = ""  # else the examples of the API sign in to the sample tasks
    api, said = api_of(alice), []
    account = {"url": standin.url, "username": "demo"}
    said.append(api.post("/api/test-connection", account | {"password": PASSWORD}))
    said.append(api.post("/api/test-connection", account | {"password": "wrong-" + PASSWORD}))
    for token in standin.world.access_tokens.values():
        token.revoked = True  # so that another one is made
    said.append(api.post("/api/connections", account | {"password": PASSWORD}))
    said.append(api.post("/api/test-connection", {**account, "access_token": PASSWORD}))
    said.append(api.post("/api/load-images", {"task_id": 1}))
    said.append(api.post("/api/selections", {"frames": [{"task_id": 1, "frame": 0}]}))
    assert [answer.status_code for answer in said] == [200, 401, 201, 401, 200, 201]
    connection = Connection.objects.get()
    permission = f"/api/connections/{connection.pk}/write-permission"
    said.append(api.post(permission, {"password": PASSWORD}))
    assert said[-1].status_code == 201
    make_archive(alice, make_selection(alice, connection), "ready")
    for who in (alice, admin):
        said += every_page(who, connection)
    text = log.text + "".join(body(answer) for answer in said)
    assert "selector_connection" in text  # SQL is among it
    assert "/api/auth/login" in text  # and what was asked of CVAT
    assert len(secrets_of(standin)) >= 4
    for secret in secrets_of(standin):
        assert secret not in text
    assert secret_of(api._credentials["HTTP_AUTHORIZATION"]) not in text


def every_page(user: User, connection: Connection) -> list:
    client = Client()
    client.force_login(user)
    asked = set()  # many ids are the same
    for name in sorted(addresses()):
        if name.endswith(("delete", "download", "download-part", "api-docs")):
            continue
        if name.startswith("admin:") and name != "admin:index" and not user.is_staff:
            continue  # all lead to the same sign-in
        for arguments in ({}, {"pk": 1}, {"pk": connection.pk}, {"object_id": connection.pk}):
            with suppress(NoReverseMatch):
                asked.add(reverse(name, kwargs=arguments))
    pages = [client.get(address, follow=True) for address in sorted(asked)]
    assert sum(page.status_code == 200 for page in pages) > 20
    return pages


def body(answer) -> str:
    if getattr(answer, "streaming", False):
        return ""
    return answer.content.decode() + str(dict(answer.headers))


def test_the_value_of_an_api_token_is_shown_once(alice: User) -> None:
    client = APIClient()
    client.force_login(alice)
    made = client.post("/api/tokens", {"name": "script"}).json()
    assert ApiToken.objects.find(made["value"]).name == "script"
    for path in ("/api/tokens", "/tokens"):
        assert made["value"] not in client.get(path).content.decode()
        assert secret_of(made["value"]) not in client.get(path).content.decode()
    assert made["value"] not in str(list(ApiToken.objects.values_list()))


# --- error reports -----------------------------------------------------------------------------


def report(client: Client, *args: object, **kwargs: object) -> str:
    """The answer, and the technical page with all variables (which the API does not answer)."""
    pages = []

    def write(request: HttpRequest, **_: object) -> None:
        pages.append(technical_500_response(request, *sys.exc_info()).content.decode())

    client.raise_request_exception = False
    got_request_exception.connect(write)
    try:
        answer = client.post(*args, **kwargs)
    finally:
        got_request_exception.disconnect(write)
    assert answer.status_code == 500
    [page] = pages
    assert "the planned fault" in page
    return page + answer.content.decode()


@pytest.fixture
def fault(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something in the midst of HTTP fails as nobody expected."""

    def fail(self: object, request: object, **kwargs: object) -> None:
        headers, content = dict(request.headers), request.body
        raise RuntimeError("the planned fault", len(headers), len(content or ""))

    settings.DEBUG = True
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", fail)


def test_report_of_a_failed_sign_in(alice: User, standin: StandIn, fault: None) -> None:
    account = {"url": standin.url, "username": "demo", "password": PASSWORD}
    text = report(api_of(alice), "/api/test-connection", account)
    assert PASSWORD not in text
    page = Client()
    page.force_login(alice)
    assert PASSWORD not in report(page, "/connections", account)


def test_report_of_a_failed_question(
    alice: User, connection: Connection, api: APIClient, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("fault")
    text = report(api, "/api/load-images", {"task_id": 1})
    assert connection.credential not in text
    assert secret_of(api._credentials["HTTP_AUTHORIZATION"]) not in text


def test_report_of_a_failed_save(
    alice: User, standin: StandIn, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("the planned fault")

    settings.DEBUG = True
    monkeypatch.setattr(Connection, "_do_insert", fail)
    account = {"url": standin.url, "username": "demo", "password": PASSWORD}
    text = report(api_of(alice), "/api/test-connection", account)
    for secret in secrets_of(standin):
        assert secret not in text


def test_report_hides_settings(alice: User, standin: StandIn, fault: None, settings) -> None:
    settings.CVAT_PASSWORD = settings.CVAT_ACCESS_TOKEN = "from-the-environment"
    settings.CELERY_BROKER_URL = "redis://:from-the-environment@broker"
    account = {"url": standin.url, "username": "demo", "password": PASSWORD}
    text = report(api_of(alice), "/api/test-connection", account)
    assert "from-the-environment" not in text
    assert settings.SECRET_KEY not in text
    assert settings.FIELD_ENCRYPTION_KEYS[0] not in text


# --- at rest -----------------------------------------------------------------------------------


def stored() -> str:
    with database.cursor() as cursor:
        cursor.execute("SELECT credential FROM selector_connection")
        return str(cursor.fetchone()[0])


def test_keys_are_rotated(connection: Connection, settings: object) -> None:
    plain, before = connection.credential, stored()
    old, new = settings.FIELD_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, old]
    assert Connection.objects.get().credential == plain
    said = io.StringIO()
    call_command("rotate_keys", stdout=said)
    assert "1 encrypted anew, 0 unreadable" in said.getvalue()
    assert stored() != before
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert Connection.objects.get().credential == plain


def test_rotation_leaves_what_it_cannot_read(connection: Connection, settings: object) -> None:
    before, keys = stored(), settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    said = io.StringIO()
    call_command("rotate_keys", stdout=said)
    assert "0 encrypted anew, 1 unreadable" in said.getvalue()
    assert stored() == before
    settings.FIELD_ENCRYPTION_KEYS = keys
    assert Connection.objects.get().credential == connection.credential


def test_the_whole_database_holds_no_secret(alice: User, standin: StandIn) -> None:
    connect(alice, standin)
    with database.cursor() as cursor:
        text = ""
        for table in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            text += str(cursor.fetchall())
    assert standin.url in text
    for secret in secrets_of(standin):
        assert secret not in text


# --- the environment ---------------------------------------------------------------------------


def test_allowed_servers_by_default() -> None:
    expected: list[tuple[dict[str, str], list[str]]] = [
        ({"CVAT_URL": "https://cvat.example.com"}, ["https://cvat.example.com"]),
        ({}, ["http://localhost:5021"]),
        ({"CVAT_URL": "https://a.example", "CVAT_ALLOWED_URLS": "https://b.example"},
         ["https://b.example"]),
    ]  # fmt: skip
    read = settings_read([variables for variables, _ in expected], ["CVAT_ALLOWED_URLS"])
    assert read == [[allowed] for _, allowed in expected]


def test_nothing_is_asked_of_a_server_that_is_not_listed(
    api: APIClient, standin: StandIn, settings: object
) -> None:
    settings.CVAT_ALLOWED_URLS = ["https://cvat.example.com"]
    answer = api.post(
        "/api/test-connection", {"url": standin.url, "username": "demo", "password": PASSWORD}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "server_not_allowed")
    assert len(standin.requests) == 0


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", 0),
        ("wait=5", 5),
        ('wait="7"', 7),
        ("respond-async, wait = 10", 10),
        ("wait=0", 0),
        ("wait=-5", 0),
        ("wait=abc", 0),
        ("wait=100000", LONGEST_WAIT),
        ("wait=" + "9" * 5000, LONGEST_WAIT),
    ],
)
def test_waiting_is_bounded(rf, prefer: str, seconds: int) -> None:
    assert _wanted_wait(rf.post("/", headers={"Prefer": prefer})) == seconds


def test_errors_do_not_repeat_what_was_typed(alice: User, standin: StandIn) -> None:
    standin.faults.fail("/api/auth/login", status=400, body={"password": [f"{PASSWORD} is wrong"]})
    with pytest.raises(Exception, match="does not accept") as caught:
        connections.connect(owner=alice, url=standin.url, username="demo", password=PASSWORD)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
