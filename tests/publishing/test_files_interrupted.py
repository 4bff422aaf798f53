"""A new task with uploaded pictures, whose answers are lost and whose worker is killed at each
request in turn: in the end there is one, with every picture once, and the upload is removed."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cvat.http import Call, Http
from publishing import services
from publishing.models import Publication, Upload, WritePermission
from publishing.new_task import NewTaskOptions
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import make_upload
from tests.publishing.making import (
    LOST,
    Killed,
    carried_out,
    lose_answers,
    request_task,
    take_for_dead,
    truths,
)
from tests.selections.builds import select

pytestmark = pytest.mark.usefixtures(
    "places", "transactional_db", "sent", "permission", "uploaded_meanwhile"
)

MOST_REQUESTS = 30  # that change something, by which each of these tasks is made
SHARED = {"frames_per_job": 2, "overlap": 1}  # needs a second file beside the pictures

Pictures = dict[str, bytes]  # by name, in the order of the frames
Ask = Callable[..., tuple[Publication, Pictures]]


def grey(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "grey").save(file, "png")
    return file.getvalue()


def of_files(connection: Connection, task: Task, **options: Any) -> tuple[Publication, Pictures]:
    """In a new project, with its jobs assigned, and a ground-truth job."""
    pictures = {"day/a.png": grey(9, 9), "day/b/1.png": grey(12, 10), "day/b/2.png": grey(8, 6)}
    upload = make_upload(connection.owner, pictures)
    with connection.client() as client:
        me = client.whoami().id
    labels = ({"name": "car", "attributes": []},)
    more = {"new_project": "Days", "ground_truth_count": 2, "job_assignee_ids": (me,)}
    publication = services.request_task_of_files(
        user=connection.owner,
        upload=upload,
        connection=connection,
        options=NewTaskOptions("Day 1", label_schema=labels, **more, **options),
        portal_url="https://portal.example.com/",
    )
    return publication, pictures


def with_replaced(
    connection: Connection, task: Task, **options: Any
) -> tuple[Publication, Pictures]:
    """Of two frames, of which the picture of the first is replaced."""
    selection = select(connection, (task.id, [1, 2]))
    first, _ = selection.frames.order_by("frame")
    with connection.client() as client:
        kept = client.frame(task_id=task.id, frame=2).content
    blurred = grey(first.width, first.height)
    upload = make_upload(connection.owner, {"p01.png": blurred})
    replacing = {"replacement_upload_id": upload.pk, "unreplaced_frames": "original"}
    return request_task(selection, **replacing, **options), {"p01.png": blurred, "p02.png": kept}


@pytest.fixture(params=[of_files, with_replaced])
def ask(request: pytest.FixtureRequest) -> Ask:
    asked: Ask = request.param
    return asked


def check(
    standin: StandIn,
    connection: Connection,
    publication: Publication,
    pictures: Pictures,
    places: Path,
) -> None:
    """The task is there once, with each picture once, and the portal has no copy."""
    assert (publication.status, publication.error) == ("ready", "")
    marker = publication.marker
    [task] = [each for each in standin.world.tasks.values() if each.bug_tracker == marker]
    assert task.id == publication.result_task_id
    assert task.media is not None
    assert [task.media.name(position) for position in task.order] == list(pictures)
    with connection.client() as client:
        frames = [client.frame(task_id=task.id, frame=n).content for n in range(len(pictures))]
    assert frames == list(pictures.values())
    options = publication.get_new_task_options()
    assert len(truths(task)) == (options.ground_truth_count > 0)
    projects = [each for each in standin.world.projects.values() if each.bug_tracker == marker]
    assert len(projects) == bool(options.new_project)
    assert all(job.assignee for job in task.jobs if job.type == "annotation") or (
        not options.job_assignee_ids
    )
    assert not Upload.objects.exists()
    assert [path for path in places.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("status", "is_late"), LOST)
def test_any_answer_may_be_lost(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    places: Path,
    ask: Ask,
    status: int | None,
    is_late: bool,
) -> None:
    """The answers to the first, the second and so on of the requests that change something."""
    for skip in range(MOST_REQUESTS):
        publication, pictures = ask(connection, task, **(SHARED if is_late else {}))
        lost = lose_answers(standin, skip=skip, status=status, is_late=is_late)
        done = carried_out(publication)
        is_over = not any(rule.hits for rule in lost)
        standin.faults.clear()
        check(standin, connection, done, pictures, places)
        if is_over:
            assert skip > 1
            return
    raise AssertionError("there is no end of requests")


@pytest.mark.parametrize("is_sent", [False, True])
def test_the_worker_may_be_killed_at_any_request(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    places: Path,
    monkeypatch: pytest.MonkeyPatch,
    ask: Ask,
    is_sent: bool,
) -> None:
    """Before the request is sent, or once CVAT has carried it out; then another worker goes on."""
    real = Http.change
    for fatal in range(MOST_REQUESTS):
        publication, pictures = ask(connection, task, **(SHARED if is_sent else {}))
        requests = iter(range(MOST_REQUESTS))

        def change(http: Http, call: Call, fatal: int = fatal, requests: Any = requests) -> Any:
            is_fatal = next(requests) == fatal
            if is_fatal and not is_sent:
                raise Killed
            answer = real(http, call)
            if is_fatal:
                raise Killed
            return answer

        with monkeypatch.context() as patch:
            patch.setattr(Http, "change", change)
            try:
                done = carried_out(publication)
            except Killed:
                done = None
        if done is not None:
            check(standin, connection, done, pictures, places)
            assert fatal > 3
            return
        take_for_dead(publication)
        done = carried_out(publication)
        assert done.attempts == 2
        check(standin, connection, done, pictures, places)
    raise AssertionError("there is no end of requests")
