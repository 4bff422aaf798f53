"""The client with which a worker changes something in CVAT for a publication."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.db import DatabaseError

from cvat.client import CvatClient
from cvat.exceptions import CvatUnauthorized
from cvat.writing.refusals import ENDED
from portal.work.exceptions import Stopped, WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.exceptions import PermissionNeeded
from publishing.models import Publication, WritePermission
from selector.worker_requests import connection_of, worker_client

logger = logging.getLogger(__name__)


class PermissionReplaced(Exception):
    """CVAT refused a permission that its owner has replaced meanwhile."""


@contextmanager
def writing_client(publication: Publication, heartbeat: Heartbeat) -> Iterator[CvatClient]:
    """Raises NotConnected; PermissionNeeded, also when the permission ends or is withdrawn
    meanwhile; WorkFailed when CVAT does not accept it any more, which deletes it: the access that
    reads is another one; PermissionReplaced when its owner has replaced it by another."""
    connection = connection_of(publication)
    permission = WritePermission.objects.of(connection)
    if permission is None:
        raise PermissionNeeded(connection.url)
    credential = permission.get_credential()
    watch = partial(_stop_if_ended, permission, heartbeat)
    heartbeat.at_beat.append(watch)
    try:
        with worker_client(connection, heartbeat, credential=credential) as client:
            yield client
    except Stopped:
        if permission.has_ended():
            raise PermissionNeeded(connection.url) from None
        raise
    except CvatUnauthorized:
        # Only this one: given anew, it is the same row with another credential.
        used = WritePermission.objects.filter(pk=permission.pk, given_at=permission.given_at)
        if not used.delete()[0]:
            raise PermissionReplaced from None
        raise WorkFailed(ENDED) from None
    finally:
        heartbeat.at_beat.remove(watch)


def _stop_if_ended(permission: WritePermission, heartbeat: Heartbeat) -> None:
    """With each heartbeat: what uploads for hours must not go on without the permission."""
    try:
        if permission.has_ended():
            heartbeat.stopped.set()
    except DatabaseError as error:
        logger.warning("whether %s is not known this time: %s", permission, error)
