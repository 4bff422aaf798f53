"""What a new task is made with. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from cvat.writing import NewProject, NewTask, OrderedPicture, TaskData
from publishing.label_sets import LabelSet, LabelsToSend
from publishing.reviewing import in_turn

LONGEST_NAME = 256  # characters; CVAT's limit
MOST_ASSIGNEES = 200
LEAST_REPLICAS, MOST_REPLICAS = 2, 10  # CVAT takes no 1
LAST_FRAME = 10_000_000  # of a video
MOST_JOBS = 5_000  # and replicas, together; CVAT's limit (cvat-api 15.12)
MOST_FRAMES = 20_000  # the paths of all are one request, and all pictures one upload
_LISTS = ("job_assignee_ids", "reviewer_ids", "labels", "label_schema", "task_ids")
# As in the options of an archive.
ORIGINAL, COMPRESSED = "original", "compressed"


@dataclass(frozen=True, slots=True)
class NewTaskOptions:
    """What a person has chosen for a new task, of a selection or of an upload."""

    name: str
    # Where it is made: in this project, or in one of this name that is made for it ("" for none).
    project_id: int | None = None
    new_project: str = ""
    subset: str = ""

    # Outside a project, or in a new one: the names of those labels of the tasks of the selection
    # that it gets, () for all; or labels of its own, in the form in which CVAT takes them.
    labels: tuple[str, ...] = ()
    label_schema: tuple[Mapping[str, Any], ...] = ()
    # Frames of tasks with other labels become a task of their own. Of such a task: the tasks whose
    # frames it gets, () for all.
    per_label_set: bool = False
    task_ids: tuple[int, ...] = ()

    quality: str = ORIGINAL  # of the files that the new task is made of
    image_quality: int = 70  # percent, of the JPEGs that CVAT shows in its editor
    deleted_frames: str = ""  # as for GroundTruthOptions
    # The upload whose pictures take the place of those of the frames of their names, and what
    # becomes of frames without one: see publishing.replacing, "" while nobody has decided.
    replacement_upload_id: int | None = None
    unreplaced_frames: str = ""
    with_annotations: bool = False  # what is annotated on the frames is copied too
    # Of a video: each so many-th frame from the first to the last one, None for its end.
    start_frame: int = 0
    stop_frame: int | None = None
    frame_step: int = 1

    frames_per_job: int = 0  # 0 for one job of all frames
    overlap: int = 0  # how many of them the next job has too
    consensus_replicas: int = 0  # 0, or how many people annotate each job, each in a replica of it
    # The ground-truth job: of how many frames (0 for none), drawn at random with this seed. With
    # honeypots each job gets so many copies of these frames, in a random order with its own.
    ground_truth_count: int = 0
    ground_truth_seed: int = 0
    honeypots_per_job: int = 0

    # Users of CVAT. The jobs get theirs in turn, the last user all jobs that remain; the reviewers
    # get completed jobs in the same way, when somebody hands these over.
    assignee_id: int | None = None  # of the task
    job_assignee_ids: tuple[int, ...] = ()
    reviewer_ids: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        values = asdict(self)
        return values | {name: list(values[name]) for name in _LISTS}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> NewTaskOptions:
        return cls(**data | {name: tuple(data.get(name, ())) for name in _LISTS})

    @property
    def assignee_ids(self) -> tuple[int, ...]:
        """Everybody who gets something."""
        task = () if self.assignee_id is None else (self.assignee_id,)
        return (*task, *self.job_assignee_ids, *self.reviewer_ids)

    def assignee_of_job(self, number: int) -> int:
        """Who gets the job with this number, from 0. Needs `job_assignee_ids`."""
        return in_turn(self.job_assignee_ids, number)

    def part(self, number: int, count: int, *, of: LabelSet) -> NewTaskOptions:
        """Those of one of `count` tasks, numbered from 1, for the frames of a label set."""
        suffix = f" ({number} of {count})"
        return replace(
            self,
            name=self.name[: LONGEST_NAME - len(suffix)] + suffix,
            labels=tuple(name for name in self.labels if name in of.names),
            task_ids=of.task_ids,
        )

    def labels_among(self, existing: LabelsToSend) -> tuple[Mapping[str, Any], ...]:
        """The labels of the task outside a project, given those of the tasks that it is from."""
        if self.label_schema:
            return self.label_schema
        return tuple(each for each in existing if not self.labels or each["name"] in self.labels)

    def project(self, *, marker: str, labels: LabelsToSend, organization: str) -> NewProject:
        """The project to make. `labels` are those of the tasks that the task is from."""
        return NewProject(
            self.new_project,
            marker,
            labels=self.labels_among(labels),
            organization=organization,
        )

    def task(
        self,
        *,
        marker: str,
        labels: LabelsToSend,
        organization: str,
        project_id: int | None = None,
        is_video: bool = False,
    ) -> NewTask:
        """The task without its pictures, or its video. `labels` are those of the tasks that it is
        from, `project_id` is the project that was made for it."""
        project_id = project_id or self.project_id
        is_cut_by_size = is_video or self.overlap or self.honeypots_per_job
        return NewTask(
            self.name,
            marker,
            labels=() if project_id else self.labels_among(labels),
            project_id=project_id,
            organization=organization,
            subset=self.subset,
            assignee_id=self.assignee_id,
            consensus_replicas=self.consensus_replicas,
            segment_size=self.frames_per_job if is_cut_by_size else 0,
            # Left out, the jobs of a video share five frames.
            overlap=self.overlap if is_video else self.overlap or None,
        )

    def data(
        self, pictures: Sequence[OrderedPicture], *, ground_truth: Sequence[str] = ()
    ) -> TaskData:
        """The frames and jobs that CVAT is to make of these pictures, in this order (cvat-api 15.5
        and 15.9). `ground_truth` are the paths of those of which honeypots are made."""
        if self.honeypots_per_job:
            return TaskData(
                image_quality=self.image_quality,
                ground_truth=tuple(ground_truth),
                honeypots_per_job=self.honeypots_per_job,
            )
        if self.overlap:
            return TaskData(image_quality=self.image_quality, order=tuple(pictures))
        size = self.frames_per_job or len(pictures)
        paths = [picture.path for picture in pictures]
        starts = range(0, len(paths), size)
        jobs = tuple(tuple(paths[start : start + size]) for start in starts)
        return TaskData(jobs, image_quality=self.image_quality)

    def data_of_video(self) -> TaskData:
        """The frames that CVAT is to take of a video (cvat-api 15.11)."""
        return TaskData(
            image_quality=self.image_quality,
            start_frame=self.start_frame,
            stop_frame=self.stop_frame,
            frame_step=self.frame_step,
        )

    def jobs_of(self, frames_count: int) -> int:
        """How many jobs there will be, without replicas."""
        size = self.frames_per_job or max(frames_count, 1)
        if self.honeypots_per_job:
            frames_count -= self.ground_truth_count
        return max(1, -(-(frames_count - self.overlap) // (size - self.overlap)))
