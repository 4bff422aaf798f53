"""What a new task is made with, and the requests to CVAT that make it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cvat.writing import NewTask, TaskData
from publishing.change import Change

LONGEST_NAME, LONGEST_SUBSET = 256, 64  # characters; CVAT's limits
MOST_FRAMES = 20_000  # the paths of all are one request, and all pictures one upload
UPLOADED = "the paths of the pictures, in their order"


@dataclass(frozen=True, slots=True)
class NewTaskOptions:
    """`frames_per_job` is 0 for one job of all frames. With `project_id` the task has the labels of
    that project, else those of the tasks that the frames are from. `deleted_frames` as for
    GroundTruthOptions. `with_annotations`: what is annotated on the frames is copied too."""

    name: str
    project_id: int | None = None
    subset: str = ""
    frames_per_job: int = 0
    image_quality: int = 70  # percent, of the JPEGs that CVAT shows in its editor
    deleted_frames: str = ""
    with_annotations: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> NewTaskOptions:
        return cls(**data)

    def task(
        self, *, marker: str, labels: Sequence[Mapping[str, Any]], organization: str
    ) -> NewTask:
        """The task without its pictures."""
        return NewTask(
            self.name,
            marker,
            labels=() if self.project_id else tuple(labels),
            project_id=self.project_id,
            organization=organization,
            subset=self.subset,
        )

    def data(self, paths: Sequence[str]) -> TaskData:
        """The frames and jobs that CVAT is to make of the pictures at these paths, in this order
        (cvat-api 15.5)."""
        size = self.frames_per_job or len(paths)
        starts = range(0, len(paths), size)
        jobs = tuple(tuple(paths[start : start + size]) for start in starts)
        return TaskData(jobs, image_quality=self.image_quality)


def creation(task: NewTask) -> Change:
    return Change("POST", "/api/tasks", f"Create the task “{task.name}”", task.to_json())


def upload(task_id: int | None, *, frames_count: int, options: NewTaskOptions) -> Change:
    """The upload of the pictures; without `task_id` to a task that is not made yet."""
    jobs = -(-frames_count // (options.frames_per_job or max(frames_count, 1)))
    in_jobs = f"{jobs:,} {'job' if jobs == 1 else 'jobs'}"
    body = {"image_quality": options.image_quality, "job_file_mapping": UPLOADED}
    return Change(
        "POST",
        f"/api/tasks/{'<new task>' if task_id is None else task_id}/data",
        f"Upload {frames_count:,} {'picture' if frames_count == 1 else 'pictures'}, in {in_jobs}",
        body,
    )


def annotation(task_id: int | None) -> Change:
    """The annotations of the frames; without `task_id` of a task that is not made yet."""
    task = "<new task>" if task_id is None else task_id
    return Change(
        "PATCH",
        f"/api/jobs/<each job of {task}>/annotations?action=create",
        "Write the annotations of the frames into the jobs",
    )


def deletion(task_id: int) -> Change:
    return Change(
        "DELETE", f"/api/tasks/{task_id}", f"Delete task {task_id}, which has no pictures"
    )
