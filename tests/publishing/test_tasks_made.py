"""A new task made of the frames of a selection by a worker: once, with every picture, each as CVAT
served it and in its place."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from PIL import Image

from cvat import client as cvat_client
from portal.exceptions import Conflict
from publishing.models import Publication, WritePermission
from publishing.services import carrying_out, making_tasks, new_frames, packing
from publishing.services.packed_file import PackedFile
from publishing.services.spools import clear_debris
from selections.archives.entries import Line
from selections.services import edit_frames
from selector.models import Connection
from selector.services.catalogs import load_catalog
from standin.model import Task
from standin.server import StandIn
from tests.making import connected, make_permission
from tests.publishing.making import (
    LOST,
    Killed,
    carried_out,
    lose_answers,
    request_task,
    take_for_dead,
)
from tests.selections.builds import select
from tests.selections.conftest import HASTY

# The heartbeat of the work has a database connection of its own, which must see the row.
pytestmark = pytest.mark.usefixtures("transactional_db", "sent")


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what is fetched. Retries are a worker's, without their long waits."""
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"
    return settings.SPOOL_DIR


def made(standin: StandIn, publication: Publication) -> Task:
    """The new task, the only one."""
    [task] = [each for each in standin.world.tasks.values() if each.bug_tracker]
    assert task.bug_tracker == publication.marker
    assert task.id == publication.result_task_id
    return task


def names(task: Task) -> list[str]:
    assert task.media is not None
    return [task.media.name(position) for position in task.order]


@pytest.mark.parametrize("options", [{}, {"frames_per_job": 2, "overlap": 1}])
def test_names_that_begin_with_a_space(
    connection: Connection,
    permission: WritePermission,
    standin: StandIn,
    options: dict[str, int],
) -> None:
    filenames = [" b.png", " s/ a.png", "b.png"]
    standin.world.add_task("Spaces", owner="demo", task_id=803, images=filenames)
    done = carried_out(request_task(select(connection, (803, range(3))), **options))
    assert (done.status, done.error) == ("ready", "")
    assert names(made(standin, done)) == ["b_frame_000000.png", "s/ a.png", "b.png"]
    assert done.published_frames.count() == 3


def test_it_works(
    connection: Connection, permission: WritePermission, standin: StandIn, spools: Path
) -> None:
    """Of two tasks in one project, with frames of a folder, in jobs of two frames."""
    selection = select(connection, (12, [7, 3]), (13, [0, 29, 5]))
    publication = request_task(selection, frames_per_job=2, subset="Train")
    done = carried_out(publication)
    assert (done.status, done.error, done.frames_done) == ("ready", "", 5)
    task = made(standin, done)
    assert (task.name, task.subset, task.project) == ("Chosen", "Train", None)
    assert names(task) == [
        "task_12/day_003.jpg",
        "task_12/day_007.jpg",
        "task_13/dusk_000.jpg",
        "task_13/dusk_005.jpg",
        "task_13/dusk_029.jpg",
    ]
    assert [len(job.frames) for job in task.jobs] == [2, 2, 1]
    project = standin.world.tasks[12].project
    assert [label.name for label in task.labels] == [label.name for label in project.labels]
    rows = done.published_frames.values_list("new_frame", "task_id", "frame")
    assert list(rows) == [(0, 12, 3), (1, 12, 7), (2, 13, 0), (3, 13, 5), (4, 13, 29)]
    with connection.client() as client:
        for new_frame, task_id, frame in rows:
            copied = client.frame(task_id=task.id, frame=new_frame).content
            assert copied == client.frame(task_id=task_id, frame=frame).content
    assert [step["request"] for step in done.steps] == [
        "POST /api/tasks",
        f"POST /api/tasks/{task.id}/data",
    ]
    assert all(step["done_at"] for step in done.steps)
    assert done.result_url == f"{connection.url}/tasks/{task.id}"
    assert not list(spools.iterdir())


