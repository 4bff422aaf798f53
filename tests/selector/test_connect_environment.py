"""Connecting with the account that the environment names."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portal.exceptions import InvalidInput, ServerNotAllowed
from selector.services import connections
from standin.samples import sample_world
from standin.server import StandIn


def test_environment_account(alice: User, standin: StandIn, settings: object) -> None:
    settings.CVAT_URL = standin.url
    settings.CVAT_USERNAME, settings.CVAT_PASSWORD = "demo", "demo-password"
    for given in ({}, {"url": f"{standin.url}/"}, {"username": "demo"}):
        assert connections.connect(owner=alice, **given).connection.username == "demo"


def test_environment_token(alice: User, standin: StandIn, settings: object) -> None:
    settings.CVAT_URL = standin.url
    settings.CVAT_ACCESS_TOKEN = standin.world.access_token("bob").value
    assert connections.connect(owner=alice).connection.username == "bob"


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
                connections.connect(owner=alice, **given)
        assert len(other.requests) == 0
    assert len(standin.requests) == 0


def test_without_any_server(alice: User, settings: object) -> None:
    settings.CVAT_URL = settings.STANDIN_URL = ""
    settings.CVAT_ALLOWED_URLS = []
    with pytest.raises(InvalidInput, match="Which CVAT server"):
        connections.connect(owner=alice)
    with pytest.raises(ServerNotAllowed, match="none is listed"):
        connections.connect(owner=alice, url="https://cvat.example.com")
