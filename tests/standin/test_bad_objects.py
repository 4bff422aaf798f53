"""Bad objects are taken and refused as a real CVAT did (annotated/bad_shapes/one-by-one.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from standin.model import Label, Task
from standin.server import StandIn
from standin.world import World
from tests.recorded import FOLDER

RECORDED = json.loads((FOLDER / "annotated" / "bad_shapes" / "one-by-one.json").read_text())


def attribute(number: int, name: str, kind: str, *values: str) -> dict[str, Any]:
    read = {"id": number, "name": name, "mutable": False, "input_type": kind}
    return {**read, "default_value": values[0], "values": list(values)}


def labels() -> list[Label]:
    """As in the recorded task, with its ids."""
    kinds = [
        attribute(28, "kind", "select", "x", "y"),
        attribute(29, "n", "number", "1", "10", "1"),
        attribute(30, "ok", "checkbox", "false"),
    ]
    parts = [Label(212, "b", "#7ca7df"), Label(213, "a", "#e400a8")]
    return [
        Label(208, "thing", "#548542", "any", kinds),
        Label(209, "box only", "#a10d5a", "rectangle"),
        Label(210, "tag only", "#a59dc5", "tag"),
        Label(211, "stick", "#7455d3", "skeleton", [], parts),
    ]


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    world = World()
    world.add_user("alice")
    world.add_task("bad", task_id=107, owner="alice", count=10, segment_size=5).labels = labels()
    with StandIn(world) as running:
        yield running


def send(standin: StandIn, task: Task, body: Any, action: str = "create") -> requests.Response:
    return requests.patch(
        f"{standin.url}/api/jobs/{task.jobs[0].id}/annotations",
        params={"action": action},
        json=body,
        headers={"Authorization": f"Token {standin.world.login_token('alice')}"},
        timeout=10,
    )


@pytest.mark.parametrize("case", [pytest.param(each, id=each["what"]) for each in RECORDED])
def test_an_object_is_answered_as_recorded(standin: StandIn, case: dict[str, Any]) -> None:
    answer = send(standin, standin.world.tasks[107], case["body"])
    assert answer.status_code == case["status"], answer.text
    if "answer" in case:
        assert answer.json() == case["answer"]


def test_a_skeleton_is_deleted_with_its_points_alone(standin: StandIn) -> None:
    task = standin.world.tasks[107]
    point = {"type": "points", "frame": 0, "label_id": 212, "points": [3, 4]}
    skeleton = {"type": "skeleton", "frame": 0, "label_id": 211, "elements": [point]}
    [made] = send(standin, task, {"shapes": [skeleton]}).json()["shapes"]
    named = {key: made[key] for key in ("id", "type", "frame", "label_id", "points")}
    refused = send(standin, task, {"shapes": [named]}, "delete")
    assert refused.json() == {
        "shapes": [{"elements": ["at least one required for skeleton shape"]}]
    }
    assert send(standin, task, {"shapes": [made]}, "delete").status_code == 200
    assert made["id"] not in [each["id"] for each in (task.jobs[0].annotations or {})["shapes"]]
