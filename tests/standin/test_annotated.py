"""Tasks read from folders with the answers of a real CVAT are served as CVAT served them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from standin.annotated import add_annotated_task
from standin.server import StandIn
from standin.video import decode_mp4
from standin.world import World
from tests.annotated import ALL, PROJECTS, VIDEOS, Case
from tests.standin.conftest import asker

SAVED_AGAIN = {"exif3.jpg", "exif6.jpg", "exif8.jpg", "t.tif"}  # by CVAT
OF_PICTURES = [folder for folder in ALL if folder not in VIDEOS]
RECORDED_HOST = "https://cvat.example.com"


@pytest.fixture(params=ALL, ids=lambda path: path.name)
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


@pytest.mark.parametrize("folder", OF_PICTURES, ids=lambda path: path.name, indirect=True)
def test_every_frame_has_the_bytes_of_the_uploaded_picture(folder: Path, standin: StandIn) -> None:
    ask = asker(standin)
    task = recorded(folder, "task", standin)["id"]
    for number, frame in enumerate(recorded(folder, "meta", standin)["frames"]):
        if frame["name"] in SAVED_AGAIN:
            continue
        answer = ask(f"/api/tasks/{task}/data?type=frame&number={number}&quality=original")
        assert answer.content == (folder / "images" / frame["name"]).read_bytes()


@pytest.mark.parametrize("video", VIDEOS, ids=lambda path: path.name)
def test_every_frame_of_a_video_shows_what_the_file_shows(video: Path) -> None:
    """But for what H.264 loses."""
    world = World()
    task = add_annotated_task(world, video)
    frames = decode_mp4((video / f"{video.name}.mp4").read_bytes())
    for frame in range(task.size):
        with Image.open(io.BytesIO(world.original_bytes(task.id, frame))) as served:
            uploaded = frames[task.source_number(frame)]
            assert served.size == uploaded.size
            difference = ImageStat.Stat(ImageChops.difference(served, uploaded))
            assert max(difference.mean) < 4


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_a_project_answers_as_recorded(project: Path) -> None:
    world = World()
    world.add_user("demo", is_superuser=True)
    number = json.loads((project / "project.json").read_text())["id"]
    folders = [folder for folder in ALL if Case(folder).task["project_id"] == number]
    for each in folders:
        add_annotated_task(world, each)
    with StandIn(world) as standin:
        ask = asker(standin)
        paging = f"project_id={number}&page_size=100&sort=id"
        answer, expected = (
            ask(f"/api/projects/{number}").json(),
            recorded(project, "project", standin),
        )
        assert set(answer.pop("task_subsets")) == set(expected.pop("task_subsets"))  # in any order
        assert answer == expected
        assert ask(f"/api/labels?{paging}").json() == recorded(project, "labels", standin)
        assert ask(f"/api/tasks?{paging}").json() == recorded(project, "tasks", standin)
        jobs = [job for each in folders for job in recorded(each, "jobs", standin)["results"]]
        results = ask(f"/api/jobs?{paging}").json()["results"]
        assert results == sorted(jobs, key=lambda job: job["id"])
