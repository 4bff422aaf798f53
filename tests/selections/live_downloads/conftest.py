"""Builds that stop in the middle, and downloads of what they write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from selections.models import Archive, Selection
from selector.models import Connection
from standin.faults import Hold
from standin.server import StandIn
from tests.selections.builds import (
    in_thread,
    request,
    select,
)


class Build:
    """A build in a thread, which stops in the middle until it is released."""

    def __init__(self, archive: Archive, hold: Hold) -> None:
        self.archive = archive
        self.hold = hold
        self._thread = in_thread(archive)
        if not hold.wait_for_request():
            self.finish()
            raise AssertionError("the build does not stop in the middle")

    def finish(self) -> Archive:
        self.hold.release()
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.archive.refresh_from_db()
        return self.archive


@pytest.fixture
def selection(connection: Connection) -> Selection:
    return select(connection, (1, None))


@pytest.fixture
def start(standin: StandIn) -> Iterator[Callable[[Archive, str], Build]]:
    """Starts a build that stops where it asks CVAT for what the pattern matches."""
    started: list[Build] = []

    def start_one(archive: Archive, pattern: str) -> Build:
        started.append(Build(archive, standin.faults.hold(pattern)))
        return started[-1]

    yield start_one
    for build in started:
        build.finish()


@pytest.fixture
def build(selection: Selection, start: Callable[[Archive, str], Build]) -> Build:
    """Two chunks are written, the third is waited for."""
    return start(request(selection), "type=chunk&index=2&")


@pytest.fixture
def ask(api: APIClient) -> Callable[..., Any]:
    def get(archive: Archive, query: str = "follow", method: str = "get", **headers: str) -> Any:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        send = getattr(api, method)
        return send(f"/api/archives/{archive.pk}/download?{query}", headers=headers)

    return get


@pytest.fixture
def page(client: Client, alice: User) -> Callable[..., Any]:
    client.force_login(alice)

    def get(archive: Archive, **options: Any) -> Any:
        return client.get(f"/selections/archives/{archive.pk}/download?follow", **options)

    return get


def pieces_of(response: Any) -> Iterator[bytes]:
    assert response.streaming, response.content
    return iter(response.streaming_content)
