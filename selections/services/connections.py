"""Which of a person's connections leads to the pictures of a selection."""

from __future__ import annotations

from django.contrib.auth.models import User

from portal.exceptions import NotConnected
from selections.models import Selection
from selector.models import Connection, ConnectionQuerySet


def usable_connections(user: User) -> ConnectionQuerySet:
    """The user's connections that CVAT accepted when it was asked last."""
    return Connection.objects.for_user(user).defer("credential").accepted()


def closest(selection: Selection, connections: ConnectionQuerySet) -> Connection | None:
    """The connection to use for the selection; see ConnectionQuerySet.closest."""
    return connections.closest(
        url=selection.url, organization=selection.organization, pk=selection.connection_id
    )


def usable_connection(user: User, selection: Selection) -> Connection | None:
    """The usable connection of the user that is closest to the selection."""
    return closest(selection, usable_connections(user))


def required_connection(user: User, selection: Selection) -> Connection:
    """Like usable_connection(). Raises NotConnected without one."""
    connection = usable_connection(user, selection)
    if connection is None:
        raise NotConnected(f"You are not connected to {selection.url}. Connect to it first.")
    return connection
