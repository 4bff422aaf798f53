"""A world with the objects of the server that the recordings of writes were taken from."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from typing import Any

from standin.pictures import encode, numbered
from standin.world import World

CAR = {"name": "car", "color": "#2080c0"}
COLOUR = {
    "id": 86,
    "name": "colour",
    "mutable": False,
    "input_type": "select",
    "default_value": "red",
    "values": ["red", "blue"],
}
ZIPPED = ("z/2.jpg", "a/10.jpg", "a/9.jpg", "a.jpg", "m m/ü.png")
MANIFEST = ("m m/ü.png", "a/9.jpg", "z/2.jpg", "a.jpg", "a/10.jpg")


def written_world() -> World:
    world = World()
    world.add_user("admin", is_superuser=True, groups=["admin"])
    for name in ("alice", "bob", "carol", "dave", "erin"):
        world.add_user(name)
    for slug in ("first", "second"):
        world.add_organization(slug, "admin")
    roles = {"carol": "worker", "dave": "supervisor", "erin": "maintainer"}
    acme = world.add_organization("annotated", "alice", roles)
    world.add_project("rights", "alice", project_id=10, labels=[{**CAR, "id": 490}])
    world.add_project("rights", "alice", project_id=11, organization=acme, labels=[CAR])
    world.add_project(
        "quality", "alice", project_id=20, labels=[{**CAR, "id": 502}, {"name": "b", "id": 503}]
    )
    _add_annotated(world)
    _add_rights(world)
    world.add_task(
        "quality",
        task_id=239,
        project=world.projects[20],
        owner="alice",
        count=8,
        pattern="q/{:02d}.jpg",
        segment_size=4,
        first_job_id=1048,
    )
    world.add_task("jobs", task_id=243, owner="alice", count=3, first_job_id=1067)
    return world


def _add_annotated(world: World) -> None:
    labels = [{**CAR, "id": 468, "attributes": [COLOUR]}, {"name": "person", "id": 469}]
    six: dict[str, Any] = {"owner": "alice", "count": 6, "segment_size": 3}
    task = world.add_task(
        "annotated", task_id=213, overlap=1, first_job_id=1008, labels=labels, **six
    )
    task.jobs[0].annotations = {
        "version": 0,
        "tags": [],
        "shapes": [_box(21320), _box(21326)],
        "tracks": [],
    }


def _box(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "label_id": 468,
        "type": "rectangle",
        "frame": 0,
        "group": 0,
        "source": "manual",
        "occluded": False,
        "outside": False,
        "z_order": 0,
        "rotation": 0.0,
        "points": [1.0, 1.0, 20.0, 20.0],
        "attributes": [{"spec_id": 86, "value": "blue"}],
        "elements": [],
    }


def _add_rights(world: World) -> None:
    personal, shared = world.projects[10], world.projects[11]
    six: dict[str, Any] = {"owner": "alice", "count": 6, "segment_size": 3}
    world.add_task("rights gt", task_id=217, project=personal, first_job_id=1015, **six)
    world.add_ground_truth(world.tasks[217], [0, 4], 1028)
    world.add_task("rights no gt", task_id=218, project=personal, first_job_id=1017, **six)
    world.add_task("rights gt", task_id=221, project=shared, first_job_id=1029, **six)
    world.add_task("rights no gt", task_id=222, project=shared, first_job_id=1031, **six)


@cache
def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for number, name in enumerate(ZIPPED):
            kind = name.rpartition(".")[2]
            out.writestr(name, encode(numbered(number, (96, 64)), kind))
    return buffer.getvalue()


def manifest() -> bytes:
    lines = ['{"version":"1.1"}', '{"type":"images"}']
    for name in MANIFEST:
        stem, _, kind = name.rpartition(".")
        lines.append(
            f'{{"name":"{stem}","extension":".{kind}","width":96,"height":64,"meta":{{}}}}'
        )
    return "\n".join(lines).encode()
