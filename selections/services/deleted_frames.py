"""Frames of a selection that were deleted in CVAT after it was saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from cvat import origins
from cvat.types import Job, Place
from portal.exceptions import InvalidInput
from selections.models import Selection
from selections.services.connections import required_connection
from selector.cvat_requests import cached_answer
from selector.job_access import task_jobs
from selector.models import Connection

MOST_TASKS = 20  # each is a few requests to CVAT that a person waits for
FRAMES_LISTED = 100
REMEMBERED_SECONDS = 15
_AT_ONCE = 500  # numbers in one query


@dataclass(frozen=True, slots=True)
class Deletions:
    """`places` are (task id, frame); `frames` are the first of them as {"task_id", "frame",
    "filename"}."""

    places: frozenset[Place]
    frames: list[dict[str, Any]]

    @property
    def count(self) -> int:
        return len(self.places)


def find_deleted(*, user: User, selection: Selection) -> Deletions:
    """The frames that CVAT counts as deleted now, asked through the user's own connection.

    Raises NotConnected, InvalidInput for a selection of very many tasks, CvatError.
    """
    connection = required_connection(user, selection)
    jobs_of: dict[int, list[int]] = {}
    pairs = selection.frames.order_by("task_id", "job_id").values_list("task_id", "job_id")
    for task_id, job_id in pairs.distinct():
        jobs_of.setdefault(task_id, []).append(job_id)
    if len(jobs_of) > MOST_TASKS:
        raise InvalidInput(
            f"Whether frames of {len(jobs_of)} tasks were deleted in CVAT is found when the ZIP is "
            "built."
        )
    frames: list[dict[str, Any]] = []
    for task_id, job_ids in jobs_of.items():
        deleted = _deleted(connection, task_id, job_ids)
        frames += _chosen(selection, task_id, sorted(deleted))
    places = frozenset((frame["task_id"], frame["frame"]) for frame in frames)
    return Deletions(places, frames[:FRAMES_LISTED])


def _deleted(connection: Connection, task_id: int, job_ids: list[int]) -> frozenset[int]:
    jobs = _named(task_jobs(connection, task_id), job_ids)
    return cached_answer(
        connection,
        ("deleted", task_id, *job_ids),
        REMEMBERED_SECONDS,
        lambda client: origins.read(client, task_id, jobs).deleted,
    )


def _named(jobs: Iterable[Job], ids: list[int]) -> list[Job]:
    wanted = set(ids)
    return [job for job in jobs if job.id in wanted]


def _chosen(selection: Selection, task_id: int, numbers: list[int]) -> list[dict[str, Any]]:
    frames = selection.frames.filter(task_id=task_id).order_by("frame")
    hidden = {"filename": ""} if selection.names_hidden else {}
    return [
        row | hidden
        for start in range(0, len(numbers), _AT_ONCE)
        for row in frames.filter(frame__in=numbers[start : start + _AT_ONCE]).values(
            "task_id", "frame", "filename"
        )
    ]
