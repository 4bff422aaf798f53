"""Pages of connections and tokens: statuses, 404 rules, no credential in any page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.models import ApiToken
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_home_leads_to_connections_and_then_to_the_chooser(
    web: Client, alice: User, standin: StandIn
) -> None:
    assert web.get("/").url == "/connections"
    connect(alice, standin)
    assert web.get("/").url == "/choose"


@pytest.mark.parametrize(
    "path", ["/", "/choose", "/connections", "/tokens", "/selections/", "/selections/archives"]
)
def test_everything_needs_a_signed_in_user(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")


def test_the_form_is_filled_in_with_the_stand_in(web: Client, standin: StandIn) -> None:
    answer = web.get("/connections")
    assert f'value="{standin.url}"' in answer.text
    assert "stand-in" in answer.text


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"url": ""}, 400),
        ({"username": "demo", "password": "wrong-secret"}, 401),
        ({"access_token": "wrong-secret"}, 401),
        ({"username": "demo"}, 400),
        ({"url": "https://elsewhere.example.com", "username": "x", "password": "y"}, 403),
        ({"username": "demo", "password": "demo-password", "organization": "none"}, 400),
    ],
)
def test_errors_are_in_the_form_with_an_honest_status(
    web: Client, standin: StandIn, given: dict[str, str], status: int
) -> None:
    answer = web.post("/connections", {"url": standin.url} | given)
    assert answer.status_code == status
    assert answer.context["form"].errors
    assert "wrong-secret" not in answer.text
    assert not Connection.objects.exists()


def test_an_unreachable_server(web: Client, standin: StandIn) -> None:
    standin.stop()
    answer = web.post("/connections/sample")
    assert answer.status_code == 502
    assert 'role="alert"' in answer.text


def test_no_page_shows_a_credential(web: Client, alice: User, standin: StandIn) -> None:
    connection = connect(alice, standin)
    for path in ("/connections", f"/connections?again={connection.pk}", "/choose?task=1"):
        answer = web.get(path)
        assert answer.status_code == 200
        assert connection.credential not in answer.text
        assert "demo-password" not in answer.text


def test_connections_are_read_once_and_without_credentials(
    web: Client, alice: User, standin: StandIn
) -> None:
    connect(alice, standin)
    for path in ("/connections", "/tokens", "/teams"):
        with CaptureQueriesContext(database) as asked:
            assert web.get(path).status_code == 200
        [read] = [each["sql"] for each in asked if 'FROM "selector_connection"' in each["sql"]]
        assert '"credential"' not in read


def test_the_account_of_the_installation(
    web: Client, standin: StandIn, settings: pytest.FixtureRequest
) -> None:
    assert "account of this installation" not in web.get("/connections").text
    settings.CVAT_URL = standin.url
    settings.CVAT_USERNAME = "bob"
    settings.CVAT_PASSWORD = "bob-password"
    page = web.get("/connections").text
    assert "Connect with the account of this installation" in page
    assert "bob-password" not in page
    assert web.post("/connections/installation").status_code == 302
    assert Connection.objects.get().username == "bob"


def test_connections_of_others_are_not_there(web: Client, bob: User, standin: StandIn) -> None:
    theirs = connect(bob, standin)
    assert theirs.name not in web.get("/connections").text.split("<h1>")[1].split("<form")[0]
    assert web.post(f"/connections/{theirs.pk}/disconnect").status_code == 404
    assert web.get(f"/connections?again={theirs.pk}").status_code == 404
    assert web.get(f"/choose?connection={theirs.pk}").status_code == 404
    assert Connection.objects.filter(pk=theirs.pk).exists()


def test_tokens_of_others_cannot_be_revoked(web: Client, bob: User) -> None:
    token, _ = ApiToken.objects.issue(owner=bob, name="bob's")
    assert web.post(f"/tokens/{token.pk}/revoke").status_code == 404
    assert "bob&#x27;s" not in web.get("/tokens").text
    assert ApiToken.objects.filter(pk=token.pk).exists()


def test_a_token_needs_a_name(web: Client) -> None:
    answer = web.post("/tokens", {"name": "", "days": "0"})
    assert answer.status_code == 400
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "path", ["/connections/sample", "/connections/1/disconnect", "/tokens/1/revoke"]
)
def test_what_changes_something_takes_post_alone(web: Client, path: str) -> None:
    assert web.get(path).status_code == 405
