"""Removes the empty task of a publication that was given up, and the empty project made for it."""

from __future__ import annotations

import logging

from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.writing import TaskWriter
from publishing.models import Publication, WritePermission
from publishing.new_task_requests import project_deletion, task_deletion

logger = logging.getLogger(__name__)


def remove_what_is_empty(publication_id: int) -> None:
    """Delete the new task of a publication that has failed or was cancelled, unless it has pictures
    or CVAT is making frames of them; then the project that was made for it, unless it has tasks.
    When CVAT cannot be asked they stay, and the page of the publication names them."""
    publication = Publication.objects.given_up().filter(pk=publication_id).first()
    connection = publication.connection if publication is not None else None
    if publication is None or connection is None or not publication.marker:
        return
    permission = WritePermission.objects.of(connection)
    if permission is None:
        return
    try:
        with connection.client(credential=permission.get_credential()) as client:
            _remove_task(publication, client)
            if publication.left_project:
                _remove_projects(publication, client)
    except CvatError as error:
        logger.info("something empty of publication %s may be left: %s", publication_id, error)


def _remove_task(publication: Publication, client: CvatClient) -> None:
    writer = TaskWriter(client)
    task_id = writer.find_task(publication.marker)
    if task_id is None or client.task(task_id).size:
        return
    if client.creation_status(task_id) in ("queued", "started"):
        return
    writer.ensure_task_deleted(task_id)
    publication.note_removal(task_deletion(task_id))


def _remove_projects(publication: Publication, client: CvatClient) -> None:
    """Those that the publication has made, by its marker in them: as a rule one."""
    writer, options = TaskWriter(client), publication.get_new_task_options()
    project = options.project(
        marker=publication.marker, labels=(), organization=publication.organization
    )
    for project_id in writer.find_projects(project):
        if writer.ensure_empty_project_deleted(project_id):
            publication.note_removal(project_deletion(project_id, project.name))
