"""The pictures of a new task are uploaded while the rest of them is fetched."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.utils import timezone

from cvat import client as cvat_client
from cvat.exceptions import CvatForbidden
from cvat.writing import RequestState, uploading
from publishing.models import Publication, WritePermission
from publishing.services import (
    carrying_out,
    making_tasks,
    new_task_annotations,
    packed_file,
    spools,
)
from publishing.services.packed_file import Foresight, PackedFile, TooLong, UploadEnded
from selections.archives import disk, part_file
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import add_box, carried_out, request_task
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent")

COUNT, FIRST = 12, 4  # pictures; after how many the upload begins
NAMES = [f"p{number:02d}.png" for number in range(COUNT)]


@pytest.fixture(autouse=True)
def small(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(packed_file, "LEAST_PICTURES", FIRST)
    monkeypatch.setattr(packed_file, "FIXED_MARGIN", 0.12)
    monkeypatch.setattr(uploading, "PIECE_BYTES", 100)
    monkeypatch.setattr(part_file, "WRITE_STEP", 100)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def publication(connection: Connection, permission: WritePermission, task: Task) -> Publication:
    return request_task(select(connection, (task.id, range(COUNT))))


@pytest.fixture
def sent_first(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Set when CVAT has the first piece. With the sixth picture, packing waits for that."""
    first, packed = Event(), itertools.count()
    advance, shown = PackedFile.advance, making_tasks._shown

    def waiting(self: PackedFile) -> None:
        if next(packed) == FIRST + 1:
            assert first.wait(30), "nothing was uploaded before all was packed"
        advance(self)

    def telling(*args: Any) -> Callable[[int], None]:
        show = shown(*args)

        def tell(sent: int) -> None:
            first.set()
            show(sent)

        return tell

    monkeypatch.setattr(PackedFile, "advance", waiting)
    monkeypatch.setattr(making_tasks, "_shown", telling)
    return first


def names(task: Task) -> list[str]:
    assert task.media is not None
    return [task.media.name(position) for position in task.order]


def made(standin: StandIn) -> list[Task]:
    return [task for task in standin.world.tasks.values() if task.bug_tracker]


def test_it_begins_before_all_is_fetched(
    publication: Publication, standin: StandIn, sent_first: Event
) -> None:
    done = carried_out(publication)

    assert (done.error, done.status) == ("", "ready")
    [task] = made(standin)
    assert names(task) == NAMES
    assert sent_first.is_set()
    assert [step["request"] for step in done.steps] == [
        "POST /api/tasks",
        f"POST /api/tasks/{task.id}/data",
    ]


def test_annotations_are_read_before_cvat_makes_the_task(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    sent_first: Event,
) -> None:
    for frame in range(COUNT):
        add_box(task, frame, x=frame)
    done = carried_out(
        request_task(select(connection, (task.id, range(COUNT))), with_annotations=True)
    )

    assert (done.error, done.status) == ("", "ready")
    assert sent_first.is_set()
    [new_task] = made(standin)
    boxes = [box for job in new_task.jobs for box in (job.annotations or {})["shapes"]]
    assert [(box["frame"], box["points"][0]) for box in boxes] == [(n, n) for n in range(COUNT)]
    seen = [(each.method, each.path) for each in standin.requests]
    read = max(
        n for n, at in enumerate(seen) if at == ("GET", f"/api/jobs/{task.jobs[0].id}/annotations")
    )
    filled = max(n for n, at in enumerate(seen) if at == ("POST", f"/api/tasks/{new_task.id}/data"))
    assert read < filled


