"""Makes and changes objects in CVAT: one method for each change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cvat import frames as frame_numbers
from cvat import reading
from cvat.bodies import META as ANNOTATIONS
from cvat.client import PAGE_SIZE, CvatClient
from cvat.exceptions import CvatNotFound, CvatRefused, Reason
from cvat.http import Call, Params
from cvat.types import Job, Project, Task
from cvat.writing import issues, labels, refusals, uploading
from cvat.writing.objects import KINDS, Objects, comparable, missing, split
from cvat.writing.sending import Sender
from cvat.writing.uploading import PictureFile, ignore
from cvat.writing.values import NewProject, NewTask, RequestState, TaskData

MOST_LABELS = 10_000  # of a task or project
UNCHANGED: Any = object()  # the default of a field that shall stay as it is


class CvatWriter:
    """Changes in CVAT, with a client whose credential may write. Safe for threads.

    Every method raises CvatError; a refusal is a CvatRefused, whose text says what to do. Methods
    named `ensure_` look first whether it is done already, and again after a lost answer: they can
    be repeated at any time, by another process too. The others send one request once.
    """

    def __init__(self, client: CvatClient) -> None:
        self._client = client
        self._sender = Sender(client)

    def check_permission(self) -> None:
        """CvatRefused if the credential is a read-only access token, CvatUnauthorized if CVAT does
        not accept it."""
        self._client.whoami()
        if self._sender.is_read_only():
            raise CvatRefused(refusals.READ_ONLY, Reason.NOT_PERMITTED)

    # Ground-truth jobs

    def create_ground_truth_job(
        self, task_id: int, frames: Sequence[int], *, assignee_id: int | None = None
    ) -> Job:
        """A new ground-truth job of these task frames (cvat-api 13.1)."""
        return self._create_ground_truth_job(self._client.task(task_id), frames, assignee_id)

    def ensure_ground_truth_job(
        self, task_id: int, frames: Sequence[int], *, assignee_id: int | None = None
    ) -> Job:
        """The ground-truth job of exactly these task frames, made if the task has none.
        CvatRefused with GROUND_TRUTH_EXISTS if it has one of other frames."""
        task = self._client.task(task_id)

        def find() -> Job | None:
            return self._find_ground_truth(task_id, frames)

        def create() -> Job:
            try:
                return self._create_ground_truth_job(task, frames, assignee_id)
            except CvatRefused as error:
                # By an earlier request, which CVAT has carried out after its answer was given up.
                if error.reason is Reason.GROUND_TRUTH_EXISTS and (job := find()):
                    return job
                raise

        return self._sender.ensure(find, create)

    def ground_truth_jobs(self, task_id: int) -> list[Job]:
        """The ground-truth jobs of a task: one or none."""
        return [job for job in self._client.jobs(task_id) if job.type == "ground_truth"]

    def ensure_job_deleted(self, job_id: int) -> None:
        """Delete a ground-truth job with its annotations, if it is there (cvat-api 13.2)."""
        self._ensure_deleted(f"/api/jobs/{job_id}", f"job {job_id}")

    def _create_ground_truth_job(
        self, task: Task, frames: Sequence[int], assignee_id: int | None
    ) -> Job:
        body: dict[str, Any] = {
            "type": "ground_truth",
            "task_id": task.id,
            "frame_selection_method": "manual",
            "frames": list(frames),
        }
        if assignee_id is not None:
            body["assignee"] = assignee_id
        call = Call(
            "POST",
            "/api/jobs",
            f"the ground truth of task {task.id}",
            _in_organization(task),
            body=body,
        )
        answer = self._sender.send(
            call, is_personal=None if assignee_id is None else lambda: not _in_organization(task)
        )
        return reading.job(answer.data)

    def _find_ground_truth(self, task_id: int, frames: Sequence[int]) -> Job | None:
        for job in self.ground_truth_jobs(task_id):
            meta = self._client.job_meta(job.id)
            if meta.included_sources is not None:
                held = frame_numbers.included_frames(meta)
                if sorted(held) == sorted(frames):
                    return job
            raise refusals.ground_truth_exists(is_list=meta.included_sources is not None)
        return None

    # Tasks

    def create_task(self, task: NewTask) -> int:
        """The id of a new task without pictures (cvat-api 15.1)."""
        query = self.query_of_task(task)
        call = Call("POST", "/api/tasks", f"task “{task.name}”", query, body=task.to_json())
        answer = self._sender.send(
            call, is_personal=None if task.assignee_id is None else lambda: not query
        )
        return reading.identifier(answer.data)

    def ensure_project(self, project: NewProject) -> int:
        """The id of the project with the name and the marker of this one, made if there is none."""
        query: dict[str, Any] = {"org": project.organization} if project.organization else {}
        subject = f"project “{project.name}”"
        call = Call("POST", "/api/projects", subject, query, body=project.to_json())
        return self._sender.ensure(
            lambda: self._find_project(project),
            lambda: reading.identifier(self._sender.send(call).data),
        )

    def _find_project(self, project: NewProject) -> int | None:
        # The newest are enough, because the marker is looked for soon after the project was made.
        params: Params = {"name": project.name, "page_size": PAGE_SIZE, "sort": "-id"}
        answer = self._client.http.get("/api/projects", params=params, subject="projects")
        listed = reading.page(answer, _project_and_link).results
        numbers = [each.id for each, link in listed if link == project.marker]
        return min(numbers, default=None)

    def query_of_task(self, task: NewTask) -> dict[str, Any]:
        """The query of the request for a new task, which names its organization."""
        if task.project_id is not None:
            return _in_organization(self._client.project(task.project_id))
        return {"org": task.organization} if task.organization else {}

    def ensure_task(self, task: NewTask) -> int:
        """The id of the task with the marker of this one, made if there is none."""
        return self._sender.ensure(
            lambda: self.find_task(task.marker), lambda: self.create_task(task)
        )

    def find_task(self, marker: str) -> int | None:
        """The id of the task with this marker: of several one with pictures, else the oldest."""
        tasks = sorted(self._marked(marker), key=lambda task: (task.size == 0, task.id))
        return tasks[0].id if tasks else None

    def delete_doubles(self, marker: str, *, keep: int) -> None:
        """Delete the tasks without pictures that have the marker, but for one. There are some only
        when CVAT has carried out a request long after it gave up on its answer."""
        for task in self._marked(marker):
            if task.id != keep and task.size == 0:
                self.ensure_task_deleted(task.id)

    def ensure_task_deleted(self, task_id: int) -> None:
        """Delete a task with its pictures and annotations, if it is there."""
        self._ensure_deleted(f"/api/tasks/{task_id}", f"task {task_id}")

    def labels_of_task(self, task_id: int) -> tuple[Mapping[str, Any], ...]:
        """The labels of a task, or of its project, in the form that a new task takes."""
        return self._labels("task", task_id)

    def labels_of_project(self, project_id: int) -> tuple[Mapping[str, Any], ...]:
        """The labels of a project, in the form that a new task takes."""
        return self._labels("project", project_id)

    def _labels(self, holder: str, number: int) -> tuple[Mapping[str, Any], ...]:
        params: Params = {f"{holder}_id": number, "page_size": MOST_LABELS, "sort": "id"}
        subject = f"the labels of {holder} {number}"
        answer = self._client.http.get("/api/labels", params=params, subject=subject)
        return reading.page(answer, labels.to_send).results

    def upload_pictures(
        self,
        task_id: int,
        file: PictureFile,
        data: Callable[[], TaskData],
        *,
        resume: str = "",
        started: Callable[[str], None] = ignore,
        progress: Callable[[int], None] = ignore,
    ) -> str:
        """Upload a ZIP of pictures to a task without any; returns the id of the request in CVAT's
        background that makes the frames and jobs. `data` is asked for once all is uploaded.

        `started` gets the id of the upload, with which (`resume`) a later call goes on where this
        one ended; `progress` the number of bytes that CVAT has. May be repeated at any time: if
        CVAT has all pictures already, nothing is sent. Raises LengthChanged when the upload to
        resume was begun for a file of another length: only a new task helps then.
        """
        return uploading.upload(
            self._sender, task_id, file, data, resume=resume, started=started, progress=progress
        )

    def request_state(self, request_id: str) -> RequestState:
        """The state of a request in CVAT's background (cvat-api 11.1 and 15.8)."""
        return uploading.request_state(self._client, request_id)

    def _marked(self, marker: str) -> list[Task]:
        # A server that does not know the filter lists all tasks: the newest are enough, because
        # the marker is looked for soon after the task was made.
        params: Params = {"tracker_link": marker, "page_size": PAGE_SIZE, "sort": "-id"}
        answer = self._client.http.get("/api/tasks", params=params, subject="the list of tasks")
        return [
            task for task, link in reading.page(answer, _task_and_link).results if link == marker
        ]

    # Jobs

    def update_job(
        self,
        job_id: int,
        *,
        stage: str | None = None,
        state: str | None = None,
        assignee_id: int | None = UNCHANGED,
    ) -> Job:
        """Set the stage, the state and the assignee (None: nobody) of a job. A stage without a
        state sets the state to `new` (cvat-api 13.5). Repeated after a lost answer: to set the
        same values twice changes nothing."""
        body: dict[str, Any] = {}
        if stage is not None:
            body["stage"] = stage
        if state is not None:
            body["state"] = state
        if assignee_id is not UNCHANGED:
            body["assignee"] = assignee_id
        call = Call("PATCH", f"/api/jobs/{job_id}", f"job {job_id}", body=body)
        assigns = body.get("assignee") is not None

        def is_personal() -> bool:
            return not self._organization_of_job(job_id)

        def change() -> Job:
            answer = self._sender.send(call, is_personal=is_personal if assigns else None)
            return reading.job(answer.data)

        return self._sender.ensure(lambda: None, change)

    # Annotations

    def create_annotations(self, job_id: int, objects: Objects) -> int:
        """Add objects, without ids, to a job: all of them or, when CVAT refuses one, none. Returns
        how many there were. Completed jobs take them, too, and keep their state."""
        call = Call(
            "PATCH",
            f"/api/jobs/{job_id}/annotations",
            f"the annotations of job {job_id}",
            {"action": "create"},
            body=objects,
        )
        self._sender.send(call)
        return comparable(objects).total()

    def ensure_annotations(self, job_id: int, objects: Objects, *, before: int) -> int:
        """Add objects to a job that had `before` objects, once: they are looked for among those of
        the job. CvatRefused with CHANGED_MEANWHILE if neither they nor the state before are
        there."""
        wanted = comparable(objects)

        def added() -> int | None:
            present = comparable(self.annotations(job_id))
            if not wanted - present and present.total() >= before + wanted.total():
                return wanted.total()
            if present.total() != before:
                raise refusals.changed_meanwhile(job_id, before=before, present=present.total())
            return None

        return self._sender.ensure(added, lambda: self.create_annotations(job_id, objects))

    def add_missing_annotations(self, job_id: int, objects: Objects, *, at_once: int) -> None:
        """Add those of the objects that the job does not have, whoever made them, `at_once` in a
        request. May be repeated at any time: nothing is added twice."""
        lacking = missing(objects, self.annotations(job_id))
        while count := comparable(lacking).total():
            batch, lacking = split(lacking, at_once)
            self._add_batch(job_id, objects, batch, before=count)

    def _add_batch(self, job_id: int, objects: Objects, batch: Objects, *, before: int) -> None:
        """Add the batch to a job that lacks `before` of the objects."""
        after = before - comparable(batch).total()

        def added() -> bool | None:
            lacking = missing(objects, self.annotations(job_id))
            return True if comparable(lacking).total() <= after else None

        def add() -> bool:
            self.create_annotations(job_id, batch)
            return True

        self._sender.ensure(added, add)

    def ensure_annotations_deleted(self, job_id: int, objects: Objects) -> None:
        """Delete those of these objects, which have their ids, that the job still has."""
        wanted = _ids(objects)
        call = Call(
            "PATCH",
            f"/api/jobs/{job_id}/annotations",
            f"the annotations of job {job_id}",
            {"action": "delete"},
            body=objects,
        )

        def are_gone() -> bool | None:
            return None if wanted & _ids(self.annotations(job_id)) else True

        def delete() -> bool:
            self._sender.send(call)
            return True

        self._sender.ensure(are_gone, delete)

    def annotations(self, job_id: int) -> Objects:
        """What is annotated in a job, as CVAT answers it."""
        path, subject = f"/api/jobs/{job_id}/annotations", f"the annotations of job {job_id}"
        annotations: Objects = self._client.http.get(path, subject=subject, bounds=ANNOTATIONS)
        return annotations

    # Issues

    def open_issue(self, job_id: int, frame: int, position: Sequence[float], message: str) -> int:
        """The id of a new issue at a task frame of a job. `position` is x1, y1, x2, y2 in pixels;
        CVAT holds neither against the job."""
        subject = f"the issues of job {job_id}"
        body = {"job": job_id, "frame": frame, "position": list(position), "message": message}
        query = self._organization_of_job(job_id)
        answer = self._sender.send(Call("POST", "/api/issues", subject, query, body=body))
        return reading.identifier(answer.data)

    def ensure_issue(self, job_id: int, frame: int, position: Sequence[float], message: str) -> int:
        """The id of the issue with this message at this frame of the job, opened if there is
        none."""
        return self._sender.ensure(
            lambda: self._find_issue(job_id, frame, message),
            lambda: self.open_issue(job_id, frame, position, message),
        )

    def texts_of_issues(self, job_id: int) -> Mapping[tuple[int, str], int]:
        """The ids of the issues of a job, open and resolved, by frame and the text of each of
        their comments."""
        query = {"job_id": job_id, **self._organization_of_job(job_id)}
        subject = f"the issues of job {job_id}"
        listed = self._client.all_entries("/api/issues", query, issues.issue, subject)
        frames = {issue.id: issue.frame for issue in listed if issue.job_id == job_id}
        # A server that does not know the filter lists comments of other jobs, too.
        comments = (
            self._client.all_entries("/api/comments", query, issues.comment, subject)
            if frames
            else ()
        )
        return {
            (frames[comment.issue_id], comment.message): comment.issue_id
            for comment in comments
            if comment.issue_id in frames
        }

    def _find_issue(self, job_id: int, frame: int, message: str) -> int | None:
        return self.texts_of_issues(job_id).get((frame, message))

    def _organization_of_job(self, job_id: int) -> dict[str, Any]:
        answer = self._client.http.get(f"/api/jobs/{job_id}", subject=f"job {job_id}")
        number = reading.organization_id(answer)
        return {} if number is None else {"org_id": number}

    def _ensure_deleted(self, path: str, subject: str) -> None:
        def is_gone() -> bool | None:
            try:
                self._client.http.get(path, subject=subject)
            except CvatNotFound:
                return True
            return None

        def delete() -> bool:
            with suppress(CvatNotFound):
                self._sender.send(Call("DELETE", path, subject))
            return True

        self._sender.ensure(is_gone, delete)


def _ids(objects: Objects) -> set[tuple[str, int]]:
    """The list and the id of each object: shapes, tags and tracks count separately."""
    return {(kind, each["id"]) for kind in KINDS for each in objects.get(kind) or ()}


def _in_organization(holder: Task | Project) -> dict[str, Any]:
    """The query of a request for an object of the task or project: without it a maintainer may be
    refused (cvat-api 3.3)."""
    return {} if holder.organization_id is None else {"org_id": holder.organization_id}


def _project_and_link(data: Any) -> tuple[Project, str]:
    return reading.project(data), reading.text(data, "bug_tracker")


def _task_and_link(data: Any) -> tuple[Task, str]:
    return reading.task(data), reading.text(data, "bug_tracker")
