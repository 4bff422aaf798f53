"""Who may do what: the table that was observed on a real CVAT, held against the stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from standin.model import Task
from standin.server import StandIn
from standin.world import World
from tests.recorded import FOLDER
from tests.standin.conftest import asker

ROWS = json.loads((FOLDER / "rights" / "rights.json").read_text())["rows"]
# In the personal space of alice, and in an organization of hers.
PERSONAL = {"owner": "alice", "job assignee": "bob", "task assignee": "carol", "stranger": "dave"}
SHARED = {
    "organisation owner": "alice",
    "organisation maintainer": "erin",
    "organisation supervisor": "dave",
    "organisation worker, assigned to a job": "bob",
    "no member": "carol",
}
EMPTY = {"version": 0, "tags": [], "shapes": [], "tracks": []}

Asked = tuple[str, str, Any]  # method, path, body


def _requests(task: Task) -> dict[str, Asked]:
    own, other, truth = task.jobs
    job, data = f"/api/jobs/{own.id}", f"/api/tasks/{task.id}/data/meta"
    assert task.project is not None
    return {
        "read task": ("GET", f"/api/tasks/{task.id}", None),
        "read task annotations": ("GET", f"/api/tasks/{task.id}/annotations", None),
        "read own job": ("GET", job, None),
        "read own job annotations": ("GET", f"{job}/annotations", None),
        "read another job of the task": ("GET", f"/api/jobs/{other.id}", None),
        "read ground truth job": ("GET", f"/api/jobs/{truth.id}", None),
        "read ground truth annotations": ("GET", f"/api/jobs/{truth.id}/annotations", None),
        "read validation layout of task": ("GET", f"/api/tasks/{task.id}/validation_layout", None),
        "create annotations in own job": ("PATCH", f"{job}/annotations?action=create", EMPTY),
        "create annotations in another job": (
            "PATCH",
            f"/api/jobs/{other.id}/annotations?action=create",
            EMPTY,
        ),
        "create annotations in ground truth job": (
            "PATCH",
            f"/api/jobs/{truth.id}/annotations?action=create",
            EMPTY,
        ),
        "replace annotations of own job": ("PUT", f"{job}/annotations", EMPTY),
        "delete annotations of own job": ("DELETE", f"{job}/annotations", None),
        "state of own job": ("PATCH", job, {"state": "in progress"}),
        "stage of own job": ("PATCH", job, {"stage": "validation"}),
        "state of another job": ("PATCH", f"/api/jobs/{other.id}", {"state": "in progress"}),
        "assignee of own job to nobody": ("PATCH", job, {"assignee": None}),
        "rename task": ("PATCH", f"/api/tasks/{task.id}", {"name": "other"}),
        "subset of task": ("PATCH", f"/api/tasks/{task.id}", {"subset": "train"}),
        "deleted frames of task": ("PATCH", data, {"deleted_frames": [1]}),
        "deleted frames of own job": ("PATCH", f"{job}/data/meta", {"deleted_frames": [1]}),
        "disable a ground truth frame": (
            "PATCH",
            f"/api/tasks/{task.id}/validation_layout",
            {"disabled_frames": [0]},
        ),
        "open an issue": (
            "POST",
            "/api/issues",
            {"job": own.id, "frame": 0, "position": [0, 0, 9, 9], "message": "?"},
        ),
        "create a task": ("POST", "/api/tasks", {"name": "x"}),
        "create a task in the project": (
            "POST",
            "/api/tasks",
            {"name": "x", "project_id": task.project.id},
        ),
        "create a project": ("POST", "/api/projects", {"name": "x"}),
    }


def _world() -> World:
    world = World()
    for name in ("alice", "bob", "carol", "dave", "erin"):
        world.add_user(name)
    roles = {"bob": "worker", "dave": "supervisor", "erin": "maintainer"}
    world.add_organization("shared", "alice", roles)
    return world


def _task(world: World, *, is_shared: bool, has_truth: bool = True) -> Task:
    organization = world.organizations[1] if is_shared else None
    project = world.add_project("p", "alice", organization=organization)
    task = world.add_task("t", owner="alice", project=project, count=6, segment_size=3)
    if not is_shared:
        task.assignee = world.user("carol")
    if has_truth:
        world.add_ground_truth(task, [0, 4])
    task.jobs[0].assignee = world.user("bob")
    return task


def _found(people: dict[str, str], *, is_shared: bool, row: str) -> dict[str, int]:
    """The status of the answer to each of these people, each in a world of its own."""
    found = {}
    for person, name in people.items():
        world = _world()
        with StandIn(world) as standin:
            made = row == "create ground truth job"
            task = _task(world, is_shared=is_shared, has_truth=not made)
            if made:
                body: Any = {"type": "ground_truth", "task_id": task.id, "frames": [0]}
                body["frame_selection_method"] = "manual"
                method, path = "POST", "/api/jobs"
            else:
                method, path, body = _requests(task)[row]
            # As the table was made: new objects name the organization, an issue does not.
            names_it = is_shared and path in ("/api/tasks", "/api/projects")
            ask: Callable[..., Any] = asker(standin)
            answer = ask(
                path,
                user=name,
                method=method,
                **({} if body is None else {"json": body}),
                **({"params": {"org": "shared"}} if names_it else {}),
            )
            found[person] = answer.status_code
    return found


NAMES = list(_requests(_task(_world(), is_shared=False)))


@pytest.mark.parametrize("row", [*NAMES, "create ground truth job"])
def test_the_stand_in_allows_what_cvat_allows(row: str) -> None:
    found = {
        **_found(PERSONAL, is_shared=False, row=row),
        **_found(SHARED, is_shared=True, row=row),
    }
    assert found == {person: ROWS[row][person] for person in found}
