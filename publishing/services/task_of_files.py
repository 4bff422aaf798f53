"""Asking for a new task of uploaded files."""

from __future__ import annotations

import posixpath

from django.contrib.auth.models import User

from portal.exceptions import Conflict
from publishing.change import Change
from publishing.models import Publication, Upload
from publishing.new_task import NewTaskOptions
from publishing.services.files_checking import check_files
from publishing.services.queueing import queue_together
from selector.models import Connection

OTHERWISE = (
    "A task is being made of these files already, with other choices. Wait for it, or cancel it "
    "first."
)


def request_task_of_files(
    *,
    user: User,
    upload: Upload,
    connection: Connection,
    options: NewTaskOptions,
    portal_url: str,
) -> Publication:
    """Ask for a new task of the pictures of an upload, to be made by a worker. Afterwards the
    portal removes the files. The task names the page of its publication below `portal_url` as its
    issue tracker.

    One of these files with the same options that is under way is answered instead of another one.
    Raises what check_files() and FilesCheck.check_choices() raise, PermissionNeeded, Conflict.
    """
    if running := _running(upload, connection, options):
        return running
    check = check_files(
        user=user, upload=upload, connection=connection, project_id=options.project_id
    )
    check.check_choices(options)
    video = check.contents.video
    publication = Publication(
        target=Publication.Target.FILES,
        upload_of_files=upload,
        selection_name=upload.name,
        requested_by=user,
        connection=connection,
        url=connection.url,
        organization=check.organization,
        task_name=options.name,
        frames_total=check.frames_count,
        options=options.to_json(),
        plan={} if video is None else {"video": posixpath.basename(video.path)},
    )
    return queue_together(
        [publication],
        portal_url=portal_url,
        find_same=lambda: _running(upload, connection, options),
    )[0]


def _running(upload: Upload, connection: Connection, options: NewTaskOptions) -> Publication | None:
    """The same that is under way. Raises Conflict for one with other choices."""
    running = upload.publications.active().first()
    if running is None:
        return None
    if (running.options, running.url) != (options.to_json(), connection.url):
        raise Conflict(OTHERWISE)
    return running


def plan_task_of_files(
    *, user: User, upload: Upload, connection: Connection, options: NewTaskOptions
) -> list[Change]:
    """The requests that would change something in CVAT; none is sent. Raises like
    request_task_of_files(), but needs no permission to write."""
    check = check_files(
        user=user, upload=upload, connection=connection, project_id=options.project_id
    )
    check.check_choices(options)
    return check.changes(options)
