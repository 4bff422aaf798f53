"""Connecting: with a password, a token, the environment's account; refused; again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from rest_framework.test import APIClient

from selector import services
from selector.asking import asking
from selector.cvat.exceptions import CvatError, CvatLoginRefused, CvatUnreachable
from selector.cvat.types import CredentialKind
from selector.exceptions import (
    InvalidInput,
    NotConnected,
    NotFound,
    ServerNotAllowed,
    TooManyAttempts,
)
from selector.models import Connection
from selector.services import connecting
from standin.samples import sample_world
from standin.server import StandIn
from tests.conftest import connect


def usable_tokens(standin: StandIn, account: str = "demo") -> list:
    tokens = standin.world.access_tokens.values()
    return [t for t in tokens if t.owner.username == account and not t.revoked]


def asked(standin: StandIn, path: str) -> list[str]:
    return [f"{seen.method} {seen.status}" for seen in standin.requests.matching(path)]


def test_it_works(alice: User, standin: StandIn) -> None:
    connected = services.connect(
        owner=alice, url=f"{standin.url}/tasks?page=1", username="demo", password="demo-password"
    )
    kept = Connection.objects.get()
    assert kept == connected.connection
    assert (kept.owner, kept.url, kept.username) == (alice, standin.url, "demo")
    assert kept.credential_kind == Connection.Kind.ACCESS_TOKEN
    assert kept.server_version == "2.54.1"
    assert not kept.needs_reconnect
    assert connected.notice == ""
    assert services.find_connection(user=alice) == kept


def test_the_token_made_is_named_expiring_and_read_only(alice: User, standin: StandIn) -> None:
    connect(alice, standin)
    [token] = usable_tokens(standin)
    assert token.name == "CVAT Image Selector (alice)"
    assert token.read_only
    left = token.expiry_date - datetime.now(UTC)
    assert timedelta(days=89) < left < timedelta(days=91)
    assert Connection.objects.get().credential == token.value


def test_reconnecting_revokes_the_former_token(alice: User, standin: StandIn) -> None:
    first = connect(alice, standin)
    [former] = usable_tokens(standin)
    again = connect(alice, standin)
    assert again.pk == first.pk
    assert former.revoked
    assert len(usable_tokens(standin)) == 1
    with Connection.objects.get().client() as client:
        assert client.whoami().username == "demo"


def test_cvat_sessions_and_scripts_of_the_user_go_on(alice: User, standin: StandIn) -> None:
    key = standin.world.login_token("demo")
    own = standin.world.access_token("demo", "my script")
    standin.world.sessions["browser"] = standin.world.user("demo")
    connect(alice, standin)
    connect(alice, standin)
    services.disconnect(connection=Connection.objects.get())
    assert asked(standin, "logout") == []
    assert standin.world.login_token("demo") == key
    assert not own.revoked
    assert standin.world.sessions["browser"].username == "demo"


def test_older_server_keeps_the_login_key_and_says_so(alice: User, settings: object) -> None:
    with StandIn(sample_world(), version="2.40.0", access_tokens=False) as old:
        settings.CVAT_ALLOWED_URLS = [old.url]
        connected = services.connect(
            owner=alice, url=old.url, username="demo", password="demo-password"
        )
        assert connected.connection.credential_kind == Connection.Kind.LOGIN_TOKEN
        assert "2.48" in connected.notice
        with connected.connection.client() as client:
            assert client.whoami().username == "demo"


def test_with_an_access_token_of_ones_own(alice: User, standin: StandIn) -> None:
    token = standin.world.access_token("bob")
    kept = services.connect(owner=alice, url=standin.url, access_token=token.value).connection
    assert (kept.username, kept.credential_kind) == ("bob", CredentialKind.ACCESS_TOKEN.value)
    assert asked(standin, "login") == []


def test_a_token_in_between_does_not_make_the_former_one_forgotten(
    alice: User, standin: StandIn
) -> None:
    connect(alice, standin)
    [made] = usable_tokens(standin)
    services.connect(
        owner=alice, url=standin.url, access_token=standin.world.access_token("demo").value
    )
    assert not made.revoked  # a token may not revoke tokens
    connect(alice, standin)
    assert made.revoked


@pytest.mark.parametrize("value", ["0" * 41, "aaaaaaaa." + "b" * 32, "two words", "ключ"])
def test_access_token_that_is_none(alice: User, standin: StandIn, value: str) -> None:
    with pytest.raises(CvatLoginRefused, match="access token") as caught:
        services.connect(owner=alice, url=standin.url, access_token=value)
    assert value not in str(caught.value)
    assert not Connection.objects.exists()


@pytest.mark.parametrize("account", ["demo", "nobody", "demo@example.com"])
def test_wrong_password(alice: User, standin: StandIn, account: str) -> None:
    with pytest.raises(CvatLoginRefused, match="does not accept this user name and password"):
        services.connect(owner=alice, url=standin.url, username=account, password="not-this-one")
    assert not Connection.objects.exists()


def test_many_wrong_passwords(
    alice: User, bob: User, standin: StandIn, settings: object, api: APIClient
) -> None:
    """Nobody tries passwords through the portal; what others do has nothing to do with it."""
    settings.LOGIN_FAILURE_LIMIT = 3
    wrong = {"url": standin.url, "username": "demo", "password": "not-this-one"}
    for _ in range(3):
        with pytest.raises(CvatLoginRefused):
            services.connect(owner=alice, **wrong)
    standin.requests.clear()
    right = wrong | {"password": "demo-password"}
    with pytest.raises(TooManyAttempts, match="Wait 15 minutes"):
        services.connect(owner=alice, **right)
    answer = api.post("/api/test-connection", right)
    assert answer.status_code == 429
    assert answer.json()["code"] == "too_many_attempts"
    assert len(standin.requests) == 0
    assert services.connect(owner=bob, **right).connection.pk


def test_a_failed_try_keeps_what_is_there(alice: User, connection: Connection) -> None:
    with pytest.raises(CvatLoginRefused):
        services.connect(owner=alice, url=connection.url, username="demo", password="not-this")
    assert services.find_connection(user=alice) == connection
    with asking(Connection.objects.get()) as client:
        assert client.whoami().username == "demo"


def test_password_without_user_name(alice: User, standin: StandIn) -> None:
    with pytest.raises(InvalidInput, match="needs a user name"):
        services.connect(owner=alice, url=standin.url, password="demo-password")


def test_nothing_to_sign_in_with(alice: User, standin: StandIn) -> None:
    with pytest.raises(InvalidInput, match="Give a user name and password, or an access token"):
        services.connect(owner=alice, url=standin.url, username="demo")


def test_organization(alice: User, standin: StandIn) -> None:
    account = {"owner": alice, "url": standin.url, "username": "alice"}
    kept = services.connect(**account, password="alice-password", organization="acme").connection
    assert (kept.organization, kept.name) == ("acme", f"{standin.url[7:]} · acme")
    with pytest.raises(InvalidInput, match=r"no organization “acne”.*Yours are: acme"):
        services.connect(**account, password="alice-password", organization="acne")
    # What is refused makes no token, and revokes none.
    assert [token.revoked for token in standin.world.access_tokens.values()] == [False]


def test_one_connection_per_server_and_organization(alice: User, standin: StandIn) -> None:
    account = {"owner": alice, "url": standin.url, "username": "alice"}
    for organization in ("", "acme", ""):
        services.connect(**account, password="alice-password", organization=organization)
    assert Connection.objects.count() == 2


def test_connecting_twice_in_the_same_moment(
    alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is kept between our look and our save."""
    check = connecting._take_over

    def slowly(*args: object) -> None:
        check(*args)
        monkeypatch.undo()
        connect(alice, standin)

    monkeypatch.setattr(connecting, "_take_over", slowly)
    kept = connect(alice, standin)
    assert Connection.objects.get().credential == kept.credential


