"""Access tokens of connections: made, revoked, replaced, refused and encrypted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from rest_framework.test import APIClient

from cvat.exceptions import CvatLoginRefused
from cvat.types import CredentialKind
from selector.models import Connection
from selector.services import connections
from standin.server import StandIn
from tests.conftest import connect


def usable_tokens(standin: StandIn, account: str = "demo") -> list:
    tokens = standin.world.access_tokens.values()
    return [t for t in tokens if t.owner.username == account and not t.revoked]


def asked(standin: StandIn, path: str) -> list[str]:
    return [f"{seen.method} {seen.status}" for seen in standin.requests.matching(path)]


def test_the_token_made_is_named_expiring_and_read_only(alice: User, standin: StandIn) -> None:
    connect(alice, standin)
    [token] = usable_tokens(standin)
    assert token.name == "CVAT Image Selector (alice)"
    assert token.read_only
    left = token.expiry_date - datetime.now(UTC)
    assert timedelta(days=89) < left < timedelta(days=91)
    assert Connection.objects.get().credential == token.value


def test_a_long_user_name_is_cut_in_the_name_of_the_token(alice: User, standin: StandIn) -> None:
    """CVAT takes no longer one, and the portal would keep the login key, which may write."""
    alice.username = "maximilian.mustermann@example.com"
    alice.save()
    connection = connect(alice, standin)
    [token] = usable_tokens(standin)
    assert token.name == "CVAT Image Selector (maximilian.mustermann@examp…)"
    assert connection.credential_kind == Connection.Kind.ACCESS_TOKEN
    assert connections.token_name(connection, ", may write").startswith(
        "CVAT Image Selector (maximilian.muste"
    )
    assert len(connections.token_name(connection, ", may write")) == 50


def test_connecting_again_keeps_a_token_that_works_and_prolongs_it(
    alice: User, standin: StandIn, settings: object
) -> None:
    first = connect(alice, standin)
    [token] = usable_tokens(standin)
    settings.CVAT_TOKEN_DAYS = 200
    again = connections.connect(
        owner=alice, url=standin.url, username="demo", password="demo-password"
    )
    assert again.connection.pk == first.pk
    assert "still works and stays in use" in again.text
    assert usable_tokens(standin) == [token]
    assert token.expiry_date - datetime.now(UTC) > timedelta(days=199)
    assert Connection.objects.get().credential == token.value


def test_token_that_no_longer_works_is_replaced_and_said_so(alice: User, standin: StandIn) -> None:
    first = connect(alice, standin)
    [former] = usable_tokens(standin)
    former.revoked = True
    again = connections.connect(
        owner=alice, url=standin.url, username="demo", password="demo-password"
    )
    assert again.connection.pk == first.pk
    assert "A new access replaces the one stored earlier" in again.text
    [token] = usable_tokens(standin)
    assert Connection.objects.get().credential == token.value


class TestFullAccount:
    """CVAT allows 50 access tokens in an account."""

    def test_working_token_is_not_exchanged_for_a_login_key(
        self, alice: User, standin: StandIn, api: APIClient
    ) -> None:
        connection = connect(alice, standin)
        fill(standin)
        body = {"url": standin.url, "username": "demo", "password": "demo-password"}
        answer = api.post("/api/test-connection", body)
        assert answer.status_code == 200
        assert "still works" in answer.json()["message"]
        after = Connection.objects.get()
        assert after.credential_kind == Connection.Kind.ACCESS_TOKEN
        assert after.credential == connection.credential

    def test_it_is_said_what_to_delete(self, alice: User, standin: StandIn) -> None:
        fill(standin)
        connected = connections.connect(
            owner=alice, url=standin.url, username="demo", password="demo-password"
        )
        assert connected.connection.credential_kind == Connection.Kind.LOGIN_TOKEN
        assert "holds 50 access tokens" in connected.notice
        assert "Delete one that you no longer need in CVAT (Profile, Security)" in connected.notice

    def test_a_smaller_limit_of_the_server_is_said_too(
        self, alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("standin.accounts.TOKENS_PER_USER", 3)
        fill(standin, count=3)
        connected = connections.connect(
            owner=alice, url=standin.url, username="demo", password="demo-password"
        )
        assert connected.connection.credential_kind == Connection.Kind.LOGIN_TOKEN
        assert "holds 3 access tokens" in connected.notice

    def test_room_is_used_once_there_is_some(self, alice: User, standin: StandIn) -> None:
        fill(standin)
        connect(alice, standin)
        usable_tokens(standin)[0].revoked = True
        assert connect(alice, standin).credential_kind == Connection.Kind.ACCESS_TOKEN

    def test_token_of_a_removed_connection_makes_room(self, alice: User, standin: StandIn) -> None:
        connections.disconnect(connection=connect(alice, standin))
        [unused] = usable_tokens(standin)
        fill(standin)
        connected = connections.connect(
            owner=alice, url=standin.url, username="demo", password="demo-password"
        )
        assert connected.connection.credential_kind == Connection.Kind.ACCESS_TOKEN
        assert unused.revoked
        assert "replaced one that it had made itself" in connected.notice
        assert len(usable_tokens(standin)) == 50

    def test_token_of_another_connection_is_left_alone(self, alice: User, standin: StandIn) -> None:
        """To the same server, but in another organization."""
        account = {"owner": alice, "url": standin.url, "username": "alice"}
        first = connections.connect(**account, password="alice-password").connection
        fill(standin, "alice")
        connections.connect(**account, password="alice-password", organization="acme")
        with Connection.objects.get(pk=first.pk).client() as client:
            assert client.whoami().username == "alice"


def fill(standin: StandIn, account: str = "demo", *, count: int = 50) -> None:
    while len(usable_tokens(standin, account)) < count:
        standin.world.access_token(account, "a script of mine")


class TestTwoAccountsOnOneServer:
    def test_each_has_a_connection_that_works(self, alice: User, standin: StandIn) -> None:
        first, second = connect(alice, standin), connect(alice, standin, "carol")
        assert first.pk != second.pk
        for connection, account in ((first, "demo"), (second, "carol")):
            with Connection.objects.get(pk=connection.pk).client() as client:
                assert client.whoami().username == account
        assert first.label != second.label

    def test_no_token_of_the_other_user_is_touched(self, alice: User, standin: StandIn) -> None:
        connect(alice, standin)
        [of_demo] = usable_tokens(standin)
        connected = connections.connect(
            owner=alice, url=standin.url, username="carol", password="carol-password"
        )
        assert connected.notice == ""
        assert not of_demo.revoked
        assert {seen.method for seen in standin.requests.matching("access_tokens")} == {"POST"}

    def test_api_tells_them_apart_by_user_name(
        self, alice: User, standin: StandIn, api: APIClient
    ) -> None:
        connect(alice, standin)
        second = connect(alice, standin, "carol")
        found = api.get("/api/connections?username=carol").json()["results"]
        assert [(each["id"], each["username"]) for each in found] == [(second.pk, "carol")]


def test_cvat_sessions_and_scripts_of_the_user_go_on(alice: User, standin: StandIn) -> None:
    key = standin.world.login_token("demo")
    own = standin.world.access_token("demo", "my script")
    standin.world.sessions["browser"] = standin.world.user("demo")
    connect(alice, standin)
    connect(alice, standin)
    connections.disconnect(connection=Connection.objects.get())
    assert asked(standin, "logout") == []
    assert standin.world.login_token("demo") == key
    assert not own.revoked
    assert standin.world.sessions["browser"].username == "demo"


def test_with_an_access_token_of_ones_own(alice: User, standin: StandIn) -> None:
    token = standin.world.access_token("bob")
    kept = connections.connect(owner=alice, url=standin.url, access_token=token.value).connection
    assert (kept.username, kept.credential_kind) == ("bob", CredentialKind.ACCESS_TOKEN.value)
    assert asked(standin, "login") == []


def test_a_token_in_between_does_not_make_the_former_one_forgotten(
    alice: User, standin: StandIn
) -> None:
    connect(alice, standin)
    [made] = usable_tokens(standin)
    connections.connect(
        owner=alice, url=standin.url, access_token=standin.world.access_token("demo").value
    )
    assert not made.revoked  # a token may not revoke tokens
    connect(alice, standin)
    assert made.revoked


@pytest.mark.parametrize("value", ["0" * 41, "aaaaaaaa." + "b" * 32, "two words", "ключ"])
def test_access_token_that_is_none(alice: User, standin: StandIn, value: str) -> None:
    with pytest.raises(CvatLoginRefused, match="access token") as caught:
        connections.connect(owner=alice, url=standin.url, access_token=value)
    assert value not in str(caught.value)
    assert not Connection.objects.exists()


def test_revoked_token_leads_to_connect_again(
    alice: User, connection: Connection, standin: StandIn, api: APIClient
) -> None:
    for token in usable_tokens(standin):
        token.revoked = True
    first = api.post("/api/load-images", {"task_id": 1})
    assert first.status_code == 401
    assert first.json()["code"] == "cvat_unauthorized"
    assert "connect again" in first.json()["message"]
    assert api.get(f"/api/connections/{connection.pk}").json()["needs_reconnect"] is True
    second = api.post("/api/load-images", {"task_id": 1})
    assert (second.status_code, second.json()["code"]) == (409, "not_connected")
    assert "your selections are kept" in second.json()["message"]
    connect(alice, standin)
    assert api.post("/api/load-images", {"task_id": 1}).status_code == 200


def test_a_late_401_does_not_spoil_the_new_access(alice: User, standin: StandIn) -> None:
    stale = connect(alice, standin)
    for token in usable_tokens(standin):
        token.revoked = True
    connect(alice, standin)
    stale.mark_refused()
    assert not Connection.objects.get().needs_reconnect


def test_a_lost_key_leads_to_connect_again(
    alice: User, connection: Connection, standin: StandIn, settings: object, api: APIClient
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="]
    assert api.get("/api/connections").json()["count"] == 1
    assert api.post("/api/load-images", {"task_id": 1}).status_code == 401
    connect(alice, standin)
    assert api.post("/api/load-images", {"task_id": 1}).status_code == 200


def test_the_column_is_ciphertext(connection: Connection) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT credential FROM selector_connection")
        [(stored,)] = cursor.fetchall()
    assert connection.credential not in stored
    assert stored.startswith("gAAAA")
