"""Frames published as a new task, annotated there, and brought back to where they came from."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cvat.client import CvatClient
from cvat.types import Place
from cvat.writing import FileOnDisk, NewTask, TaskData
from cvat.writing.conversion import convert
from standin.model import Task
from standin.server import StandIn
from tests.cvat.writing_clients import client, world_to_write_to, writer

FOLDERS = ("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg", "c d/ü.jpg", "1.jpg")
# Of both tasks, in an order that is none of theirs; frame 2 of the second is in two of its jobs.
CHOSEN: tuple[Place, ...] = ((2, 6), (1, 5), (1, 0), (2, 2), (1, 2), (2, 0), (1, 4))


@pytest.fixture
def site() -> Iterator[StandIn]:
    world = world_to_write_to()
    world.add_task("folders", task_id=1, owner="alice", images=FOLDERS, segment_size=4)
    stepped = {"count": 30, "start_frame": 3, "step": 4, "segment_size": 3, "overlap": 1}
    world.add_task("stepped", task_id=2, owner="alice", **stepped)
    with StandIn(world) as running:
        yield running


def publish(site: StandIn, reader: CvatClient, path: Path) -> Task:
    """A new task of the chosen frames, in jobs of three."""
    paths = []
    with zipfile.ZipFile(path, "w") as out:
        for task_id, frame in CHOSEN:
            name = f"task_{task_id}/{site.world.filename(task_id, frame)}"
            out.writestr(name, reader.frame(task_id=task_id, frame=frame).content)
            paths.append(name)
    jobs = tuple(tuple(paths[start : start + 3]) for start in range(0, len(paths), 3))
    made = writer(site)
    labels = made.labels_of_task(1)
    number = made.ensure_task(NewTask("chosen", "https://example.com/1", labels=labels))
    made.upload_pictures(number, FileOnDisk(path), lambda: TaskData(jobs))
    site.site.creations.wait()
    return site.world.tasks[number]


def annotate(site: StandIn, task: Task) -> None:
    """Picture k of the new task gets a box at x = 10 * k."""
    car = task.labels[0].id
    for job in task.jobs:
        boxes = [
            {"type": "rectangle", "frame": k, "label_id": car, "points": [10 * k, 1, 10 * k + 5, 9]}
            for k in job.frames
        ]
        writer(site).create_annotations(job.id, {"shapes": boxes})


def bring_back(site: StandIn, reader: CvatClient, task: Task, folder: Path) -> None:
    """Write the objects of each job of the new task into the first job that holds the frame."""
    labels = reader.labels(task_id=task.id)
    for origin in {task_id for task_id, _ in CHOSEN}:
        frames = {k: frame for k, (task_id, frame) in enumerate(CHOSEN) if task_id == origin}
        shapes = []
        for job in task.jobs:
            with (folder / f"{job.id}.json").open("w+b") as file:
                read = reader.job_annotations(
                    job_id=job.id, labels=labels, frames=set(frames), into=file
                )
            shapes += read.shapes
        result = convert(shapes, reader.labels(task_id=origin), frames=frames)
        assert result.left_out == []
        covered: set[int] = set()
        for job in site.world.tasks[origin].jobs:
            held = set(job.frames) - covered
            covered |= held
            part = [each for each in result.shapes if each["frame"] in held]
            writer(site).ensure_annotations(job.id, {"shapes": part}, before=0)


def test_objects_come_back_on_the_frames_they_were_drawn_on(site: StandIn, tmp_path: Path) -> None:
    reader = client(site)
    task = publish(site, reader, tmp_path / "pictures.zip")
    for k, (task_id, frame) in enumerate(CHOSEN):
        served = reader.frame(task_id=task.id, frame=k).content
        assert served == reader.frame(task_id=task_id, frame=frame).content
    annotate(site, task)
    bring_back(site, reader, task, tmp_path)
    seen = {
        (origin, shape["frame"]): shape["points"][0]
        for origin in (1, 2)
        for job in site.world.tasks[origin].jobs
        for shape in (job.annotations or {"shapes": []})["shapes"]
    }
    assert seen == {place: 10.0 * k for k, place in enumerate(CHOSEN)}
    objects = [job.annotations for origin in (1, 2) for job in site.world.tasks[origin].jobs]
    assert sum(len(each["shapes"]) for each in objects if each) == len(CHOSEN)