# --- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("garbage", "Write the whole address"),
        ("cvat.example.com", "https://cvat.example.com"),
        ("ftp://cvat.example.com", "Only addresses with https:// or http://"),
        ("file:///etc/passwd", "Only addresses with"),
        ("javascript:alert(1)", "Write the whole address"),
        ("https://me:secret@cvat.example.com", "Leave user name and password out"),
        ("https://", "no valid host"),
        ("https://cvat.example.com:99999", "valid address"),
        ("https://cvat example.com", "space"),
        ("https://[::1", "valid address"),
    ],
)
def test_address_that_is_none(alice: User, standin: StandIn, url: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        services.connect(owner=alice, url=url, username="demo", password="demo-password")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example.com",
        "http://169.254.169.254",
        "http://localhost:6379",
        "http://127.0.0.1.nip.io",
    ],
)
def test_server_that_is_not_listed(alice: User, standin: StandIn, url: str) -> None:
    with pytest.raises(ServerNotAllowed) as caught:
        services.connect(owner=alice, url=url, username="demo", password="demo-password")
    assert "Ask the operator of the portal" in str(caught.value)
    assert "CVAT_ALLOWED_URLS" in str(caught.value)
    assert len(standin.requests) == 0


def test_https_is_another_server_than_http(alice: User, standin: StandIn) -> None:
    with pytest.raises(ServerNotAllowed):
        services.connect(
            owner=alice,
            url=standin.url.replace("http:", "https:"),
            username="demo",
            password="demo-password",
        )


