"""Selections to publish, and publications carried out in the process of the test."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests as http
from django.utils import timezone

from publishing import services
from publishing.ground_truth import GroundTruthOptions
from publishing.models import Publication
from publishing.new_task import NewTaskOptions
from publishing.services import carrying_out
from selections.models import Selection
from selector.models import Connection
from standin.faults import Rule
from standin.model import Job, Task
from standin.server import StandIn

# How answers are lost: the status that comes in place of them (None: the connection is closed), and
# whether CVAT has carried the request out before. To those who send it, 502 is as good as a closed
# connection (tests/cvat/test_writing_tasks.py has it too), but 504 comes from one that goes on.
LOST = [(status, is_late) for status in (None, 504) for is_late in (False, True)]


def lose_answers(standin: StandIn, *, skip: int, status: int | None, is_late: bool) -> list[Rule]:
    """Lose the answer to one of the requests that change something, after so many of its method."""
    return [
        standin.faults.lose("/api/", method=method, status=status, carried_out=is_late, skip=skip)
        for method in ("POST", "PATCH")
    ]


class Killed(BaseException):
    """The process of the worker ends here."""


def take_for_dead(publication: Publication) -> None:
    """Let another worker take over."""
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    Publication.objects.filter(pk=publication.pk).update(heartbeat_at=long_ago)


def select(connection: Connection, task: Task, frames: Iterable[int]) -> Selection:
    """Of frames that may be deleted in CVAT by now."""
    selection = Selection.objects.create(
        owner=connection.owner, connection=connection, url=connection.url, name="To check"
    )
    chosen = sorted(frames)
    selection.tasks.create(task_id=task.id, name=task.name, frames_count=len(chosen))
    for frame in chosen:
        job = next((job for job in task.jobs if frame in job.frames), task.jobs[0])
        selection.frames.create(task_id=task.id, job_id=job.id, frame=frame, filename=f"{frame}")
    return selection


def mark(selection: Selection, frame: int, *, comment: str = "", tags: Iterable[str] = ()) -> None:
    """Mark a frame of the first task as faulty."""
    task = selection.tasks.first()
    assert task is not None
    selection.marks.create(
        task_id=task.task_id, frame=frame, verdict="faulty", comment=comment, tags=list(tags)
    )


def request(selection: Selection, **options: object) -> Publication:
    return services.request_ground_truth_job(
        user=selection.owner, selection=selection, options=GroundTruthOptions(**options)
    )


def request_task(selection: Selection, **options: object) -> Publication:
    [publication] = request_tasks(selection, **options)
    return publication


def request_tasks(selection: Selection, **options: object) -> list[Publication]:
    return services.request_new_task(
        user=selection.owner,
        selection=selection,
        options=NewTaskOptions(**{"name": "Chosen", **options}),
        portal_url="https://portal.example.com/",
    )


def carried_out(publication: Publication) -> Publication:
    """As a worker leaves it."""
    assert carrying_out.publish(publication.pk)
    publication.refresh_from_db()
    return publication


def truths(task: Task) -> list[list[int]]:
    """The frames of each ground-truth job of the task."""
    return [list(job.frames) for job in task.jobs if job.type == "ground_truth"]


def annotate(standin: StandIn, job: Job, **objects: list[dict[str, Any]]) -> None:
    """Add objects to a job, as its annotator does."""
    answer = http.patch(
        f"{standin.url}/api/jobs/{job.id}/annotations?action=create",
        json=objects,
        headers={"Authorization": f"Token {standin.world.login_token('demo')}"},
        timeout=10,
    )
    assert answer.ok, answer.text


def add_box(task: Task, frame: int, x: float, label: str = "car", **more: Any) -> dict[str, Any]:
    """A box in the first annotation job that holds the frame."""
    number = next(each.id for each in task.labels if each.name == label)
    job = next(each for each in task.jobs if each.holds(frame) and each.type == "annotation")
    stored = job.annotations or {"version": 0, "tags": [], "shapes": [], "tracks": []}
    box = {
        "id": 9000 + len(stored["shapes"]) + 100 * job.id,
        "type": "rectangle",
        "frame": frame,
        "label_id": number,
        "points": [x, 2, x + 8, 20],
        "rotation": 0.0,
        "occluded": False,
        "outside": False,
        "z_order": 0,
        "group": 0,
        "source": "manual",
        "attributes": [],
        "elements": [],
        **more,
    }
    job.annotations = {**stored, "shapes": [*stored["shapes"], box]}
    return box
