"""Finds the frames that people and scripts name, as CVAT has them now."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from msgspec import structs

from cvat import frames as numbering
from cvat.exceptions import CvatError
from cvat.types import Frame, FrameCatalog
from portal.exceptions import InvalidInput
from selections.models import SelectedTask
from selector.cvat_requests import waiting_place
from selector.models import Connection
from selector.services.catalogs import load_catalog, load_each

# Jobs of a task that a person waits for, asked for frames that their task does not offer.
MOST_JOBS = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A frame as a person or script names it; its file name and size come from CVAT. A `job_id`
    counts if that job holds the frame: it tells overlapping jobs apart."""

    task_id: int
    frame: int
    job_id: int | None = None


def check_amount(count: int) -> None:
    """Raises InvalidInput for no frame, and for more than a selection may hold."""
    if count == 0:
        raise InvalidInput("No frame is chosen. Choose at least one.")
    if count > settings.MAX_SELECTION_FRAMES:
        raise InvalidInput(
            f"{count:,} frames are more than a selection may hold "
            f"({settings.MAX_SELECTION_FRAMES:,}). Make several."
        )


def check_tasks(task_ids: Collection[int]) -> None:
    """Raises InvalidInput for more tasks than a selection may span."""
    if len(task_ids) > settings.MAX_SCOPE_TASKS:
        raise InvalidInput(
            f"{len(task_ids):,} tasks are more than a selection may span "
            f"({settings.MAX_SCOPE_TASKS:,}). Make several."
        )


def resolve(
    connection: Connection, choices: list[Choice]
) -> tuple[list[Frame], list[SelectedTask]]:
    """The frames as CVAT has them, and their tasks. Raises InvalidInput, CvatError."""
    frames: list[Frame] = []
    tasks: list[SelectedTask] = []
    by_task: dict[int, list[Choice]] = {}
    for choice in choices:
        by_task.setdefault(choice.task_id, []).append(choice)
    check_tasks(by_task)
    with waiting_place(connection):  # one for all tasks: nobody is turned away half-way
        offered = load_each(connection=connection, task_ids=sorted(by_task))
        for task_id, wanted in sorted(by_task.items()):
            catalogs = list(_catalogs(connection, offered[task_id], task_id, wanted))
            tasks.append(task_row(catalogs[0]))
            frames += _frames_of(catalogs, wanted)
    return frames, tasks


def _catalogs(
    connection: Connection,
    offered: FrameCatalog | CvatError,
    task_id: int,
    wanted: list[Choice],
) -> Iterator[FrameCatalog]:
    """The catalogue of the task, if it offers frames, and those of the jobs named for other frames:
    some people may see no more of a task than a ground-truth job or a replica."""
    job_of = {choice.frame: choice.job_id for choice in wanted}
    if isinstance(offered, FrameCatalog):
        yield offered
        for frame in offered.frames:
            job_of.pop(frame.frame, None)
    elif None in job_of.values():
        raise offered
    jobs = sorted({job_id for job_id in job_of.values() if job_id is not None})
    if len(jobs) > MOST_JOBS:
        raise InvalidInput(f"Task {task_id} does not offer frames of {len(jobs):,} of the jobs.")
    for job_id in jobs:
        yield load_catalog(connection=connection, task_id=task_id, job_id=job_id)


def _frames_of(catalogs: list[FrameCatalog], wanted: list[Choice]) -> list[Frame]:
    """The wanted frames of a task, each with the job that was named for it if that job holds it.
    Raises InvalidInput for a frame that no catalogue offers."""
    catalog = catalogs[0]
    known = {frame.frame: frame for each in reversed(catalogs) for frame in each.frames}
    missing = sorted({choice.frame for choice in wanted} - known.keys())
    if missing:
        listed = ", ".join(map(str, missing[:10])) + (" …" if len(missing) > 10 else "")
        raise InvalidInput(
            f"Task {catalog.task_id} offers no frame {listed}: it does not exist, is deleted, "
            "or repeats another picture (honeypot)."
        )
    jobs = {job.id: job for job in catalog.jobs}
    frames = {number: known[number] for number in sorted({choice.frame for choice in wanted})}
    for choice in wanted:
        frame, job = frames[choice.frame], jobs.get(choice.job_id or 0)
        if job is not None and numbering.holds(job, frame):
            frames[choice.frame] = structs.replace(frame, job_id=job.id)
    return list(frames.values())


def task_row(catalog: FrameCatalog) -> SelectedTask:
    """An unsaved row of the task, for a selection whose frames are read now."""
    return SelectedTask(
        task_id=catalog.task_id,
        name=catalog.task_name,
        project_id=catalog.project_id,
        subset=catalog.subset,
        start_frame=catalog.start_frame,
        step=catalog.step,
        video=catalog.video,
        read_at=timezone.now(),
    )
