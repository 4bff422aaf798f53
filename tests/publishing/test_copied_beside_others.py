"""Annotations copied to frames where the task has tracks, or groups of the same numbers."""

from __future__ import annotations

from typing import Any

import pytest

from cvat import client as cvat_client
from portal.exceptions import Conflict
from publishing import services
from publishing.copying import CopyOptions
from publishing.models import Publication, WritePermission
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import annotate, carried_out
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent")

NAMES = ["1.jpg", "2.jpg", "3.jpg"]
COLOUR = {"name": "colour", "input_type": "select", "mutable": True, "values": ["red", "blue"]}
KNEE = {"name": "body", "type": "skeleton", "points": {"knee": [0.5, 0.5]}}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)


@pytest.fixture
def old(standin: StandIn) -> Task:
    return made(standin, "Old")


@pytest.fixture
def new(standin: StandIn) -> Task:
    return made(standin, "New")


def made(standin: StandIn, name: str) -> Task:
    labels = [{"name": "car", "attributes": [COLOUR]}, KNEE]
    return standin.world.add_task(name, owner="demo", images=NAMES, labels=labels)


def box(task: Task, frame: int, left: float, **more: Any) -> dict[str, Any]:
    points = [left, 1, left + 5, 9]
    value = {"spec_id": task.labels[0].attributes[0]["id"], "value": "red"}
    shape = {"type": "rectangle", "frame": frame, "points": points, "attributes": [value]}
    return {"label_id": task.labels[0].id, **shape, **more}


def track(task: Task, *keyframes: dict[str, Any]) -> dict[str, Any]:
    shapes = [
        {key: value for key, value in each.items() if key != "label_id"} for each in keyframes
    ]
    first = keyframes[0]
    return {"label_id": task.labels[0].id, "frame": first["frame"], "group": 0, "shapes": shapes}


def skeleton(task: Task, frame: int, group: int) -> dict[str, Any]:
    body = task.labels[1]
    knee = {"type": "points", "frame": frame, "points": [3, 4], "label_id": body.sublabels[0].id}
    return {
        "type": "skeleton",
        "frame": frame,
        "label_id": body.id,
        "group": group,
        "elements": [{**knee, "group": group}],
    }


def look(connection: Connection, old: Task, new: Task) -> tuple[services.CopyCheck, CopyOptions]:
    source = services.read_source(
        connection=connection, task_id=old.id, to_connection=connection, to_task_id=new.id
    )
    options = CopyOptions(source.name, add=True)
    return services.check_copy(
        source=source, connection=connection, task_id=new.id, options=options
    ), options


def copy(connection: Connection, old: Task, new: Task) -> Publication:
    check, options = look(connection, old, new)
    done = carried_out(services.request_copy(user=connection.owner, check=check, options=options))
    assert (done.status, done.error) == ("ready", "")
    return done


def present(task: Task) -> list[dict[str, Any]]:
    [job] = task.jobs
    return sorted(job.annotations["shapes"], key=lambda shape: shape["frame"])


def test_what_a_track_shows_is_there_already(
    connection: Connection, permission: WritePermission, standin: StandIn, old: Task, new: Task
) -> None:
    """The track is at 11, 21 and 31; of the last frame it has another place than the box."""
    boxes = [box(old, frame, left) for frame, left in enumerate((11, 21, 40))]
    annotate(standin, old.jobs[0], shapes=boxes)
    annotate(standin, new.jobs[0], tracks=[track(new, box(new, 0, 11), box(new, 2, 31))])
    check, _ = look(connection, old, new)
    assert (check.already, check.objects_count, check.occupied) == (2, 1, [2])
    copy(connection, old, new)
    assert [(each["frame"], each["points"][0]) for each in present(new)] == [(2, 40)]
    with pytest.raises(Conflict, match="nothing to copy"):
        copy(connection, old, new)


def test_tracks_of_both_tasks_are_compared_frame_by_frame(
    connection: Connection, permission: WritePermission, standin: StandIn, old: Task, new: Task
) -> None:
    annotate(standin, old.jobs[0], tracks=[track(old, box(old, 0, 11), box(old, 2, 31))])
    with_end = box(new, 1, 21), box(new, 2, 31, outside=True)
    annotate(standin, new.jobs[0], tracks=[track(new, *with_end)])
    check, _ = look(connection, old, new)
    assert (check.already, check.objects_count) == (1, 2)
    copy(connection, old, new)
    assert [(each["frame"], each["points"][0]) for each in present(new)] == [(0, 11), (2, 31)]


def test_what_a_track_shows_otherwise_differs(
    connection: Connection, standin: StandIn, old: Task, new: Task
) -> None:
    annotate(standin, old.jobs[0], shapes=[box(old, 1, 21)])
    annotate(
        standin, new.jobs[0], tracks=[track(new, box(new, 0, 11, occluded=True), box(new, 2, 31))]
    )
    check, _ = look(connection, old, new)
    assert (check.differing, check.already, check.objects_count) == ({1: 1}, 0, 0)


def test_copied_objects_join_no_group_of_the_task(
    connection: Connection, permission: WritePermission, standin: StandIn, old: Task, new: Task
) -> None:
    """Groups 1 and 2 are copied to a task with groups 1 and 3."""
    grouped = [box(old, 0, 11, group=1), box(old, 1, 21, group=1), box(old, 1, 41, group=2)]
    annotate(standin, old.jobs[0], shapes=[*grouped, box(old, 2, 51), skeleton(old, 2, 1)])
    there = {**track(new, box(new, 2, 60)), "group": 3}
    annotate(standin, new.jobs[0], shapes=[box(new, 0, 70, group=1)], tracks=[there])
    copy(connection, old, new)
    groups = {each["points"][0]: each["group"] for each in present(new) if each["points"]}
    assert groups == {70: 1, 11: 4, 21: 4, 41: 2, 51: 0}
    [body] = [each for each in present(new) if each["type"] == "skeleton"]
    assert [body["group"], body["elements"][0]["group"]] == [4, 4]
    check, _ = look(connection, old, new)
    assert (check.already, check.objects_count) == (5, 0)


def test_groups_keep_their_numbers_where_the_task_has_none(
    connection: Connection, permission: WritePermission, standin: StandIn, old: Task, new: Task
) -> None:
    annotate(standin, old.jobs[0], shapes=[box(old, 0, 11, group=7), box(old, 1, 21)])
    annotate(standin, new.jobs[0], shapes=[box(new, 0, 70, group=1)])
    copy(connection, old, new)
    assert [(each["points"][0], each["group"]) for each in present(new)] == [
        (70, 1),
        (11, 7),
        (21, 0),
    ]
