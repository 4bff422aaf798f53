"""A person's connections, and which of them is used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from portal.compiled_queries import rows_for
from selector.models import Connection, ConnectionQuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    AnyUser = User | AnonymousUser


def own_connections(user: AnyUser) -> list[Connection]:
    """The user's connections without their credentials, which are read when they are used; the one
    that answered last comes first. One query, which nearly every page makes."""
    return rows_for(user, _without_credentials)


def accepted_connections(user: AnyUser) -> list[Connection]:
    """Those of own_connections() that CVAT accepted when it was asked last."""
    return [each for each in own_connections(user) if not each.needs_reconnect]


def default_connection(connections: Iterable[Connection]) -> Connection | None:
    """The connection used when none is named: the accepted one that answered last, which the order
    of a person's connections puts first; one that the operator has withdrawn only if there is no
    other."""
    accepted = [connection for connection in connections if not connection.needs_reconnect]
    usable = (connection for connection in accepted if not connection.withdrawn)
    return next(usable, None) or next(iter(accepted), None)


def default_or_first(connections: Iterable[Connection]) -> Connection | None:
    """The default_connection(), else the first that CVAT no longer accepts."""
    connections = list(connections)
    return default_connection(connections) or next(iter(connections), None)


def closest_connection(
    connections: Iterable[Connection], *, url: str, organization: str, pk: int | None
) -> Connection | None:
    """The connection to use for what was chosen through connection `pk`: that one, else one to the
    same organization, else any to the same server. A connection that the operator has withdrawn
    only if there is no other."""

    def distance(connection: Connection) -> tuple[bool, bool, bool]:
        return (
            bool(connection.withdrawn),
            connection.pk != pk,
            connection.organization != organization,
        )

    same_server = [connection for connection in connections if connection.url == url]
    return min(same_server, key=distance, default=None)


def _without_credentials(user: User) -> ConnectionQuerySet:
    return Connection.objects.for_user(user).defer("credential")
