"""A running stand-in with the sample world, and somebody to ask it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from standin.samples import sample_world
from standin.server import StandIn
from standin.sharing import shared
from standin.world import World

Ask = Callable[..., requests.Response]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-ins of these tests share no files with others."""
    monkeypatch.setattr(shared, "folder", None)


@pytest.fixture
def world() -> World:
    return sample_world()


@pytest.fixture
def standin(world: World) -> Iterator[StandIn]:
    with StandIn(world) as running:
        yield running


@pytest.fixture
def ask(standin: StandIn) -> Ask:
    """`ask(path, user="demo", method="GET", **options of requests)`, without gzip."""
    return asker(standin)


def asker(standin: StandIn) -> Ask:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "identity"

    def send(
        path: str, user: str | None = "demo", method: str = "GET", **options: Any
    ) -> requests.Response:
        headers = dict(options.pop("headers", {}))
        if user is not None:
            headers.setdefault("Authorization", f"Token {standin.world.login_token(user)}")
        options.setdefault("timeout", 20)
        return session.request(method, standin.url + path, headers=headers, **options)

    return send