def test_jobs_can_share_frames(
    connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    """In the order of the selection, which is not that of the names."""
    older = standin.world.add_task("Older", owner="demo", count=3, task_id=9000)
    newer = standin.world.add_task("Newer", owner="demo", count=3, task_id=10000)
    selection = select(connection, (older.id, None), (newer.id, [0, 2]))
    publication = request_task(selection, frames_per_job=3, overlap=1)
    lost = standin.faults.lose("/data", method="PATCH", status=502, carried_out=True, skip=1)
    done = carried_out(publication)
    assert (done.status, done.error, bool(lost.hits)) == ("ready", "", True)
    task = made(standin, done)
    assert [list(job.frames) for job in task.jobs] == [[0, 1, 2], [2, 3, 4]]
    assert [name.partition("/")[0] for name in names(task)] == [
        *["task_9000"] * 3,
        *["task_10000"] * 2,
    ]
    rows = done.published_frames.values_list("new_frame", "task_id", "frame")
    assert list(rows)[-2:] == [(3, 10000, 0), (4, 10000, 2)]
    assert done.steps[1]["text"].endswith("in 2 jobs, each with 1 frame of the one before")


def test_it_goes_into_a_project_and_its_organization(alice: User, standin: StandIn) -> None:
    maintainer = connected(alice, standin, "alice")
    token = standin.world.access_token("alice", "writing", read_only=False)
    make_permission(maintainer, token.value)
    source = standin.world.tasks[10]
    selection = select(maintainer, (10, [1, 2]))
    inside = carried_out(request_task(selection, project_id=source.project.id))
    assert (inside.status, inside.error) == ("ready", "")
    task = made(standin, inside)
    assert (task.project, task.organization) == (source.project, source.organization)
    task.bug_tracker = ""
    beside = carried_out(request_task(selection))
    task = made(standin, beside)
    assert (task.project, task.organization) == (None, source.organization)


def test_names_stay_as_they_are_where_they_can(
    connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    """Equal ones of two tasks, and such that not every file system can hold or tell apart."""
    kept = ["Case.png", "a b/é (1).png", "a b/日本.png"]
    changed = ["a b/con.png", "a b/what?.png", "case.png"]
    one = standin.world.add_task("One", owner="demo", images=[*kept, *changed])
    other = standin.world.add_task("Other", owner="demo", images=kept)
    alone = carried_out(request_task(select(connection, (one.id, None))))
    assert (alone.status, alone.error) == ("ready", "")
    rows = alone.published_frames.values_list("frame", "path")
    frames = load_catalog(connection=connection, task_id=one.id).frames
    sources = {frame.frame: frame.filename for frame in frames}
    paths = {sources[frame]: path for frame, path in rows}
    assert {name for name, path in paths.items() if name != path} == set(changed)
    assert len({path.casefold() for path in paths.values()}) == 6
    both = carried_out(request_task(select(connection, (one.id, None), (other.id, None))))
    assert (both.status, both.error) == ("ready", "")
    mixed = set(names(standin.world.tasks[both.result_task_id]))
    for task in (one, other):
        assert {f"task_{task.id}/{name}" for name in kept} <= mixed


def test_frames_of_a_video_become_pictures(
    connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    video = next(task for task in standin.world.tasks.values() if task.mode == "interpolation")
    done = carried_out(request_task(select(connection, (video.id, [4, 2]))))
    assert (done.status, done.error) == ("ready", "")
    assert names(made(standin, done)) == ["frame_000002.png", "frame_000004.png"]


def test_a_picture_of_a_rare_type_is_sent(
    connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    """The portal cannot read the size from its header; CVAT can."""
    pixels = io.BytesIO()
    Image.new("L", (40, 30), 90).save(pixels, "PPM")
    rare = standin.world.add_task("Rare", owner="demo", images={"scan.jpg": pixels.getvalue()})
    done = carried_out(request_task(select(connection, (rare.id, [0]))))
    assert (done.status, done.error) == ("ready", "")
    task = made(standin, done)
    assert task.media is not None
    assert (names(task), task.media.dimensions(0)) == (["scan.jpg"], (40, 30))


def test_a_picture_of_another_size_is_told(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = PackedFile.finish

    def with_another_width(packed: PackedFile, path: Path, lines: list[Line]) -> None:
        real(packed, path, [lines[0] | {"width": 41}])

    monkeypatch.setattr(PackedFile, "finish", with_another_width)
    done = carried_out(request_task(select(connection, (task.id, [1]))))
    assert done.status == "failed"
    assert "p01.png (41 × 48) was sent" in done.error


def test_deleted_frames_are_left_out(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    selection = select(connection, (task.id, [1, 2, 3]))
    task.deleted = [2]
    done = carried_out(request_task(selection, deleted_frames="leave_out"))
    assert (done.status, done.error) == ("ready", "")
    assert list(done.published_frames.values_list("frame", flat=True)) == [1, 3]


def test_a_frame_that_cannot_be_had_makes_no_task(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    publication = request_task(select(connection, (task.id, [1, 2])))
    standin.faults.fail(r"/data", status=500)
    done = carried_out(publication)
    assert done.status == "failed"
    assert not any(each.bug_tracker for each in standin.world.tasks.values())


def test_a_full_disk_is_told(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    publication = request_task(select(connection, (task.id, [1, 2])))
    monkeypatch.setattr(packing, "_packed", full)
    done = carried_out(publication)
    assert (done.status, done.steps) == ("failed", [])
    assert done.error.startswith("The disk of the portal is full.")


def test_a_creation_that_fails_leaves_no_task(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = PackedFile.finish

    def with_a_wrong_name(packed: PackedFile, path: Path, lines: list[Line]) -> None:
        real(packed, path, [lines[0] | {"path": "other.png"}])

    monkeypatch.setattr(PackedFile, "finish", with_a_wrong_name)
    done = carried_out(request_task(select(connection, (task.id, [1]))))
    assert done.status == "failed"
    assert "The upload has no file “other.png”" in done.error
    assert done.result_task_id is None
    assert not any(each.bug_tracker for each in standin.world.tasks.values())
    assert done.steps[-1]["request"].startswith("DELETE /api/tasks/")


@pytest.mark.usefixtures("uploaded_meanwhile")
@pytest.mark.parametrize(("status", "is_late"), LOST)
def test_any_answer_may_be_lost(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    status: int | None,
    is_late: bool,
) -> None:
    """The answers to the first, the second and so on of the requests that change something. Those
    of late answers upload a second file, which jobs with shared frames need."""
    options = {"frames_per_job": 2, "overlap": 1} if is_late else {}
    selection = select(connection, (task.id, [1, 2]))
    for skip in range(20):
        standin.faults.clear()
        lost = lose_answers(standin, skip=skip, status=status, is_late=is_late)
        done = carried_out(request_task(selection, **options))
        assert (done.status, done.error) == ("ready", ""), skip
        assert names(made(standin, done)) == ["p01.png", "p02.png"]
        standin.world.tasks[done.result_task_id].bug_tracker = ""
        if not any(rule.hits for rule in lost):
            return
    raise AssertionError("there is no end of requests")


PLACES = [
    (packing, "pack"),
    (making_tasks.TaskWriter, "ensure_task"),
    (making_tasks.TaskWriter, "upload_pictures"),
    (making_tasks.TaskWriter, "request_state"),
    (new_frames, "compare"),
    (new_frames, "note"),
]


@pytest.mark.usefixtures("uploaded_meanwhile")
@pytest.mark.parametrize(("holder", "name"), PLACES, ids=[name for _, name in PLACES])
def test_after_a_kill_the_next_worker_goes_on(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    holder: Any,
    name: str,
) -> None:
    publication = request_task(select(connection, (task.id, [1, 2])))
    real: Callable[..., object] = getattr(holder, name)

    def fatal(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(holder, name, fatal)
        with pytest.raises(Killed):
            carrying_out.publish(publication.pk)
    take_for_dead(publication)
    fetched = len(standin.requests.matching(rf"/tasks/{task.id}/data|/jobs/\d+/data$"))
    done = carried_out(publication)
    assert (done.status, done.error, done.attempts) == ("ready", "", 2)
    assert names(made(standin, done)) == ["p01.png", "p02.png"]
    assert done.published_frames.count() == 2
    again = len(standin.requests.matching(rf"/tasks/{task.id}/data|/jobs/\d+/data$"))
    assert again == fetched  # what was packed is not fetched again


def test_what_a_dead_publication_fetched_is_removed(
    connection: Connection, permission: WritePermission, task: Task, spools: Path
) -> None:
    publication = request_task(select(connection, (task.id, [1])))
    folder = spools / f"publication-{publication.pk}"
    folder.mkdir(parents=True)
    clear_debris()
    assert folder.exists()
    publication.cancel()
    clear_debris()
    assert not folder.exists()


def test_a_selection_is_sent_as_it_was_when_that_was_asked_for(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    selection = select(connection, (task.id, [1, 2]))
    publication = request_task(selection)
    place = (task.id, 2)
    edit_frames(user=selection.owner, selection=selection, revision=1, remove=[place])
    with pytest.raises(Conflict, match="with other choices or frames"):
        request_task(selection)
    assert names(made(standin, carried_out(publication))) == ["p01.png", "p02.png"]


def test_a_selection_that_changed_meanwhile_is_told(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    selection = select(connection, (task.id, [1, 2]))
    publication = request_task(selection)
    selection.frames.filter(frame=2).delete()
    done = carried_out(publication)
    assert done.status == "failed"
    assert "has changed since you asked" in done.error
    publication = request_task(selection)
    selection.delete()
    assert carried_out(publication).status == "failed"
