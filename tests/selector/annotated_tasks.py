"""Recorded tasks in the stand-in, and how they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rest_framework.test import APIClient

from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.recorded import FOLDER

RECORDED = FOLDER / "annotated"


def opened(standin: StandIn, folder: Path) -> Case:
    """A recorded task, which the account of the connection may see."""
    add_annotated_task(standin.world, folder)
    for user in standin.world.users.values():
        user.is_superuser |= user.username == "demo"
    return Case(folder)


def labels_of(api: APIClient, case: Case) -> dict[str, dict[str, Any]]:
    """What the API says of each label of the task."""
    response = api.get(f"/api/tasks/{case.task['id']}/labels")
    assert response.status_code == 200, response.content
    answer = response.json()
    assert answer["state"] == "ready"
    assert answer["jobs_read"] == answer["jobs_count"]
    return {each["name"]: each for each in answer["labels"]}


def frames_by(api: APIClient, address: str, **query: Any) -> list[int]:
    """The frames that fulfil a filter; `attribute` and lists as they stand in the query."""
    response = api.get(f"/api/{address}/frames-by-annotation", query)
    assert response.status_code == 200, response.content
    answer = response.json()
    frames = list(unpacked(answer["frames"]))
    assert answer["frames_count"] == len(frames)
    return frames


def unpacked(runs: list[int]) -> Iterable[int]:
    for first, count in zip(runs[::2], runs[1::2], strict=True):
        yield from range(first, first + count)
