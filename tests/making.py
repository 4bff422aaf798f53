"""Rows made directly, for tests that are not about how they come to be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone

from portal.work.problems import grouped
from publishing.ground_truth import GroundTruthOptions
from publishing.models import Publication, Upload, WritePermission
from publishing.services.uploads import append_piece, begin_upload
from selections.models import Archive, ArchivePart, SelectedFrame, Selection
from selector.models import Connection
from standin.server import StandIn

# The part of the admin form of a selection that says with whom it is shared, with nobody in it.
WITHOUT_SHARES = {"shares-TOTAL_FORMS": 0, "shares-INITIAL_FORMS": 0}


def make_connection(user: User, url: str = "https://cvat.example.com", **values) -> Connection:
    values.setdefault("credential", "aaaaaaaa." + "c" * 32)
    values.setdefault("name", url.partition("://")[2])
    values.setdefault("username", "demo")
    connection = Connection(owner=user, url=url, **values)
    connection.credential_kind = Connection.Kind.ACCESS_TOKEN
    connection.verified_at = timezone.now()
    connection.save()
    return connection


def connected(user: User, standin: StandIn, account: str = "demo") -> Connection:
    """A connection that works, without a sign-in at the stand-in."""
    token = standin.world.access_token(account)
    return make_connection(user, standin.url, credential=token.value, username=account)


def make_permission(connection: Connection, token: str = "bbbbbbbb." + "d" * 32) -> WritePermission:
    """To write through the connection, with this access token."""
    now = timezone.now()
    return WritePermission.objects.create(
        connection=connection,
        credential=token,
        credential_kind=Connection.Kind.ACCESS_TOKEN,
        given_at=now,
        expires_at=now + timedelta(days=7),
    )


def make_publication(user: User, selection: Selection, status: str = "queued") -> Publication:
    """Of a ground-truth job in task 1."""
    return Publication.objects.create(
        target=Publication.Target.GROUND_TRUTH,
        selection=selection,
        selection_name=selection.name,
        requested_by=user,
        connection=selection.connection,
        url=selection.url,
        task_id=1,
        task_name="Night drive, north loop",
        frames=[0, 1],
        frames_total=2,
        options=GroundTruthOptions().to_json(),
        status=status,
    )


def make_upload(user: User, files: Mapping[str, bytes] | None = None) -> Upload:
    """Of these files, by their paths, or of one; whole."""
    contents = files or {"a.jpg": b"abc"}
    listed = [{"path": path, "size": len(content)} for path, content in contents.items()]
    upload, _ = begin_upload(user=user, name="Day", files=listed)
    return append_piece(upload=upload, offset=0, piece=b"".join(contents.values()))


def make_selection(
    user: User, connection: Connection | None = None, *, frames: int = 3, **values
) -> Selection:
    """Of task 1 of the samples."""
    values.setdefault("name", f"{user}'s choice")
    url = connection.url if connection else "https://cvat.example.com"
    selection = Selection.objects.create(
        owner=user,
        connection=connection,
        url=url,
        **values,
    )
    selection.tasks.create(task_id=1, name="Night drive, north loop", frames_count=frames)
    SelectedFrame.history.bulk_create(
        SelectedFrame(
            selection=selection, task_id=1, job_id=1, frame=number, filename=f"n_{number}.jpg"
        )
        for number in range(frames)
    )
    return selection


def make_archive(user: User, selection: Selection, status: str = "queued", **values) -> Archive:
    """With a file if its status says so."""
    problems = values.pop("problems", [])
    archive = Archive.objects.create(
        selection=selection,
        selection_name=selection.name,
        requested_by=user,
        status=status,
        frames_total=selection.frames.count(),
        problems=problems[: Archive.PROBLEMS_IN_ROW],
        problems_count=len(problems),
        problem_groups=grouped(problems),
        **values,
    )
    if status in Archive.WITH_FILE:
        make_file(archive)
    return archive


def make_file(archive: Archive) -> None:
    part = ArchivePart(archive=archive, number=1, size=3, sha256="0" * 64)
    part.file.save(f"{archive.pk}.zip", ContentFile(b"zip"))