def test_when_annotations_cannot_be_read_no_task_stays(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    sent_first: Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        assert sent_first.is_set()
        raise CvatForbidden("No annotations today.", status=403)

    monkeypatch.setattr(new_task_annotations, "read", refused)
    done = carried_out(
        request_task(select(connection, (task.id, range(COUNT))), with_annotations=True)
    )
    assert (done.status, done.error) == ("failed", "No annotations today.")
    assert (done.result_task_id, made(standin)) == (None, [])


def test_a_length_that_does_not_hold_begins_anew(
    publication: Publication, standin: StandIn, sent_first: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Foresight.length

    def too_small(self: Foresight) -> int | None:
        length = real(self)
        return length and length // 2

    monkeypatch.setattr(Foresight, "length", too_small)
    done = carried_out(publication)
    assert (done.error, done.status) == ("", "ready")
    [task] = made(standin)
    assert (task.id, names(task)) == (done.result_task_id, NAMES)
    requests = [step["request"].partition(" ")[0] for step in done.steps]
    assert requests == ["POST", "POST", "DELETE", "POST"]


def test_when_packing_fails_no_task_stays(
    publication: Publication, standin: StandIn, sent_first: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = disk.Guard.check

    def full(self: disk.Guard, *, frames: int, written: int) -> None:
        if sent_first.is_set():
            raise disk.Full("There is no room.")
        check(self, frames=frames, written=written)

    monkeypatch.setattr(disk.Guard, "check", full)
    done = carried_out(publication)
    assert (done.status, done.error) == ("failed", "There is no room.")
    assert (done.result_task_id, made(standin)) == (None, [])
    assert done.steps[-1]["request"].startswith("DELETE /api/tasks/")


def test_when_the_upload_is_refused_packing_ends(
    publication: Publication, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, end_upload, advance = Event(), PackedFile.end_upload, PackedFile.advance
    packed = itertools.count()

    def end(self: PackedFile) -> None:
        end_upload(self)
        ended.set()

    def waiting(self: PackedFile) -> None:
        if next(packed) == FIRST + 1:
            ended.wait(30)
            with pytest.raises(UploadEnded):
                advance(self)
        advance(self)

    monkeypatch.setattr(PackedFile, "end_upload", end)
    monkeypatch.setattr(PackedFile, "advance", waiting)
    standin.faults.fail("/data/$", status=403)
    done = carried_out(publication)
    assert done.status == "failed"
    assert any(step["is_refused"] for step in done.steps)


class Killed(BaseException):
    """The process ends here."""


def kill_while_uploading(publication: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends once CVAT has the first piece."""
    read = PackedFile.read

    def fatal(self: PackedFile, start: int, length: int) -> bytes:
        if start:
            raise Killed
        return read(self, start, length)

    with monkeypatch.context() as patch:
        patch.setattr(PackedFile, "read", fatal)
        with pytest.raises(Killed):
            carrying_out.publish(publication.pk)
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    Publication.objects.filter(pk=publication.pk).update(heartbeat_at=long_ago)


def test_after_a_kill_the_upload_goes_on(
    publication: Publication, standin: StandIn, sent_first: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_while_uploading(publication, monkeypatch)
    done = carried_out(publication)
    assert (done.status, done.error, done.attempts) == ("ready", "", 2)
    assert [names(task) for task in made(standin)] == [NAMES]
    assert len(standin.requests.matching("/data/$", method="POST")) == 1  # uploads begun


def test_after_a_kill_an_upload_of_another_length_is_given_up(
    publication: Publication, standin: StandIn, sent_first: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Foresight.length

    def longer(self: Foresight) -> int | None:
        length = real(self)
        return length and length + 500

    with monkeypatch.context() as patch:
        patch.setattr(Foresight, "length", longer)
        kill_while_uploading(publication, monkeypatch)
    packed = spools.spool_of(publication.pk).folder / spools.PACKED
    packed.unlink(missing_ok=True)  # the process ended before all was packed
    done = carried_out(publication)
    assert (done.status, done.error, done.attempts) == ("ready", "", 2)
    [task] = made(standin)
    assert (task.id, names(task)) == (done.result_task_id, NAMES)
    assert len(standin.requests.matching("/data/$", method="POST")) == 2  # uploads begun


def test_a_task_that_cvat_has_filled_is_not_deleted(
    publication: Publication, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = making_tasks._filled_task

    def filled_and_too_short(*args: Any) -> int:
        fill(*args)
        raise TooLong

    monkeypatch.setattr(making_tasks, "_filled_task", filled_and_too_short)
    done = carried_out(publication)
    [task] = made(standin)
    assert done.status == "failed"
    assert f"Task {task.id} was to be made anew" in done.error
    assert names(task) == NAMES


def test_for_jobs_that_share_frames_no_length_is_foreseen(
    connection: Connection, permission: WritePermission, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The padding would have to be known to CVAT as no picture by its name alone."""
    foreseen: list[int] = []
    monkeypatch.setattr(PackedFile, "foresee", lambda self, path, *of: foreseen.append(1))
    selection = select(connection, (task.id, range(COUNT)))
    done = carried_out(request_task(selection, frames_per_job=4, overlap=2))
    assert (done.status, done.error, foreseen) == ("ready", "", [])


@pytest.mark.parametrize("seconds", [0.5, 3.0, 40.0])
def test_the_end_of_a_creation_is_not_seen_much_later(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 1.0)
    monkeypatch.setattr(making_tasks.time, "monotonic", lambda: clock.now)

    class Creation:
        asked = 0

        def request_state(self, _: str) -> RequestState:
            self.asked += 1
            return RequestState("finished" if clock.now >= seconds else "started")

    creation = Creation()
    making_tasks._ended(creation, "request", clock)  # type: ignore[arg-type]
    assert clock.now - seconds <= max(making_tasks.FIRST_POLL_SECONDS, seconds / 20)
    assert creation.asked <= 100


class Clock:
    """Of a heartbeat that is never stopped."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds
