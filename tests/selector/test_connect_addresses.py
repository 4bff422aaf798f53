"""Servers that are not connected to: no address, not listed, down, or no CVAT at all."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from cvat.exceptions import CvatError, CvatUnreachable
from portal.exceptions import InvalidInput, ServerNotAllowed
from selector.services import connections
from standin.samples import sample_world
from standin.server import StandIn
from tests.conftest import connect


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
        connections.connect(owner=alice, url=url, username="demo", password="demo-password")
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
        connections.connect(owner=alice, url=url, username="demo", password="demo-password")
    assert "Ask the operator of the portal" in str(caught.value)
    assert "CVAT_ALLOWED_URLS" in str(caught.value)
    assert len(standin.requests) == 0


def test_https_is_another_server_than_http(alice: User, standin: StandIn) -> None:
    with pytest.raises(ServerNotAllowed):
        connections.connect(
            owner=alice,
            url=standin.url.replace("http:", "https:"),
            username="demo",
            password="demo-password",
        )


def test_server_that_is_down(alice: User, standin: StandIn) -> None:
    standin.stop()
    with pytest.raises(CvatUnreachable, match="connection refused"):
        connect(alice, standin)


def test_plain_http_where_https_is_expected(
    alice: User, standin: StandIn, settings: object
) -> None:
    url = standin.url.replace("http:", "https:")
    settings.CVAT_ALLOWED_URLS = [url]
    with pytest.raises(CvatUnreachable, match="does not speak HTTPS"):
        connections.connect(owner=alice, url=url, username="demo", password="demo-password")


def test_something_else_than_cvat(alice: User, standin: StandIn) -> None:
    standin.faults.fail("/api/", status=200, body="<html>Welcome to nginx</html>")
    with pytest.raises(CvatError, match="CVAT"):
        connect(alice, standin)


def test_a_redirect_is_not_followed(alice: User, standin: StandIn) -> None:
    """Else a listed server could have the password sent anywhere."""
    with StandIn(sample_world()) as other:
        standin.faults.fail(
            "/api/", status=307, headers={"Location": f"{other.url}/api/auth/login"}
        )
        with pytest.raises(CvatError):
            connect(alice, standin)
        assert len(other.requests) == 0
