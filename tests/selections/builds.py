"""What tests of the fetch engine share: selections, builds, faults, and what came out of it."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from PIL import Image

from selections import services
from selections.archives import building
from selections.models import Archive, ArchiveOptions, ArchivePart, Selection
from selector.models import Connection
from selector.services.catalogs import load_catalog
from standin.requestlog import Seen
from standin.server import StandIn
from tests.conftest import eventually


@dataclass(frozen=True)
class Folders:
    spool: Path
    archives: Path

    def spooled(self) -> list[Path]:
        return sorted(self.spool.rglob("*"))

    def stored(self) -> list[Path]:
        return sorted(self.archives.rglob("*"))


def select(connection: Connection, *wanted: tuple[int, Iterable[int] | None]) -> Selection:
    """A selection of (task, frames); None for every frame that the task offers."""
    choices: list[services.Choice] = []
    for task_id, frames in wanted:
        chosen = _all_of(connection, task_id) if frames is None else frames
        choices += [services.Choice(task_id, frame) for frame in chosen]
    return services.create_selection(
        owner=connection.owner, connection=connection, choices=choices, name="chosen"
    )


def _all_of(connection: Connection, task_id: int) -> list[int]:
    return [frame.frame for frame in load_catalog(connection=connection, task_id=task_id).frames]


def request(selection: Selection, user: User | None = None, **options: Any) -> Archive:
    return services.request_archive(
        user=user or selection.owner, selection=selection, options=ArchiveOptions(**options)
    )


def built(selection: Selection, **options: Any) -> Archive:
    """An archive of the selection, built in this process; look at its status."""
    archive = request(selection, **options)
    building.build(archive.pk)
    archive.refresh_from_db()
    return archive


def in_thread(archive: Archive) -> threading.Thread:
    """A build under way."""

    def work() -> None:
        try:
            building.build(archive.pk)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_for_fetchers() -> None:
    """Nothing is fetched any more: a build that is given up does not wait for what hangs."""
    eventually(lambda: not any(each.name.startswith("fetch_") for each in threading.enumerate()))


class _Kill(BaseException):
    """Stands for SIGKILL where the dead shall be this process."""


def killed(archive: Archive) -> Archive:
    """Build until anything goes wrong, then leave all as a kill would: a silent worker's claim."""
    with (
        mock.patch.object(Archive, "fail", side_effect=_Kill),
        mock.patch.object(building, "clear"),
        suppress(_Kill),
    ):
        building.build(archive.pk)
        raise AssertionError("nothing went wrong")
    grow_stale(archive)
    return archive


def grow_stale(archive: Archive) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Archive.objects.filter(pk=archive.pk).update(heartbeat_at=long_ago, enqueued_at=long_ago)
    archive.refresh_from_db()


def again(archive: Archive) -> Archive:
    """Its row, as the database has it now."""
    return Archive.objects.get(pk=archive.pk)


def path_of(part: ArchivePart) -> Path:
    return Path(part.file.path)


def only_path(archive: Archive) -> Path:
    return path_of(archive.parts.get())


def manifest_of(archive: Archive) -> dict[str, Any]:
    with zipfile.ZipFile(only_path(archive)) as opened:
        return dict(json.loads(opened.read("manifest.json")))


def pictures_of(archive: Archive) -> dict[tuple[int, int], bytes]:
    """(task, frame) -> bytes over all parts; checks what every archive must keep."""
    found: dict[tuple[int, int], bytes] = {}
    for part in archive.parts.all():
        path = path_of(part)
        assert part.size == path.stat().st_size
        assert part.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        with zipfile.ZipFile(path) as opened:
            assert opened.testzip() is None
            names = opened.namelist()
            assert len({name.casefold() for name in names}) == len(names)
            rows = json.loads(opened.read(names[-1]))["frames"]
            assert [row["path"] for row in rows] == names[:-1]
            for row in rows:
                key = row["task_id"], row["frame"]
                assert key not in found
                found[key] = opened.read(row["path"])
    return found


def assert_whole(archive: Archive, standin: StandIn) -> None:
    """Ready, with every frame of its selection as the server holds it."""
    assert (archive.status, archive.error) == ("ready", "")
    wanted = set(archive.selection.frames.values_list("task_id", "frame"))
    pictures = pictures_of(archive)
    assert set(pictures) == wanted
    assert archive.frames_done == archive.frames_total == len(wanted)
    for (task_id, frame), content in pictures.items():
        served = standin.world.original_bytes(task_id, frame)
        # A picture out of a film is encoded here: the same picture in other bytes.
        if standin.world.tasks[task_id].is_video:
            assert pixels(content) == pixels(served), (task_id, frame)
        else:
            assert content == served, (task_id, frame)


def assert_no_debris(folders: Folders) -> None:
    assert folders.stored() == []
    assert folders.spooled() == []


def pixels(content: bytes) -> bytes:
    return Image.open(io.BytesIO(content)).convert("RGB").tobytes()


def data_requests(standin: StandIn) -> list[Seen]:
    """Every request for a frame or a chunk so far."""
    return standin.requests.matching(r"/data/?$", "GET")


JobFrame = tuple[int, int]  # a job, and a frame of it


def frames_of(standin: StandIn, seen: Seen) -> set[JobFrame]:
    """What a data request is for: the frames of a chunk, or a single one. One that is asked of its
    task counts for the first job that holds it, as in a selection."""
    holder, number = seen.path.strip("/").split("/")[1:3]
    if "number" in seen.query:
        frame = int(seen.query["number"])
        if holder == "jobs":
            return {(int(number), frame)}
        jobs = [job for job in standin.world.tasks[int(number)].jobs if job.type == "annotation"]
        return {(next(job.id for job in jobs if job.holds(frame)), frame)}
    job = standin.world.jobs[int(number)]
    index, size = int(seen.query["index"]), job.task.chunk_size or 1
    return {(job.id, frame) for frame in job.frames[index * size : (index + 1) * size]}


def frames_sent(standin: StandIn, seen: Seen) -> set[JobFrame]:
    """What a data request brought; nothing if it was broken off."""
    frames = frames_of(standin, seen)
    tasks = {job_id: standin.world.jobs[job_id].task.id for job_id, _ in frames}
    size = sum(len(standin.world.original_bytes(tasks[job], frame)) for job, frame in frames)
    return frames if seen.sent >= size else set()


def gone(standin: StandIn, *frames: int) -> None:
    for frame in frames:
        standin.faults.fail(
            f"type=frame&number={frame}&", status=404, body={"detail": "Not found."}
        )


def no_space(*_: object, **__: object) -> None:
    """In place of what writes to a disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


def no_chunks(standin: StandIn) -> None:
    standin.faults.fail("type=chunk", status=500)
