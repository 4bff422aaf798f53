"""Which of a person's connections leads to the pictures of a selection."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User

from portal.exceptions import NotConnected
from selections.models import Selection
from selector.models import Connection


def usable_connections(user: User) -> list[Connection]:
    """The user's connections that CVAT accepted when it was asked last."""
    own = Connection.objects.for_user(user).defer("credential")
    return list(own.filter(verified_at__isnull=False))


def closest(selection: Selection, connections: Iterable[Connection]) -> Connection | None:
    """The connection to use for the selection: the one it was made with, else one to the same
    organization, else any to the same server. One that the operator has withdrawn only if there is
    no other."""
    to_server = [each for each in connections if each.url == selection.url]

    def distance(connection: Connection) -> tuple[bool, bool, bool]:
        is_other = connection.organization != selection.organization
        is_withdrawn = bool(connection.withdrawn)
        return is_withdrawn, connection.pk != selection.connection_id, is_other

    return min(to_server, key=distance, default=None)


def usable_connection(user: User, selection: Selection) -> Connection | None:
    """The usable connection of the user that is closest to the selection."""
    return closest(selection, usable_connections(user))


def required_connection(user: User, selection: Selection) -> Connection:
    """Like usable_connection(). Raises NotConnected without one."""
    connection = usable_connection(user, selection)
    if connection is None:
        raise NotConnected(f"You are not connected to {selection.url}. Connect to it first.")
    return connection
