"""What the portal sends to CVAT, and what CVAT says of work in its background."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project to make. The fields are as those of NewTask."""

    name: str
    marker: str
    labels: tuple[Mapping[str, Any], ...] = ()
    organization: str = ""

    def to_json(self) -> dict[str, Any]:
        """The body of the request."""
        return {"name": self.name, "bug_tracker": self.marker, "labels": list(self.labels)}


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to make, without its pictures.

    `marker` is the portal's own id of the task: it is stored as the tracker link of the task, and
    by it the task is found again. `labels` are in CVAT's own form, without ids (labels.py); with
    `project_id` there are none, the task has those of the project. `organization` is a slug, "" for
    the personal space; a task of a project goes where the project is. `segment_size` is for tasks
    without `TaskData.jobs`.
    """

    name: str
    marker: str
    labels: tuple[Mapping[str, Any], ...] = ()
    project_id: int | None = None
    organization: str = ""
    subset: str = ""
    segment_size: int = 0
    overlap: int | None = None
    assignee_id: int | None = None
    consensus_replicas: int = 0  # 0, or 2 and more

    def to_json(self) -> dict[str, Any]:
        """The body of the request."""
        body: dict[str, Any] = {"name": self.name, "bug_tracker": self.marker}
        if self.project_id is None:
            body["labels"] = list(self.labels)
        else:
            body["project_id"] = self.project_id
        optional = {
            "subset": self.subset,
            "segment_size": self.segment_size,
            "assignee_id": self.assignee_id,
            "consensus_replicas": self.consensus_replicas,
        }
        body.update({name: value for name, value in optional.items() if value})
        if self.overlap is not None:
            body["overlap"] = self.overlap
        return body


class OrderedPicture(NamedTuple):
    """A picture of a ZIP, by its path, and its size in pixels."""

    path: str
    width: int
    height: int

    def to_json(self) -> dict[str, Any]:
        """A line of the manifest."""
        name, extension = posixpath.splitext(self.path)
        return {
            "name": name,
            "extension": extension,
            "width": self.width,
            "height": self.height,
            "meta": {"related_images": []},
        }


@dataclass(frozen=True, slots=True)
class TaskData:
    """How CVAT makes frames and jobs of the pictures of a ZIP.

    `jobs` names the files of each job, by their paths in the ZIP: the frames come in this order,
    and files that are not named are left out (cvat-api 15.5). Without `jobs`, the frames are sorted
    by path and cut into jobs by the task's segment size; with `order`, all pictures in their order,
    they come in that order instead (cvat-api 15.9). `ground_truth` names the files of a
    ground-truth job. With `honeypots_per_job` they are the pool of which each job gets so many
    copies, and the frames come in a random order (cvat-api 8.6); without `jobs` and `order` then.
    `start_frame`, `stop_frame` (the last one, None for the end) and `frame_step` say which frames
    of a video the task gets (cvat-api 15.11).
    """

    jobs: tuple[tuple[str, ...], ...] = ()
    image_quality: int = 70
    chunk_size: int | None = None
    ground_truth: tuple[str, ...] = ()
    order: tuple[OrderedPicture, ...] = ()
    honeypots_per_job: int = 0
    start_frame: int = 0
    stop_frame: int | None = None
    frame_step: int = 1

    @property
    def manifest(self) -> bytes:
        """The file beside the ZIP that says the order; b"" if it is not needed."""
        if not self.order:
            return b""
        lines = [{"version": "1.1"}, {"type": "images"}, *map(OrderedPicture.to_json, self.order)]
        return "".join(f"{json.dumps(line)}\n" for line in lines).encode()

    def to_json(self) -> dict[str, Any]:
        """The body of the request that ends an upload."""
        body: dict[str, Any] = {"image_quality": self.image_quality}
        if self.jobs:
            body["job_file_mapping"] = [list(names) for names in self.jobs]
        if self.order:
            body["sorting_method"] = "predefined"
        if self.start_frame:
            body["start_frame"] = self.start_frame
        if self.stop_frame is not None:
            body["stop_frame"] = self.stop_frame
        if self.frame_step > 1:
            body["frame_filter"] = f"step={self.frame_step}"
        if self.chunk_size is not None:
            body["chunk_size"] = self.chunk_size
        if self.ground_truth:
            body["validation_params"] = {
                "mode": "gt",
                "frame_selection_method": "manual",
                "frames": list(self.ground_truth),
            }
        if self.honeypots_per_job:
            body["sorting_method"] = "random"
            body["validation_params"] |= {
                "mode": "gt_pool",
                "frames_per_job_count": self.honeypots_per_job,
            }
        return body


@dataclass(frozen=True, slots=True)
class RequestState:
    """Work in the background of CVAT. `status` is queued, started, finished or failed; forgotten
    when CVAT knows the request no more or not yet: look at the object itself. `message` is a
    sentence, of a failed request why it failed."""

    status: str
    message: str = ""
    progress: float = 0.0  # stays 0 in CVAT 2.54

    @property
    def is_over(self) -> bool:
        return self.status not in ("queued", "started")
