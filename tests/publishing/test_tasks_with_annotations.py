"""What is annotated on the frames of a selection is copied into the new task: each object once, on
the frame that its picture became; what does not fit is counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from cvat import client as cvat_client
from cvat.writing import AnnotationWriter
from publishing.models import Publication, WritePermission
from publishing.services import carrying_out, making_tasks, new_task_annotations
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.cvat.writing_clients import writer
from tests.publishing.making import LOST, carried_out, request_task
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")

COLOUR = {"name": "colour", "input_type": "select", "values": ["red", "blue"]}
PERSON = {"name": "person", "type": "skeleton", "points": {"head": (0.5, 0.1), "foot": (0.5, 0.9)}}
LABELS = [{"name": "car", "attributes": [COLOUR]}, "night", PERSON]


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(new_task_annotations, "OBJECTS_AT_ONCE", 2)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def source(standin: StandIn) -> Task:
    """Jobs of frames 0-3 and 3-6, annotated: a box at x = 10 * k on frame k (on the shared frame 3
    in both jobs), a tag and a skeleton on frame 2, a track from frame 4 on."""
    task = standin.world.add_task(
        "Source", owner="demo", count=7, segment_size=4, overlap=1, labels=LABELS
    )
    writing = writer(standin, "demo")
    first, second = task.jobs
    night, person = task.labels[1], task.labels[2]
    parts = [
        {"type": "points", "frame": 2, "label_id": part.id, "points": [x, 5]}
        for part, x in zip(person.sublabels, (3, 7), strict=True)
    ]
    skeleton = {"type": "skeleton", "frame": 2, "label_id": person.id, "elements": parts}
    objects = {
        "shapes": [*(box(task, frame) for frame in range(4)), skeleton],
        "tags": [{"frame": 2, "label_id": night.id}],
    }
    writing.create_annotations(first.id, objects)
    # The colour of a track cannot change, so CVAT takes none on keyframes; the track has none.
    keyframes = [
        {**box(task, frame), "points": [x, 9, x + 5, 20], "attributes": []}
        for frame, x in ((4, 0), (6, 8))
    ]
    track = {"frame": 4, "label_id": task.labels[0].id, "shapes": keyframes}
    boxes = [box(task, frame) for frame in range(3, 7)]
    writing.create_annotations(second.id, {"shapes": boxes, "tracks": [track]})
    return task


def box(task: Task, frame: int) -> dict[str, Any]:
    car = task.labels[0]
    colour = [{"spec_id": car.attributes[0]["id"], "value": "blue"}]
    x = 10 * frame
    return {
        "type": "rectangle",
        "frame": frame,
        "label_id": car.id,
        "points": [x, 1, x + 5, 9],
        "attributes": colour,
    }


def copies(standin: StandIn, done: Publication) -> list[tuple[int, str, str, float]]:
    """(frame, label, kind, x) of each object of the new task, in the jobs that hold its frame."""
    task = standin.world.tasks[done.result_task_id]
    names = {label.id: label.name for label in (task.project or task).labels}
    seen = []
    for job in task.jobs:
        stored = job.annotations or {"tags": [], "shapes": [], "tracks": []}
        assert not stored["tracks"]
        for each in (*stored["tags"], *stored["shapes"]):
            assert each["frame"] in job.frames
            x = min((part["points"][0] for part in each.get("elements") or ()), default=-1.0)
            x = each["points"][0] if each.get("points") else x
            seen.append((each["frame"], names[each["label_id"]], each.get("type", "tag"), x))
    return sorted(seen)


EXPECTED = [
    (0, "car", "rectangle", 10.0),
    (1, "car", "rectangle", 20.0),
    (1, "night", "tag", -1.0),
    (1, "person", "skeleton", 3.0),
    (2, "car", "rectangle", 30.0),
    (3, "car", "rectangle", 4.0),  # of the track
    (3, "car", "rectangle", 50.0),
]


def asked(connection: Connection, source: Task, **options: object) -> Publication:
    """Of frames 1, 2, 3 and 5, in jobs of two."""
    selection = select(connection, (source.id, [1, 2, 3, 5]))
    return request_task(selection, with_annotations=True, frames_per_job=2, **options)


def test_every_object_arrives_once_on_its_frame(
    connection: Connection, source: Task, standin: StandIn
) -> None:
    done = carried_out(asked(connection, source))
    assert (done.status, done.error, done.problems_count) == ("ready", "", 0)
    assert copies(standin, done) == EXPECTED
    task = standin.world.tasks[done.result_task_id]
    boxes = (
        each
        for job in task.jobs
        for each in job.annotations["shapes"]
        if each["type"] == "rectangle"
    )
    colours = sorted(each["attributes"][0]["value"] for each in boxes)
    assert colours == [*["blue"] * 4, "red"]  # the track has none, so the first value
    last = done.steps[-1]
    assert last["request"].startswith("PATCH /api/jobs/<each job of ")
    assert last["done_at"]


def test_a_frame_of_two_jobs_is_annotated_in_the_first(
    connection: Connection, source: Task, standin: StandIn
) -> None:
    selection = select(connection, (source.id, [1, 2, 3, 5]))
    done = carried_out(request_task(selection, with_annotations=True, frames_per_job=2, overlap=1))
    assert (done.status, done.error, done.problems_count) == ("ready", "", 0)
    assert copies(standin, done) == EXPECTED


def test_without_the_choice_nothing_is_copied(
    connection: Connection, source: Task, standin: StandIn
) -> None:
    done = carried_out(request_task(select(connection, (source.id, [1, 2]))))
    assert (done.status, copies(standin, done)) == ("ready", [])


def test_the_points_of_skeletons_keep_their_attributes(
    connection: Connection, standin: StandIn
) -> None:
    person = {"name": "person", "type": "skeleton", "points": {"head": (0.5, 0.5)}}
    task = standin.world.add_task("Poses", owner="demo", count=1, labels=[person])
    [label] = task.labels
    [head] = label.sublabels
    seen = {"name": "seen", "input_type": "text", "mutable": False, "values": []}
    head.attributes = [{**seen, "id": 900, "default_value": ""}]
    value = {"spec_id": 900, "value": "half"}
    point = {"type": "points", "frame": 0, "label_id": head.id, "points": [3, 5]}
    skeleton = {"type": "skeleton", "frame": 0, "label_id": label.id}
    objects = {"shapes": [{**skeleton, "elements": [{**point, "attributes": [value]}]}]}
    writer(standin, "demo").create_annotations(task.jobs[0].id, objects)
    done = carried_out(request_task(select(connection, (task.id, [0])), with_annotations=True))
    assert (done.status, done.error, done.problems_count) == ("ready", "", 0)
    new_task = standin.world.tasks[done.result_task_id]
    [part] = new_task.labels[0].sublabels
    [attribute] = part.attributes
    assert attribute["name"] == "seen"
    [shape] = new_task.jobs[0].annotations["shapes"]
    assert shape["elements"][0]["attributes"] == [{"spec_id": attribute["id"], "value": "half"}]


def test_what_the_labels_of_a_project_do_not_take_is_counted(
    connection: Connection, source: Task, standin: StandIn, web: Client, api: APIClient
) -> None:
    project = standin.world.add_project("Plain", owner="demo", labels=["car", "person"])
    done = carried_out(asked(connection, source, project_id=project.id))
    assert (done.status, done.problems_count) == ("ready", 7)
    assert {label for _, label, _, _ in copies(standin, done)} == {"car"}
    groups = {each["reason"]: each["count"] for each in done.problem_groups}
    assert groups == {
        "The object was left out: the task has no label “night”.": 1,
        "The object was left out: the label “person” of the task is no skeleton.": 1,
        "The value of an attribute was left out: the label “car” of the new task has no attribute "
        "“colour”.": 5,
    }
    [frames] = [each["frames"] for each in done.problem_groups if "night" in each["reason"]]
    assert frames == f"task {source.id}: frame 2"
    assert "the task has no label “night”" in web.get(done.get_absolute_url()).text
    said = api.get(f"/api/publications/{done.pk}").json()
    assert (said["problems_count"], len(said["problem_groups"])) == (7, 3)


def test_annotations_that_cannot_be_read_are_named(
    connection: Connection, source: Task, standin: StandIn
) -> None:
    publication = asked(connection, source)
    standin.faults.fail(rf"/api/jobs/{source.jobs[1].id}/annotations", status=404)
    done = carried_out(publication)
    assert (done.status, done.problems_count) == ("ready", 1)
    assert done.problem_groups[0]["reason"].startswith("Its annotations are missing.")
    assert copies(standin, done) == EXPECTED[:5]


@pytest.mark.parametrize(("status", "is_late"), LOST)
def test_any_answer_may_be_lost(
    connection: Connection, source: Task, standin: StandIn, status: int | None, is_late: bool
) -> None:
    """The answers to the first, the second and so on of the requests that write annotations."""
    for skip in range(10):
        publication = asked(connection, source)
        standin.faults.clear()
        lost = standin.faults.lose(
            r"/annotations", method="PATCH", status=status, carried_out=is_late, skip=skip
        )
        done = carried_out(publication)
        assert (done.status, done.error) == ("ready", ""), skip
        assert copies(standin, done) == EXPECTED
        if not lost.hits:
            assert skip > 3
            return
    raise AssertionError("there is no end of requests")


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("requests", range(1, 5))
def test_after_a_kill_the_next_worker_goes_on(
    connection: Connection,
    source: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    requests: int,
) -> None:
    publication, sent = asked(connection, source), []
    real: Callable[..., int] = AnnotationWriter.create_annotations

    def fatal(*args: Any) -> int:
        sent.append(real(*args))
        if len(sent) == requests:
            raise Killed
        return sent[-1]

    with monkeypatch.context() as patch:
        patch.setattr(AnnotationWriter, "create_annotations", fatal)
        with pytest.raises(Killed):
            carrying_out.publish(publication.pk)
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    Publication.objects.filter(pk=publication.pk).update(heartbeat_at=long_ago)
    done = carried_out(publication)
    assert (done.status, done.error, done.attempts) == ("ready", "", 2)
    assert copies(standin, done) == EXPECTED


def test_page_and_api_ask_for_it(
    web: Client, api: APIClient, connection: Connection, source: Task, permission: WritePermission
) -> None:
    selection: Selection = select(connection, (source.id, [1, 2]))
    page = f"/publications/selections/{selection.pk}/task"
    given = {"name": "x", "image_quality": "70", "with_annotations": "on"}
    text = "Write the annotations of the frames into the jobs"
    assert text in web.post(page, given | {"show": "1"}).text
    address = f"/api/selections/{selection.pk}/new-task"
    planned = api.post(address, {"with_annotations": True, "dry_run": True}).json()["requests"]
    assert planned[-1]["text"] == text
    web.post(page, given)
    assert Publication.objects.get().get_new_task_options().with_annotations