def test_server_that_is_down(alice: User, standin: StandIn) -> None:
    standin.stop()
    with pytest.raises(CvatUnreachable, match="connection refused"):
        connect(alice, standin)


def test_certificate_error(alice: User, standin: StandIn, settings: object) -> None:
    """Plain HTTP where HTTPS is expected."""
    url = standin.url.replace("http:", "https:")
    settings.CVAT_ALLOWED_URLS = [url]
    with pytest.raises(CvatUnreachable, match="does not speak HTTPS"):
        services.connect(owner=alice, url=url, username="demo", password="demo-password")


def test_something_else_than_cvat(alice: User, standin: StandIn) -> None:
    standin.faults.fail("/api/", status=200, body="<html>Welcome to nginx</html>")
    with pytest.raises(CvatError, match="CVAT"):
        connect(alice, standin)


def test_a_redirect_is_not_followed(alice: User, standin: StandIn, settings: object) -> None:
    """Else a listed server could have the password sent anywhere."""
    with StandIn(sample_world()) as other:
        standin.faults.fail(
            "/api/", status=307, headers={"Location": f"{other.url}/api/auth/login"}
        )
        with pytest.raises(CvatError):
            connect(alice, standin)
        assert len(other.requests) == 0


# --- the environment's account -----------------------------------------------------------------


def test_environment_account(alice: User, standin: StandIn, settings: object) -> None:
    settings.CVAT_URL = standin.url
    settings.CVAT_USERNAME, settings.CVAT_PASSWORD = "demo", "demo-password"
    for given in ({}, {"url": f"{standin.url}/"}, {"username": "demo"}):
        assert services.connect(owner=alice, **given).connection.username == "demo"


def test_environment_token(alice: User, standin: StandIn, settings: object) -> None:
    settings.CVAT_URL = standin.url
    settings.CVAT_ACCESS_TOKEN = standin.world.access_token("bob").value
    assert services.connect(owner=alice).connection.username == "bob"


def test_environment_password_stays_with_its_server_and_user(
    alice: User, standin: StandIn, settings: object
) -> None:
    settings.CVAT_URL = standin.url
    settings.CVAT_USERNAME, settings.CVAT_PASSWORD = "demo", "demo-password"
    settings.CVAT_ACCESS_TOKEN = ""
    with StandIn(sample_world()) as other:
        settings.CVAT_ALLOWED_URLS = [standin.url, other.url]
        for given in (
            {"url": other.url},
            {"url": other.url, "username": "demo"},
            {"url": standin.url, "username": "bob"},
            {"username": "Demo"},
        ):
            with pytest.raises(InvalidInput):
                services.connect(owner=alice, **given)
        assert len(other.requests) == 0
    assert len(standin.requests) == 0


def test_without_any_server(alice: User, settings: object) -> None:
    settings.CVAT_URL = settings.STANDIN_URL = ""
    settings.CVAT_ALLOWED_URLS = []
    with pytest.raises(InvalidInput, match="Which CVAT server"):
        services.connect(owner=alice)
    with pytest.raises(ServerNotAllowed, match="none is listed"):
        services.connect(owner=alice, url="https://cvat.example.com")


# --- using a connection ------------------------------------------------------------------------


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
    connect(alice, standin)
    stale.mark_refused()
    assert not Connection.objects.get().needs_reconnect


def test_the_one_used_last_is_meant(alice: User, standin: StandIn) -> None:
    first = connect(alice, standin)
    second = services.connect(
        owner=alice, url=standin.url, username="alice", password="alice-password",
        organization="acme",
    ).connection  # fmt: skip
    assert services.find_connection(user=alice) == second
    assert services.find_connection(user=alice, connection_id=first.pk) == first
    second.mark_refused()
    assert services.find_connection(user=alice) == first


def test_connections_are_nobody_elses(alice: User, bob: User, connection: Connection) -> None:
    with pytest.raises(NotConnected):
        services.find_connection(user=bob)
    with pytest.raises(NotFound):
        services.find_connection(user=bob, connection_id=connection.pk)


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
