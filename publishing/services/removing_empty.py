"""Removes the empty task of a publication that was given up."""

from __future__ import annotations

import logging

from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.writing import TaskWriter
from publishing.models import Publication, WritePermission
from publishing.new_task import deletion

logger = logging.getLogger(__name__)


def remove_empty_task(publication_id: int) -> None:
    """Delete the new task of a publication that has failed or was cancelled, unless it has pictures
    or CVAT is making frames of them. When CVAT cannot be asked the task stays, and the page of the
    publication names it."""
    publication = Publication.objects.given_up().filter(pk=publication_id).first()
    connection = publication.connection if publication is not None else None
    if publication is None or connection is None or not publication.marker:
        return
    permission = WritePermission.objects.of(connection)
    if permission is None:
        return
    try:
        with connection.client(credential=permission.get_credential()) as client:
            _remove(publication, client)
    except CvatError as error:
        logger.info("an empty task of publication %s may be left: %s", publication_id, error)


def _remove(publication: Publication, client: CvatClient) -> None:
    writer = TaskWriter(client)
    task_id = writer.find_task(publication.marker)
    if task_id is None or client.task(task_id).size:
        return
    if client.creation_status(task_id) in ("queued", "started"):
        return
    writer.ensure_task_deleted(task_id)
    publication.note_removal(deletion(task_id))
