"""A CVAT of one task, made up in memory, and the catalogue that is read from it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cvat import catalog, reading
from cvat.exceptions import CvatError, CvatForbidden
from cvat.types import FrameCatalog, Job, Meta, Task


@dataclass
class FakeCvat:
    """Answers of one task with `size` frames, to a user who is shown `all_jobs`; CVAT counts
    `hidden_jobs` more. `task_closed` is the task to somebody who may only see the jobs."""

    size: int
    all_jobs: list[Job]
    task_closed: bool = False
    mode: str = "annotation"
    validation_mode: str | None = None
    deleted: frozenset[int] = frozenset()
    honeypots: frozenset[int] = frozenset()
    layout_error: CvatError | None = None
    short_meta: int | None = None
    included: dict[int, tuple[int, ...]] = field(default_factory=dict)
    step: int = 1
    start: int = 0
    hidden_jobs: int = 0
    names: dict[int, str] = field(default_factory=dict)
    layouts_asked: list[int] = field(default_factory=list)

    def task(self, task_id: int) -> Task:
        if self.task_closed:
            raise CvatForbidden("no", status=403)
        data = {
            "id": task_id,
            "name": "t",
            "size": self.size,
            "mode": self.mode,
            "validation_mode": self.validation_mode,
            "jobs": {"count": len(self.all_jobs) + self.hidden_jobs},
            "updated_date": "2026-11-01",
        }
        return reading.task(data)

    def job(self, job_id: int) -> Job:
        return next(job for job in self.all_jobs if job.id == job_id)

    def jobs(self, task_id: int) -> list[Job]:
        return self.all_jobs

    def task_meta(self, task_id: int) -> Meta:
        return self._meta(range(self.size))

    def job_meta(self, job_id: int) -> Meta:
        job = self.job(job_id)
        return self._meta(range(job.start_frame, job.stop_frame + 1), self.included.get(job_id))

    def task_honeypots(self, task_id: int) -> frozenset[int]:
        return self.honeypots

    def job_honeypots(self, job_id: int) -> frozenset[int]:
        self.layouts_asked.append(job_id)
        if self.layout_error is not None:
            raise self.layout_error
        job = self.job(job_id)
        return frozenset(n for n in self.honeypots if job.start_frame <= n <= job.stop_frame)

    def creation_status(self, task_id: int) -> str:
        return ""

    def _meta(self, numbers: range, included: tuple[int, ...] | None = None) -> Meta:
        names: Iterable[int] = numbers[: self.short_meta]
        data = {
            "size": len(numbers),
            "frames": [
                {"name": self.names.get(n, f"{n}.jpg"), "width": 2, "height": 1} for n in names
            ],
            "deleted_frames": sorted(self.deleted & set(numbers)),
            "included_frames": None if included is None else list(included),
            "start_frame": self.start + numbers.start * self.step,
            "frame_filter": f"step={self.step}",
        }
        if self.mode == "interpolation":
            data["frames"] = [{"name": "v.mp4", "width": 8, "height": 4}]
        return reading.meta(json.dumps(data).encode())


def job(job_id: int, start: int, stop: int, kind: str = "annotation", **values: Any) -> Job:
    data = {
        "id": job_id,
        "task_id": 7,
        "start_frame": start,
        "stop_frame": stop,
        "type": kind,
        "mode": "annotation",
        **values,
    }
    return reading.job(data)


def read(cvat: FakeCvat, job_id: int | None = None) -> FrameCatalog:
    return catalog.read(cvat, task_id=7, job_id=job_id)


def owners(found: FrameCatalog) -> dict[int, int]:
    assert [f.frame for f in found.frames] == sorted({f.frame for f in found.frames})
    return {frame.frame: frame.job_id for frame in found.frames}
