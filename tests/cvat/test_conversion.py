"""Objects of one task, written into another by the names of their labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cvat.annotations import Label, Shape
from cvat.client import CvatClient
from cvat.writing.conversion import LeftOutObject, convert, with_ids
from standin.model import Task
from standin.server import StandIn
from tests.cvat.writing_clients import client, world_to_write_to, writer

COLOUR = {"name": "colour", "input_type": "select", "values": ["red", "blue"]}
SPEED = {"name": "speed", "input_type": "number", "values": ["0", "9", "1"]}
PERSON = {"name": "person", "type": "skeleton", "points": {"head": (0.5, 0.1), "foot": (0.5, 0.9)}}
SOURCE = [{"name": "car", "attributes": [COLOUR, SPEED]}, "night", PERSON]
# In another order, so with other numbers.
TARGET = [PERSON, "night", {"name": "car", "attributes": [SPEED, COLOUR]}]


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn(world_to_write_to()) as running:
        yield running


def task(site: StandIn, labels: list[Any], count: int = 6) -> Task:
    return site.world.add_task("task", owner="alice", count=count, labels=labels)


def fill(site: StandIn, source: Task) -> None:
    car, night, person = source.labels
    head, foot = person.sublabels
    colour = car.attributes[0]["id"]
    objects = {
        "tags": [{"frame": 1, "label_id": night.id}],
        "shapes": [
            {
                "type": "rectangle",
                "frame": 1,
                "label_id": car.id,
                "points": [1, 2, 30.5, 40],
                "rotation": 15,
                "occluded": True,
                "z_order": 2,
                "attributes": [{"spec_id": colour, "value": "blue"}],
            },
            {"type": "polygon", "frame": 4, "label_id": car.id, "points": [1, 1, 9, 1, 9, 9]},
            {"type": "mask", "frame": 4, "label_id": car.id, "points": [0, 4, 4, 4, 0, 0, 3, 3]},
            {
                "type": "skeleton",
                "frame": 4,
                "label_id": person.id,
                "elements": [
                    {"type": "points", "frame": 4, "label_id": part.id, "points": [x, 5]}
                    for part, x in ((head, 3), (foot, 7))
                ],
            },
        ],
    }
    writer(site).create_annotations(source.jobs[0].id, objects)


def read(reader: CvatClient, of: Task, folder: Path) -> list[Shape]:
    with (folder / f"{of.id}.json").open("w+b") as file:
        return reader.job_annotations(
            job_id=of.jobs[0].id, labels=reader.labels(task_id=of.id), into=file
        ).shapes


def shown(shape: Shape, frame: int) -> tuple[Any, ...]:
    """What people see of an object."""
    elements = sorted((each.label.name, list(each.points)) for each in shape.elements)
    look = shape.rotation, shape.is_occluded, shape.z_order, dict(shape.attributes), elements
    return frame, shape.kind, shape.label.name, list(shape.points), look


def test_objects_arrive_as_they_were_on_their_new_frames(site: StandIn, tmp_path: Path) -> None:
    source, target, reader = task(site, SOURCE), task(site, TARGET), client(site)
    fill(site, source)
    shapes, frames = read(reader, source, tmp_path), {1: 5, 4: 0}
    result = convert(shapes, reader.labels(task_id=target.id), frames=frames)
    assert (result.left_out, result.attributes_left_out) == ([], {})
    writer(site).ensure_annotations(target.jobs[0].id, result.objects, before=0)
    sent = sorted(shown(each, frames[each.frame]) for each in shapes)
    assert len(sent) == 5
    assert sorted(shown(each, each.frame) for each in read(reader, target, tmp_path)) == sent


def test_what_does_not_fit_is_named(site: StandIn, tmp_path: Path) -> None:
    plain = [{"name": "vehicle", "attributes": [COLOUR]}, "person"]
    source, target, reader = task(site, SOURCE), task(site, plain), client(site)
    fill(site, source)
    shapes = read(reader, source, tmp_path)
    labels = reader.labels(task_id=target.id)
    result = convert(shapes, labels, frames={1: 1, 4: 4}, renamed={"car": "vehicle"})
    assert [(each.frame, each.reason) for each in result.left_out] == [
        (1, "the task has no label “night”"),
        (4, "the label “person” of the task is no skeleton"),
    ]
    assert result.attributes_left_out == {("vehicle", "speed"): 3}
    assert [shape["type"] for shape in result.shapes] == ["rectangle", "polygon", "mask"]


def test_a_skeleton_needs_all_its_points(site: StandIn, tmp_path: Path) -> None:
    other = [{**PERSON, "points": {"head": (0.5, 0.1), "hand": (0.5, 0.5)}}]
    source, target, reader = task(site, SOURCE), task(site, other), client(site)
    fill(site, source)
    [skeleton] = [each for each in read(reader, source, tmp_path) if each.kind == "skeleton"]
    result = convert([skeleton], reader.labels(task_id=target.id), frames={4: 4})
    reason = "the skeleton “person” of the task has no point “foot”"
    assert result.left_out == [LeftOutObject(4, skeleton.id, reason)]
    assert result.shapes == []


def test_objects_of_other_frames_stay_behind(site: StandIn, tmp_path: Path) -> None:
    source, target, reader = task(site, SOURCE), task(site, TARGET), client(site)
    fill(site, source)
    labels = reader.labels(task_id=target.id)
    result = convert(read(reader, source, tmp_path), labels, frames={1: 0})
    assert {each.reason for each in result.left_out} == {"the frame is not in the task"}
    assert (len(result.shapes), len(result.tags)) == (1, 1)


def test_objects_are_deleted_by_what_was_read_of_them(site: StandIn, tmp_path: Path) -> None:
    source, reader = task(site, SOURCE), client(site)
    fill(site, source)
    shapes = read(reader, source, tmp_path)
    deleted = [each for each in shapes if each.kind in ("skeleton", "tag", "mask")]
    writer(site).ensure_annotations_deleted(source.jobs[0].id, with_ids(deleted))
    remaining = read(reader, source, tmp_path)
    assert sorted(each.kind for each in remaining) == ["polygon", "rectangle"]


@pytest.mark.parametrize(("rotation", "sent"), [(-30, 330), (400, 40), (360, 0), (359.5, 359.5)])
def test_what_cvat_would_refuse_is_sent_as_it_takes_it(
    site: StandIn, rotation: float, sent: float
) -> None:
    """A file, and an import into CVAT, may have any rotation and group."""
    target = task(site, TARGET)
    labels = client(site).labels(task_id=target.id)
    shape = Shape("rectangle", Label(0, "car"), 0, [1, 1, 9, 9], rotation=rotation, group=-1)
    result = convert([shape], labels, frames={0: 0})
    assert (result.shapes[0]["rotation"], result.shapes[0]["group"]) == (sent, 0)
    writer(site).ensure_annotations(target.jobs[0].id, result.objects, before=0)


def test_a_skeleton_without_points_is_left_out(site: StandIn) -> None:
    labels = client(site).labels(task_id=task(site, TARGET).id)
    result = convert([Shape("skeleton", Label(0, "person"), 0, id=7)], labels, frames={0: 0})
    assert result.left_out == [LeftOutObject(0, 7, "the skeleton has no points")]
    assert result.shapes == []
