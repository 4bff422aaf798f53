"""The permission to write: given with a password, a token or the login key, and withdrawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection as database
from django.test import Client
from rest_framework.test import APIClient

from cvat.exceptions import CvatLoginRefused
from portal.exceptions import InvalidInput
from publishing import services
from publishing.models import WritePermission
from selector.models import Connection
from selector.services import connections
from standin.model import AccessToken
from standin.server import StandIn
from tests.conftest import connect


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def writing_tokens(standin: StandIn) -> list[AccessToken]:
    tokens = standin.world.access_tokens.values()
    return [token for token in tokens if not (token.read_only or token.revoked)]


def in_days(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def test_a_password_makes_a_short_lived_token_that_may_write(
    connection: Connection, standin: StandIn
) -> None:
    reading = connection.credential
    given = services.give_permission(connection=connection, password="demo-password")
    [token] = writing_tokens(standin)
    assert token.name == "CVAT Image Selector (alice), may write"
    assert in_days(6) < token.expiry_date < in_days(8)
    assert given.permission.credential == token.value
    assert given.permission.expires_at < in_days(8)
    assert Connection.objects.get().credential == reading  # which still may only read
    assert given.notice == ""


def test_the_name_of_the_token_is_no_longer_than_cvat_takes(
    connection: Connection, standin: StandIn
) -> None:
    connection.owner.username = "maximilian.mustermann@example.com"
    given = services.give_permission(connection=connection, password="demo-password")
    [token] = writing_tokens(standin)
    assert token.name == "CVAT Image Selector (maximilian.muste…), may write"
    assert given.permission.credential == token.value


def test_given_again_it_replaces_the_token(connection: Connection, standin: StandIn) -> None:
    for _ in range(2):
        services.give_permission(connection=connection, password="demo-password")
    [token] = writing_tokens(standin)
    assert WritePermission.objects.get().credential == token.value


def test_a_pasted_token_must_write_and_be_of_the_same_account(
    connection: Connection, standin: StandIn
) -> None:
    def pasted(account: str, *, read_only: bool, days: int) -> str:
        token = standin.world.access_token(
            standin.world.user(account), "own", read_only=read_only, expiry_date=in_days(days)
        )
        return str(token.value)

    def give(token: str) -> WritePermission:
        return services.give_permission(connection=connection, access_token=token).permission

    with pytest.raises(InvalidInput, match="may only read"):
        give(pasted("demo", read_only=True, days=5))
    with pytest.raises(InvalidInput, match="the account bob, and the connection is that of demo"):
        give(pasted("bob", read_only=False, days=5))
    with pytest.raises(CvatLoginRefused, match="wrong, expired or revoked"):
        give("aaaaaaaa." + "b" * 32)
    assert not WritePermission.objects.exists()
    assert give(pasted("demo", read_only=False, days=3)).expires_at < in_days(4)
    assert give(pasted("demo", read_only=False, days=300)).expires_at < in_days(8)


def test_a_wrong_password_and_none_are_refused(connection: Connection) -> None:
    with pytest.raises(CvatLoginRefused, match="does not accept this user name and password"):
        services.give_permission(connection=connection, password="wrong")
    with pytest.raises(InvalidInput, match="Give the password"):
        services.give_permission(connection=connection)


def test_an_older_server_lets_the_login_key_write(alice: User, standin: StandIn) -> None:
    standin.site.access_tokens = False
    connection = connect(alice, standin)
    given = services.give_permission(connection=connection)
    assert given.permission.get_credential() == connection.get_credential()
    assert given.permission.expires_at < in_days(8)


def test_the_key_of_the_account_that_the_operator_lends_does_not_write(
    web: Client, alice: User, standin: StandIn, settings: Any
) -> None:
    """Everybody may read with it; to write takes its password, which the operator has."""
    standin.site.access_tokens = False
    settings.CVAT_URL, settings.CVAT_USERNAME = standin.url, "demo"
    settings.CVAT_PASSWORD = "demo-password"
    lent = connections.connect(owner=alice).connection
    assert (lent.credential_kind, bool(lent.installation_account)) == ("login_token", True)
    with pytest.raises(InvalidInput, match="Give the password"):
        services.give_permission(connection=lent)
    page = web.get(f"/publications/connections/{lent.pk}/permission").text
    assert "which may write" not in page
    assert services.give_permission(connection=lent, password="demo-password").permission


def test_withdrawing_revokes_the_token_with_the_password(
    connection: Connection, standin: StandIn
) -> None:
    given = services.give_permission(connection=connection, password="demo-password")
    with pytest.raises(CvatLoginRefused):
        services.withdraw_permission(permission=given.permission, password="wrong")
    assert WritePermission.objects.exists()
    assert services.withdraw_permission(permission=given.permission, password="demo-password") == ""
    assert not writing_tokens(standin)
    assert not WritePermission.objects.exists()


def test_withdrawing_without_the_password_says_that_the_token_remains(
    connection: Connection, standin: StandIn
) -> None:
    given = services.give_permission(connection=connection, password="demo-password")
    notice = services.withdraw_permission(permission=given.permission)
    assert "“CVAT Image Selector (alice), may write” stays in your CVAT account" in notice
    assert len(writing_tokens(standin)) == 1


def test_an_expired_permission_is_none(connection: Connection, settings: object) -> None:
    settings.CVAT_WRITE_TOKEN_DAYS = 0
    given = services.give_permission(connection=connection, password="demo-password")
    assert not given.permission.is_usable
    assert WritePermission.objects.of(connection) is None


def test_the_credential_is_encrypted_and_its_key_is_rotated(connection: Connection) -> None:
    given = services.give_permission(connection=connection, password="demo-password")

    def stored() -> str:
        with database.cursor() as cursor:
            cursor.execute("SELECT credential FROM publishing_writepermission")
            return str(cursor.fetchone()[0])

    before = stored()
    assert given.permission.credential not in before
    call_command("rotate_keys")
    assert stored() != before
    assert WritePermission.objects.get().credential == given.permission.credential


def test_the_page_gives_shows_and_withdraws_it(web: Client, connection: Connection) -> None:
    page = f"/publications/connections/{connection.pk}/permission"
    assert "not allowed" in web.get("/connections").text
    wrong = web.post(page, {"password": "wrong"})
    assert wrong.status_code == 401
    assert "does not accept this user name and password" in wrong.text
    given = web.post(page, {"password": "demo-password"})
    assert given.url == page
    assert "allowed until" in web.get("/connections").text
    shown = web.get(page).text
    assert "until" in shown
    assert WritePermission.objects.get().credential not in shown
    assert web.post(f"{page}/withdraw", follow=True).status_code == 200
    assert not WritePermission.objects.exists()


@pytest.mark.parametrize(
    "use",
    [
        "create a ground-truth job",
        "create a task",
        "open issues",
        "add copied annotations",
        "delete objects there that the results replace",
        "delete a task that the portal made, with all annotations in it",
    ],
)
def test_the_page_names_all_that_it_is_used_for(
    web: Client, connection: Connection, use: str
) -> None:
    assert use in web.get(f"/publications/connections/{connection.pk}/permission").text


def test_the_page_refuses_a_password_beside_a_token(
    web: Client, connection: Connection, standin: StandIn
) -> None:
    """It would be silently ignored."""
    address = f"/publications/connections/{connection.pk}/permission"
    answer = web.post(address, {"password": "demo-password", "access_token": "a token"})
    assert answer.status_code == 400
    assert "Give the password or an access token, not both" in answer.text
    assert not WritePermission.objects.exists()


def test_the_api_gives_shows_and_withdraws_it(api: APIClient, connection: Connection) -> None:
    address = f"/api/connections/{connection.pk}/write-permission"
    assert api.get(address).status_code == 404
    assert api.post(address, {"password": "wrong"}).status_code == 401
    both = api.post(address, {"password": "a", "access_token": "b"})
    assert (both.status_code, "not both" in both.json()["detail"]) == (400, True)
    given = api.post(address, {"password": "demo-password"})
    assert (given.status_code, given.json()["is_usable"]) == (201, True)
    assert api.get(address).json()["expires_at"] == given.json()["expires_at"]
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
