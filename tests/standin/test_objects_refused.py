"""Objects that CVAT refuses by its source (cvat/apps/engine/serializers.py and
cvat/apps/dataset_manager/task.py), of which nothing was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from standin.model import Task
from standin.server import StandIn
from standin.world import World

PARTS = [{"name": "head", "type": "points", "attributes": []}]
COLOUR = {"name": "colour", "input_type": "text", "values": [], "mutable": False}
SPEED = {**COLOUR, "name": "speed", "mutable": True}
LABELS = [
    {"name": "car", "attributes": [COLOUR, SPEED]},
    {"name": "person", "type": "skeleton", "sublabels": PARTS, "svg": ""},
]
BAD_LENGTH = "invalid length for shape type '{}'"


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    world = World()
    world.add_user("alice")
    with StandIn(world) as running:
        yield running


@pytest.fixture(scope="module")
def task(standin: StandIn) -> Task:
    headers = {"Authorization": f"Token {standin.world.login_token('alice')}"}
    body = {"name": "refusing", "labels": LABELS}
    made = requests.post(f"{standin.url}/api/tasks", json=body, headers=headers, timeout=10).json()
    described = standin.world.tasks[made["id"]].labels
    task = standin.world.add_task("refusing", owner="alice", count=4)
    task.labels = described
    return task


def send(standin: StandIn, task: Task, action: str, **objects: Any) -> requests.Response:
    return requests.patch(
        f"{standin.url}/api/jobs/{task.jobs[0].id}/annotations",
        params={"action": action},
        json=objects,
        headers={"Authorization": f"Token {standin.world.login_token('alice')}"},
        timeout=10,
    )


def box(task: Task, **more: Any) -> dict[str, Any]:
    car = task.labels[0].id
    return {"type": "rectangle", "frame": 0, "label_id": car, "points": [1, 1, 5, 5], **more}


def pose(task: Task, **more: Any) -> dict[str, Any]:
    """A skeleton, with keys of its only point."""
    person = task.labels[1]
    point = {"type": "points", "frame": 0, "label_id": person.sublabels[0].id, "points": [2, 2]}
    skeleton = {"type": "skeleton", "frame": 0, "label_id": person.id, "points": []}
    return {**skeleton, "elements": [{**point, **more}]}


def track(task: Task, *values: dict[str, Any], **of_keyframe: Any) -> dict[str, Any]:
    keyframe = {"type": "rectangle", "frame": 0, "points": [1, 1, 5, 5], **of_keyframe}
    given = {"frame": 0, "label_id": task.labels[0].id, "attributes": list(values)}
    return {**given, "shapes": [keyframe]}


def test_shapes_and_their_parts(standin: StandIn, task: Task) -> None:
    def errors(shape: dict[str, Any], action: str = "create") -> Any:
        answer = send(standin, task, action, shapes=[shape])
        assert answer.status_code == 400
        return answer.json()["shapes"][0]

    mask = box(task, type="mask", points=[3, 0, 0, 1])
    assert errors(mask) == {"points": [BAD_LENGTH.format("mask")]}
    parts = box(task, elements=pose(task)["elements"])
    assert errors(parts) == {"elements": ["not allowed for non-skeleton shape"]}
    bad_point = {"points": [BAD_LENGTH.format("points")]}
    assert errors(pose(task, points=[2])) == {"elements": [bad_point]}
    assert errors(pose(task, id=5)) == {"elements": [{"id": ["must be absent"]}]}


def test_what_is_deleted_is_named_with_all_its_parts(standin: StandIn, task: Task) -> None:
    made = send(standin, task, "create", shapes=[pose(task)]).json()["shapes"][0]
    without = {**pose(task), "id": made["id"]}
    answer = send(standin, task, "delete", shapes=[without])
    lacking = {"id": ["must be present and not null"]}
    assert (answer.status_code, answer.json()) == (400, {"shapes": [{"elements": [lacking]}]})
    assert send(standin, task, "delete", shapes=[made]).status_code == 200
    assert send(standin, task, "delete", shapes=[box(task)]).json() == {"shapes": [lacking]}


def test_keyframes_and_attributes_of_tracks(standin: StandIn, task: Task) -> None:
    colour, speed = (each["id"] for each in task.labels[0].attributes)
    immutable, mutable = ({"spec_id": each, "value": " x "} for each in (colour, speed))
    answer = send(standin, task, "create", tracks=[track(task, points=[1, 1])])
    bad = {"points": [BAD_LENGTH.format("rectangle")]}
    assert (answer.status_code, answer.json()) == (400, {"tracks": [{"shapes": [bad]}]})
    without = {"frame": 0, "label_id": task.labels[0].id}
    answer = send(standin, task, "create", tracks=[without])
    assert answer.json() == {"tracks": [{"shapes": ["This field is required."]}]}
    for given in (track(task, mutable), track(task, attributes=[immutable])):
        answer = send(standin, task, "create", tracks=[given])
        assert answer.status_code == 400
        assert answer.json()[0].startswith("spec_id `")
    answer = send(standin, task, "create", tracks=[track(task, immutable, attributes=[mutable])])
    [made] = answer.json()["tracks"]
    assert made["attributes"] == [{"spec_id": colour, "value": "x"}]
    assert made["shapes"][0]["attributes"] == [{"spec_id": speed, "value": "x"}]


def test_a_task_with_honeypots_takes_no_tracks(standin: StandIn) -> None:
    task = standin.world.add_task("pool", owner="alice", count=8, segment_size=4, honeypots=(2, 1))
    answer = send(standin, task, "create", tracks=[track(task)])
    text = "Tracks are not supported when task validation mode is gt_pool"
    assert (answer.status_code, answer.json()) == (400, [text])


def test_a_keyframe_has_the_attributes_of_the_one_before(standin: StandIn, task: Task) -> None:
    """Not the defaults, when it names none (cvat/apps/dataset_manager/task.py)."""
    speed = next(each["id"] for each in task.labels[0].attributes if each["mutable"])
    keyframes = [
        box(task, frame=2),
        box(task, frame=0, attributes=[{"spec_id": speed, "value": "5"}]),
    ]
    track = {"frame": 0, "label_id": task.labels[0].id, "shapes": keyframes}
    assert send(standin, task, "create", tracks=[track]).status_code == 200
    job = task.jobs[0]
    read = job.annotations["tracks"][-1]
    assert [(each["frame"], each["attributes"][0]["value"]) for each in read["shapes"]] == [
        (0, "5"),
        (2, "5"),
    ]
