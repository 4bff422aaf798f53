"""Changes in CVAT for a publication: with the permission to write, and a record of each request."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from django.db import DatabaseError

from cvat.client import CvatClient
from cvat.exceptions import CvatError, CvatUnauthorized
from cvat.writing.refusals import ENDED
from cvat.writing.sending import is_lost
from portal.work.exceptions import Stopped, WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.change import Change
from publishing.exceptions import PermissionNeeded
from publishing.models import Publication, WritePermission
from selector.worker_requests import connection_of, worker_client

logger = logging.getLogger(__name__)


class PermissionReplaced(Exception):
    """CVAT refused a permission that its owner has replaced meanwhile."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A client that may write, and the publication for which it changes something in CVAT."""

    publication: Publication
    heartbeat: Heartbeat
    client: CvatClient

    @contextmanager
    def step(self, change: Change) -> Iterator[None]:
        """Note in the row that the block sends a request, before it is sent, and then that CVAT has
        done it or refused it. Raises Stopped."""
        publication, worker = self.publication, self.heartbeat.worker
        self.heartbeat.check()
        if not publication.begin_step(worker, change):
            raise Stopped
        try:
            yield
        except CvatError as error:
            if not is_lost(error):
                publication.refuse_step(worker, change)
            raise
        if not publication.end_step(worker, change):
            raise Stopped


@contextmanager
def permitted_writing(publication: Publication, heartbeat: Heartbeat) -> Iterator[Writing]:
    """Changes through the connection of the publication, with its permission to write.

    Raises NotConnected; PermissionNeeded, also when the permission ends or is withdrawn meanwhile;
    WorkFailed when CVAT does not accept it any more, which deletes it: the access that reads is
    another one; PermissionReplaced when its owner has replaced it by another.
    """
    connection = connection_of(publication)
    permission = WritePermission.objects.of(connection)
    if permission is None:
        raise PermissionNeeded(connection.url)
    credential = permission.get_credential()
    watch = partial(_stop_if_ended, permission, heartbeat)
    heartbeat.at_beat.append(watch)
    try:
        with worker_client(connection, heartbeat, credential=credential) as client:
            yield Writing(publication, heartbeat, client)
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
