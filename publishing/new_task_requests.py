"""The requests to CVAT that make a new task, and those that take it away again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from cvat.writing import NewProject, NewTask
from publishing.change import Change, frames_in_words
from publishing.new_task import COMPRESSED, NewTaskOptions

UPLOADED = "the paths of the pictures, in their order"
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


def annotation_creation(task_id: int | None, *, lost_labels: Collection[str] = ()) -> Change:
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
