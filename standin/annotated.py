"""A task as a real CVAT had it, from a folder with the answers of CVAT and the uploaded pictures.

The folder holds `task.json`, `jobs.json`, `labels.json`, `meta.json`, `meta-job-<id>.json` (one job
may go without), `annotations-task.json`, `annotations-job-<id>.json`, `images/`, and
`validation_layout.json` where the task has one. Tasks of videos and of projects are not read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from standin.media import GivenImages
from standin.model import Job, Label, Task, User
from standin.world import World

Json = dict[str, Any]
LAYOUT = "validation_layout"


def add_annotated_task(world: World, folder: Path) -> Task:
    """Add the task of the folder, under its own number, with its jobs, labels and annotations. Its
    people are added where the world does not know them."""
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

    def images(self) -> dict[str, bytes]:
        root = self.folder / "images"
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def _task(world: World, read: _Folder) -> Task:
    answer, meta, layout = read.json("task"), read.json("meta"), read.json_or_empty(LAYOUT)
    if answer["project_id"] is not None or answer["mode"] != "annotation":
        raise ValueError(f"{read.folder}: tasks of projects and of videos are not read")
    media = GivenImages(read.images())
    step = meta["frame_filter"].removeprefix("step=")
    return Task(
        answer["id"],
        answer["name"],
        _user(world, answer["owner"]),
        _user(world, answer["assignee"]),
        subset=answer["subset"],
        media=media,
        order=[list(media.names).index(frame["name"]) for frame in meta["frames"]],
        size=meta["size"],
        start_frame=meta["start_frame"],
        stop_frame=meta["stop_frame"],
        step=int(step or 1),
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
        labels=[_label(each) for each in read.results("labels")],
        created_date=_moment(answer["created_date"]),
        updated_date=_moment(answer["updated_date"]),
        chunks_updated_date=_moment(meta["chunks_updated_date"]),
        annotations=read.json("annotations-task"),
    )


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
