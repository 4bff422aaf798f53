"""Asking CVAT on behalf of somebody: with the connection's own credential, and no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from selector.cvat.client import CvatClient
from selector.cvat.exceptions import CvatUnauthorized
from selector.models import Connection


@contextmanager
def asking(connection: Connection, *, patient: bool = False) -> Iterator[CvatClient]:
    """A client. When CVAT refuses the credential the connection is marked; the error goes on."""
    with connection.client(patient=patient) as client:
        try:
            yield client
        except CvatUnauthorized:
            connection.mark_refused()
            raise


def answer_key(connection: Connection, *what: object) -> str:
    """The key of an answer of CVAT to this connection, for the cache.

    Nobody else's: another connection, organization or account (connecting again moves
    `verified_at`) has another one.
    """
    whose = (connection.pk, connection.url, connection.organization, connection.verified_at)
    return "cvat:" + hashlib.sha256(repr((*map(str, whose), *what)).encode()).hexdigest()
