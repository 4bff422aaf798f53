"""Which of a person's connections leads to the pictures of a selection."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User

from portal.exceptions import NotConnected
from selections.models import Recipe, Selection
from selector.models import Connection
from selector.own_connections import accepted_connections, closest_connection


def closest(thing: Selection | Recipe, connections: Iterable[Connection]) -> Connection | None:
    """The connection to use for a selection or recipe; see closest_connection()."""
    return closest_connection(
        connections, url=thing.url, organization=thing.organization, pk=thing.connection_id
    )


def usable_connection(user: User, thing: Selection | Recipe) -> Connection | None:
    """The usable connection of the user that is closest to the selection or recipe."""
    return closest(thing, accepted_connections(user))


def required_connection(user: User, thing: Selection | Recipe) -> Connection:
    """Like usable_connection(). Raises NotConnected without one."""
    connection = usable_connection(user, thing)
    if connection is None:
        raise NotConnected(f"You are not connected to {thing.url}. Connect to it first.")
    return connection
