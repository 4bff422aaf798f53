"""A task as a real CVAT had it, from a folder with the answers of CVAT and the uploaded pictures.

The folder holds `task.json`, `jobs.json`, `labels.json`, `meta.json`, `meta-job-<id>.json` (one job
may go without), `annotations-task.json`, `annotations-job-<id>.json`, `images/` or the file of the
video, and `validation_layout.json` where the task has one. The project of a task is read from
`project.json` and `labels.json` of a folder beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from standin.media import GivenImages, GivenVideo, Media
from standin.model import Job, Label, Project, Task, User
from standin.world import World

Json = dict[str, Any]
LAYOUT = "validation_layout"


def add_annotated_task(world: World, folder: Path) -> Task:
    """Add the task of the folder, under its own number, with its jobs, labels and annotations. Its
    people and its project are added where the world does not know them."""
    read = _Folder(folder)
    task = _task(world, read)
    world.tasks[task.id] = task
    for answer in read.results("jobs"):
        job = _job(world, read, task, answer)
        task.jobs.append(job)
        world.jobs[job.id] = job
    task.consensus_replicas = max(job.replicas for job in task.jobs)
    truth = read.json_or_empty(LAYOUT).get("validation_frames")
    task.layout_in_source_numbers = truth not in [job.included for job in task.jobs]
    return task


class _Folder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def json(self, name: str) -> Json:
        return dict(json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8")))

    def json_or_empty(self, name: str) -> Json:
        return self.json(name) if (self.folder / f"{name}.json").exists() else {}

    def results(self, name: str) -> list[Json]:
        return list(self.json(name)["results"])

    def media(self, meta: Json) -> Media:
        if (self.folder / "images").is_dir():
            return GivenImages(self.images())
        [frame] = meta["frames"]
        file = (self.folder / frame["name"]).read_bytes()
        size = frame["width"], frame["height"]
        return GivenVideo(frame["name"], file, meta["stop_frame"] + 1, size)

    def images(self) -> dict[str, bytes]:
        root = self.folder / "images"
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def _task(world: World, read: _Folder) -> Task:
    answer, meta, layout = read.json("task"), read.json("meta"), read.json_or_empty(LAYOUT)
    media, step = read.media(meta), int(meta["frame_filter"].removeprefix("step=") or 1)
    project = _project(world, read.folder.parent, answer["project_id"])
    return Task(
        answer["id"],
        answer["name"],
        _user(world, answer["owner"]),
        _user(world, answer["assignee"]),
        project=project,
        subset=answer["subset"],
        media=media,
        order=_order(media, meta, step),
        size=meta["size"],
        start_frame=meta["start_frame"],
        stop_frame=meta["stop_frame"],
        step=step,
        chunk_size=meta["chunk_size"],
        image_quality=meta["image_quality"],
        segment_size=answer["segment_size"],
        overlap=answer["overlap"],
        data_id=answer["data"],
        deleted=meta["deleted_frames"],
        disabled=layout.get("disabled_frames", []),
        honeypots=dict(
            zip(
                layout.get("honeypot_frames", []),
                layout.get("honeypot_real_frames", []),
                strict=True,
            )
        ),
        frames_per_job_count=layout.get("frames_per_job_count"),
        validation_mode=answer["validation_mode"],
        labels=[_label(each) for each in read.results("labels")] if project is None else [],
        created_date=_moment(answer["created_date"]),
        updated_date=_moment(answer["updated_date"]),
        chunks_updated_date=_moment(meta["chunks_updated_date"]),
        annotations=read.json("annotations-task"),
    )


def _order(media: Media, meta: Json, step: int) -> Sequence[int]:
    """The position in the media of each task frame."""
    if media.is_video:
        return range(meta["start_frame"], meta["stop_frame"] + 1, step)
    names = [media.name(position) for position in range(media.count)]
    return [names.index(frame["name"]) for frame in meta["frames"]]


def _project(world: World, folder: Path, number: int | None) -> Project | None:
    """The project of that number: the world's, or one of those below the folder."""
    if number is None or number in world.projects:
        return world.projects.get(number or 0)
    read = next(
        each
        for each in (_Folder(path.parent) for path in folder.glob("*/project.json"))
        if each.json("project")["id"] == number
    )
    answer = read.json("project")
    project = Project(
        number,
        answer["name"],
        _user(world, answer["owner"]),
        _user(world, answer["assignee"]),
        labels=[_label(each) for each in read.results("labels")],
        created_date=_moment(answer["created_date"]),
        updated_date=_moment(answer["updated_date"]),
    )
    world.projects[number] = project
    return project


def _job(world: World, read: _Folder, task: Task, answer: Mapping[str, Any]) -> Job:
    number = answer["id"]
    meta = read.json_or_empty(f"meta-job-{number}") or read.json("meta")
    included = meta["included_frames"]
    if included is not None:  # source numbers (cvat-api 6)
        included = [(source - task.start_frame) // task.step for source in included]
    return Job(
        number,
        task,
        answer["start_frame"],
        answer["stop_frame"],
        type=answer["type"],
        included=included,
        assignee=_user(world, answer["assignee"]),
        stage=answer["stage"],
        state=answer["state"],
        parent=world.jobs.get(answer["parent_job_id"]),
        replicas=answer["consensus_replicas"],
        created_date=_moment(answer["created_date"]),
        updated_date=_moment(answer["updated_date"]),
        chunks_updated_date=_moment(meta["chunks_updated_date"]),
        annotations=read.json(f"annotations-job-{number}"),
    )


def _label(answer: Mapping[str, Any]) -> Label:
    return Label(
        answer["id"],
        answer["name"],
        answer["color"],
        answer["type"],
        answer["attributes"],
        [_label(each) for each in answer.get("sublabels", [])],
        answer.get("svg", ""),
    )


def _user(world: World, answer: Mapping[str, Any] | None) -> User | None:
    if answer is None:
        return None
    known = [user for user in world.users.values() if user.username == answer["username"]]
    return known[0] if known else world.add_user(answer["username"], user_id=answer["id"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
