"""Connecting: with a password, once per server, organization and CVAT user; refused; again."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from cvat.exceptions import CvatLoginRefused
from portal.exceptions import InvalidInput, NotConnected, NotFound, TooManyAttempts
from selector.cvat_requests import cvat_client
from selector.models import Connection
from selector.services import connections
from standin.samples import sample_world
from standin.server import StandIn
from tests.conftest import connect


def test_it_works(alice: User, standin: StandIn) -> None:
    connected = connections.connect(
        owner=alice, url=f"{standin.url}/tasks?page=1", username="demo", password="demo-password"
    )
    kept = Connection.objects.get()
    assert kept == connected.connection
    assert (kept.owner, kept.url, kept.username) == (alice, standin.url, "demo")
    assert kept.credential_kind == Connection.Kind.ACCESS_TOKEN
    assert kept.server_version == "2.54.1"
    assert not kept.needs_reconnect
    assert connected.notice == ""
    assert connections.find_connection(user=alice) == kept


def test_older_server_keeps_the_login_key_and_says_so(alice: User, settings: object) -> None:
    with StandIn(sample_world(), version="2.40.0", access_tokens=False) as old:
        settings.CVAT_ALLOWED_URLS = [old.url]
        connected = connections.connect(
            owner=alice, url=old.url, username="demo", password="demo-password"
        )
        assert connected.connection.credential_kind == Connection.Kind.LOGIN_TOKEN
        assert "2.48" in connected.notice
        with connected.connection.client() as client:
            assert client.whoami().username == "demo"


@pytest.mark.parametrize("account", ["demo", "nobody", "demo@example.com"])
def test_wrong_password(alice: User, standin: StandIn, account: str) -> None:
    with pytest.raises(CvatLoginRefused, match="does not accept this user name and password"):
        connections.connect(owner=alice, url=standin.url, username=account, password="not-this-one")
    assert not Connection.objects.exists()


def test_many_wrong_passwords(
    alice: User, bob: User, standin: StandIn, settings: object, api: APIClient
) -> None:
    """Nobody tries passwords through the portal; what others do has nothing to do with it."""
    settings.LOGIN_FAILURE_LIMIT = 3
    wrong = {"url": standin.url, "username": "demo", "password": "not-this-one"}
    for _ in range(3):
        with pytest.raises(CvatLoginRefused):
            connections.connect(owner=alice, **wrong)
    standin.requests.clear()
    right = wrong | {"password": "demo-password"}
    with pytest.raises(TooManyAttempts, match="Wait 15 minutes"):
        connections.connect(owner=alice, **right)
    answer = api.post("/api/test-connection", right)
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_attempts"
    assert len(standin.requests) == 0
    assert connections.connect(owner=bob, **right).connection.pk


def test_a_failed_try_keeps_what_is_there(alice: User, connection: Connection) -> None:
    with pytest.raises(CvatLoginRefused):
        connections.connect(owner=alice, url=connection.url, username="demo", password="not-this")
    assert connections.find_connection(user=alice) == connection
    with cvat_client(Connection.objects.get()) as client:
        assert client.whoami().username == "demo"


def test_password_without_user_name(alice: User, standin: StandIn) -> None:
    with pytest.raises(InvalidInput, match="needs a user name"):
        connections.connect(owner=alice, url=standin.url, password="demo-password")


def test_nothing_to_sign_in_with(alice: User, standin: StandIn) -> None:
    with pytest.raises(InvalidInput, match="Give a user name and password, or an access token"):
        connections.connect(owner=alice, url=standin.url, username="demo")


def test_organization(alice: User, standin: StandIn) -> None:
    account = {"owner": alice, "url": standin.url, "username": "alice"}
    kept = connections.connect(**account, password="alice-password", organization="acme").connection
    assert (kept.organization, kept.name) == ("acme", f"{standin.url[7:]} · acme")
    with pytest.raises(InvalidInput, match=r"no organization “acne”.*Yours are: acme"):
        connections.connect(**account, password="alice-password", organization="acne")
    # What is refused makes no token, and revokes none.
    assert [token.revoked for token in standin.world.access_tokens.values()] == [False]


def test_one_connection_per_server_and_organization(alice: User, standin: StandIn) -> None:
    account = {"owner": alice, "url": standin.url, "username": "alice"}
    for organization in ("", "acme", ""):
        connections.connect(**account, password="alice-password", organization=organization)
    assert Connection.objects.count() == 2


def test_connecting_twice_in_the_same_moment(
    alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is kept between our look and our save."""
    save = connections._save

    def slowly(connection: Connection) -> None:
        monkeypatch.undo()
        connect(alice, standin)
        save(connection)

    monkeypatch.setattr(connections, "_save", slowly)
    kept = connect(alice, standin)
    assert Connection.objects.get().credential == kept.credential


def test_the_one_used_last_is_meant(alice: User, standin: StandIn) -> None:
    first = connect(alice, standin)
    second = connections.connect(
        owner=alice, url=standin.url, username="alice", password="alice-password",
        organization="acme",
    ).connection  # fmt: skip
    assert connections.find_connection(user=alice) == second
    assert connections.find_connection(user=alice, connection_id=first.pk) == first
    second.mark_refused()
    assert connections.find_connection(user=alice) == first


def test_connections_are_nobody_elses(alice: User, bob: User, connection: Connection) -> None:
    with pytest.raises(NotConnected):
        connections.find_connection(user=bob)
    with pytest.raises(NotFound):
        connections.find_connection(user=bob, connection_id=connection.pk)
