"""Tasks read from folders with the answers of a real CVAT are served as CVAT served them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.annotated import add_annotated_task
from standin.server import StandIn
from standin.world import World
from tests.annotated import WITH_IMAGES
from tests.standin.conftest import asker

RECORDED_HOST = "https://cvat.example.com"


@pytest.fixture(params=WITH_IMAGES, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def standin(folder: Path) -> Iterator[StandIn]:
    world = World()
    world.add_user("demo", is_superuser=True)
    add_annotated_task(world, folder)
    with StandIn(world) as running:
        yield running


def recorded(folder: Path, name: str, standin: StandIn) -> Any:
    text = (folder / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text.replace(RECORDED_HOST, standin.url))


def test_every_answer_is_the_recorded_one(folder: Path, standin: StandIn) -> None:
    ask = asker(standin)
    task = recorded(folder, "task", standin)["id"]
    paths = {
        "task": f"/api/tasks/{task}",
        "jobs": f"/api/jobs?task_id={task}&page_size=100&sort=id",
        "labels": f"/api/labels?task_id={task}&page_size=200&sort=id",
        "meta": f"/api/tasks/{task}/data/meta",
        "annotations-task": f"/api/tasks/{task}/annotations",
        "validation_layout": f"/api/tasks/{task}/validation_layout",
    }
    for file in folder.glob("*-job-*.json"):
        kind, _, job = file.stem.partition("-job-")
        path = {"meta": "data/meta", "annotations": "annotations"}[kind]
        paths[file.stem] = f"/api/jobs/{job}/{path}"
    for name, path in paths.items():
        if (folder / f"{name}.json").exists():
            assert ask(path).json() == recorded(folder, name, standin), name


def test_every_frame_has_the_bytes_of_the_uploaded_picture(folder: Path, standin: StandIn) -> None:
    ask = asker(standin)
    task = recorded(folder, "task", standin)["id"]
    for number, frame in enumerate(recorded(folder, "meta", standin)["frames"]):
        answer = ask(f"/api/tasks/{task}/data?type=frame&number={number}&quality=original")
        assert answer.content == (folder / "images" / frame["name"]).read_bytes()
