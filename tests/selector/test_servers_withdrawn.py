"""Servers and accounts that the operator has taken out of the environment are asked no more."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from portal.exceptions import ServerNotAllowed
from selections import services as builds
from selections.archives import building
from selections.models import Archive
from selector.models import Connection
from selector.own_connections import default_connection, own_connections
from selector.services import connections
from standin.server import StandIn
from tests.conftest import connect
from tests.making import make_selection

ELSEWHERE = "https://cvat.example.com"


def test_server_off_the_list_is_asked_no_more(
    connection: Connection, standin: StandIn, settings: Any, api: APIClient
) -> None:
    settings.CVAT_ALLOWED_URLS = [ELSEWHERE]
    standin.requests.clear()

    answer = api.get(f"/api/tasks/1?connection={connection.pk}")
    assert answer.status_code == 403
    assert answer.json()["code"] == "server_not_allowed"
    assert "not among the CVAT servers" in answer.json()["detail"]
    with pytest.raises(ServerNotAllowed):
        connection.client()
    assert len(standin.requests) == 0


def test_build_from_a_server_off_the_list_fails_in_words(
    alice: User, connection: Connection, standin: StandIn, settings: Any
) -> None:
    archive = builds.request_archive(user=alice, selection=make_selection(alice, connection))
    settings.CVAT_ALLOWED_URLS = [ELSEWHERE]
    standin.requests.clear()

    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == Archive.Status.FAILED
    assert "not among the CVAT servers" in archive.error
    assert len(standin.requests) == 0


def test_page_says_what_is_not_allowed(
    connection: Connection, settings: Any, client: Any, alice: User
) -> None:
    settings.CVAT_ALLOWED_URLS = [ELSEWHERE]
    client.force_login(alice)

    answer = client.get(f"/choose?connection={connection.pk}")
    assert answer.status_code == 403
    assert "not among the CVAT servers" in answer.text
    assert "not allowed" in client.get("/connections").text


class TestAccountOfTheInstallation:
    @pytest.fixture(autouse=True)
    def offered(self, settings: Any, standin: StandIn) -> None:
        settings.CVAT_URL = standin.url
        settings.CVAT_USERNAME = "bob"
        settings.CVAT_PASSWORD = "bob-password"

    def test_is_used_no_more_once_it_is_withdrawn(
        self, alice: User, settings: Any, standin: StandIn, api: APIClient
    ) -> None:
        connection = connections.connect(owner=alice).connection
        assert connection.client()
        settings.CVAT_PASSWORD = ""
        standin.requests.clear()

        answer = api.get(f"/api/tasks/1?connection={connection.pk}")
        assert answer.status_code == 403
        assert "no longer offers the account" in answer.json()["detail"]
        assert len(standin.requests) == 0

    def test_another_account_does_not_stand_in_for_it(self, alice: User, settings: Any) -> None:
        connection = connections.connect(owner=alice).connection
        settings.CVAT_USERNAME = "carol"
        with pytest.raises(ServerNotAllowed):
            connection.client()

    def test_another_password_of_it_changes_nothing(self, alice: User, settings: Any) -> None:
        connection = connections.connect(owner=alice).connection
        settings.CVAT_PASSWORD = "another-password"
        assert connection.client()

    def test_own_access_to_the_same_account_stays(
        self, alice: User, standin: StandIn, settings: Any
    ) -> None:
        connections.connect(owner=alice)
        own = connect(alice, standin, "bob")
        settings.CVAT_PASSWORD = ""
        assert own.client()
        assert Connection.objects.get().installation_account == ""

    def test_with_an_access_token(self, alice: User, standin: StandIn, settings: Any) -> None:
        settings.CVAT_ACCESS_TOKEN = standin.world.access_token("bob").value
        connection = connections.connect(owner=alice).connection
        assert connection.client()
        settings.CVAT_ACCESS_TOKEN = ""
        with pytest.raises(ServerNotAllowed):
            connection.client()

    def test_can_be_connected_again_with_a_password_of_ones_own(
        self, alice: User, standin: StandIn, settings: Any
    ) -> None:
        connections.connect(owner=alice)
        settings.CVAT_USERNAME = settings.CVAT_PASSWORD = ""
        assert connect(alice, standin, "bob").client()

    def test_another_connection_takes_over_its_selections(
        self, alice: User, standin: StandIn, settings: Any
    ) -> None:
        selection = make_selection(alice, connections.connect(owner=alice).connection)
        settings.CVAT_USERNAME = settings.CVAT_PASSWORD = ""
        own = connect(alice, standin, "demo")
        assert builds.request_archive(user=alice, selection=selection).connection == own
        assert builds.copy_selection(user=alice, selection=selection).connection == own
        assert default_connection(own_connections(alice)) == own
