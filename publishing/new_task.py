"""What a new task is made with, and the requests to CVAT that make it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from cvat.writing import NewProject, NewTask, OrderedPicture, TaskData
from publishing.change import Change, frames_in_words
from publishing.label_sets import LabelSet
from publishing.reviewing import in_turn

LONGEST_NAME = 256  # characters; CVAT's limit
MOST_ASSIGNEES = 200
LEAST_REPLICAS, MOST_REPLICAS = 2, 10  # CVAT takes no 1
LAST_FRAME = 10_000_000  # of a video
MOST_FRAMES = 20_000  # the paths of all are one request, and all pictures one upload
_LISTS = ("job_assignee_ids", "reviewer_ids", "labels", "label_schema", "task_ids")
# As in the options of an archive.
ORIGINAL, COMPRESSED = "original", "compressed"
UPLOADED = "the paths of the pictures, in their order"


@dataclass(frozen=True, slots=True)
class NewTaskOptions:
    """`labels` are the names of those of the tasks' labels that the new task gets, () for all;
    `label_schema` are labels to get instead, in the form in which CVAT takes them. In the project
    `project_id` it has the labels of that project. `new_project` is the name of a project to make
    for the task, which gets the labels then.

    `frames_per_job` is 0 for one job of all frames; `overlap` is how many of them the next job has
    too. `consensus_replicas`: 0, or how many people annotate each job, each in a replica of it.
    `job_assignee_ids`: CVAT users who get the jobs in turn, the last one all that remain.
    `reviewer_ids` get them in the same way once they are completed, when somebody hands them over.
    `deleted_frames` as for GroundTruthOptions. The pictures of the upload `replacement_upload_id`
    take the place of those of the frames of their names; `unreplaced_frames` says what becomes of
    frames without one, if there are such. `with_annotations`: what is annotated on the frames
    is copied too. `ground_truth_count`: 0, or of how many frames, drawn at random with
    `ground_truth_seed`, a ground-truth job is made; with `honeypots_per_job`, each job gets so many
    copies of these frames among its own, in a task whose frames are in a random order.
    `per_label_set`: frames of tasks with other labels become a task of their own; `task_ids` are
    the tasks whose frames this one gets then, () for all. Of a video it gets each `frame_step`-th
    frame from `start_frame` to `stop_frame`, or to the end."""

    name: str
    project_id: int | None = None
    subset: str = ""
    frames_per_job: int = 0
    quality: str = ORIGINAL  # of the files that the new task is made of
    image_quality: int = 70  # percent, of the JPEGs that CVAT shows in its editor
    deleted_frames: str = ""
    replacement_upload_id: int | None = None
    unreplaced_frames: str = ""
    with_annotations: bool = False
    assignee_id: int | None = None  # of the task
    job_assignee_ids: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    label_schema: tuple[Mapping[str, Any], ...] = ()
    new_project: str = ""
    consensus_replicas: int = 0
    overlap: int = 0
    ground_truth_count: int = 0
    ground_truth_seed: int = 0
    honeypots_per_job: int = 0
    reviewer_ids: tuple[int, ...] = ()
    per_label_set: bool = False
    task_ids: tuple[int, ...] = ()
    start_frame: int = 0
    stop_frame: int | None = None
    frame_step: int = 1

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

    def labels_among(self, existing: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
        """The labels of the task outside a project, given those of the tasks that it is from."""
        if self.label_schema:
            return self.label_schema
        return tuple(each for each in existing if not self.labels or each["name"] in self.labels)

    def project(
        self, *, marker: str, labels: Sequence[Mapping[str, Any]], organization: str
    ) -> NewProject:
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
        labels: Sequence[Mapping[str, Any]],
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


PROJECT_REQUEST = "POST /api/projects"  # without the query
PROJECT_DELETION = "DELETE /api/projects/"  # without the id


def project_creation(project: NewProject) -> Change:
    query = {"org": project.organization} if project.organization else {}
    text = f"Create the project “{project.name}”"
    return Change("POST", _with_query("/api/projects", query), text, project.to_json())


def project_deletion(project_id: int, name: str) -> Change:
    text = f"Delete the project “{name}”, which has no tasks"
    return Change("DELETE", f"/api/projects/{project_id}", text)


def task_creation(
    task: NewTask, query: Mapping[str, Any], *, new_project: NewProject | None = None
) -> Change:
    """`query` names the organization, see TaskWriter.query_of_task(). `new_project`: the project of
    the task, if that is not made yet."""
    body = task.to_json()
    if new_project is not None:
        body = {**body, "project_id": "<new project>"}
        del body["labels"]
    path = _with_query("/api/tasks", query)
    return Change("POST", path, f"Create the task “{task.name}”", body)


def _with_query(path: str, query: Mapping[str, Any]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def picture_upload(
    task_id: int | None, *, frames_count: int, options: NewTaskOptions, replaced: int = 0
) -> Change:
    """The upload of the pictures, so many of which are `replaced`; without `task_id` to a task that
    is not made yet."""
    jobs = options.jobs_of(frames_count)
    in_jobs = f"{jobs:,} {'job' if jobs == 1 else 'jobs'}{_of_each_job(options)}"
    compressed = "compressed " if options.quality == COMPRESSED else ""
    body: dict[str, Any] = {"image_quality": options.image_quality}
    if options.honeypots_per_job:
        pool = frames_in_words(options.ground_truth_count)
        copies = (
            f"{options.honeypots_per_job} copies" if options.honeypots_per_job > 1 else "a copy"
        )
        in_jobs += f", each with {copies} of the ground truth ({pool}), in a random order"
        body |= {
            "sorting_method": "random",
            "validation_params": {
                "mode": "gt_pool",
                "frame_selection_method": "manual",
                "frames": f"<the paths of {pool}>",
                "frames_per_job_count": options.honeypots_per_job,
            },
        }
    elif options.overlap:
        body |= {"sorting_method": "predefined"}
    else:
        body |= {"job_file_mapping": UPLOADED}
    return Change(
        "POST",
        f"/api/tasks/{'<new task>' if task_id is None else task_id}/data",
        f"Upload {frames_count:,} {compressed}{'picture' if frames_count == 1 else 'pictures'}"
        f"{f', {replaced:,} of them replaced by yours' if replaced else ''}, in {in_jobs}",
        body,
    )


def video_upload(task_id: int | None, *, name: str, options: NewTaskOptions) -> Change:
    """The upload of a video; without `task_id` to a task that is not made yet."""
    jobs = f"jobs of {frames_in_words(options.frames_per_job)}"
    in_jobs = jobs if options.frames_per_job else "one job"
    return Change(
        "POST",
        f"/api/tasks/{'<new task>' if task_id is None else task_id}/data",
        f"Upload the video “{name}”, in {in_jobs}{_of_each_job(options)}",
        options.data_of_video().to_json(),
    )


def _of_each_job(options: NewTaskOptions) -> str:
    text = ""
    if options.consensus_replicas:
        text += f", each with {options.consensus_replicas} replicas"
    if options.overlap:
        text += f", each with {frames_in_words(options.overlap)} of the one before"
    return text


def annotation_copying(task_id: int | None, *, lost_labels: Collection[str] = ()) -> Change:
    """The annotations of the frames; without `task_id` of a task that is not made yet.
    `lost_labels`: those that the new task will not have."""
    text = "Write the annotations of the frames into the jobs"
    if lost_labels:
        names = ", ".join(f"“{name}”" for name in sorted(lost_labels))
        text += f", without objects of these labels, which the task does not have: {names}"
    return Change("PATCH", f"{_each_job(task_id)}/annotations?action=create", text)


def job_assignment(task_id: int | None, *, assignees: int) -> Change:
    """The jobs given to so many people; without `task_id` of a task that is not made yet."""
    people = "one person" if assignees == 1 else f"{assignees:,} people in turn"
    return Change("PATCH", _each_job(task_id), f"Assign the jobs to {people}")


def ground_truth_creation(task_id: int | None, *, frames_count: int) -> Change:
    """The ground-truth job; without `task_id` of a task that is not made yet."""
    frames = frames_in_words(frames_count)
    return Change(
        "POST",
        "/api/jobs",
        f"Create a ground-truth job of {frames}, drawn at random",
        {
            "type": "ground_truth",
            "task_id": "<new task>" if task_id is None else task_id,
            "frame_selection_method": "manual",
            "frames": f"<{frames}>",
        },
    )


def _each_job(task_id: int | None) -> str:
    return f"/api/jobs/<each job of {'the new task' if task_id is None else f'task {task_id}'}>"


def task_deletion(task_id: int) -> Change:
    return Change(
        "DELETE", f"/api/tasks/{task_id}", f"Delete task {task_id}, which has no pictures"
    )
