"""Which of a person's connections leads to what was chosen or made through another one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from django.contrib.auth.models import User

from portal.exceptions import NotConnected
from selector.models import Connection
from selector.own_connections import accepted_connections, closest_connection


class Connected(Protocol):
    """A row that names the CVAT server and the connection that it is from."""

    url: str
    organization: str

    @property
    def connection_id(self) -> int | None: ...


def closest(thing: Connected, connections: Iterable[Connection]) -> Connection | None:
    """The connection to use for a selection, recipe or publication; see closest_connection()."""
    return closest_connection(
        connections, url=thing.url, organization=thing.organization, pk=thing.connection_id
    )


def usable_connection(user: User, thing: Connected) -> Connection | None:
    """The usable connection of the user that is closest to it, see closest()."""
    return closest(thing, accepted_connections(user))


def required_connection(user: User, thing: Connected) -> Connection:
    """Like usable_connection(). Raises NotConnected without one."""
    connection = usable_connection(user, thing)
    if connection is None:
        raise NotConnected(f"You are not connected to {thing.url}. Connect to it first.")
    return connection
