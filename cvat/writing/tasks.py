"""Tasks made in CVAT, with their projects and pictures, and deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cvat import reading
from cvat.exceptions import CvatNotFound
from cvat.http import Call, Params
from cvat.lists import PAGE_SIZE, all_entries
from cvat.types import Project, Task
from cvat.writing import labels, uploading
from cvat.writing.uploading import PictureFile, ignore
from cvat.writing.values import NewProject, NewTask, RequestState, TaskData
from cvat.writing.writer import Writer, in_organization


class TaskWriter(Writer):
    """Makes and deletes tasks."""

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
            lambda: min(self.find_projects(project), default=None),
            lambda: reading.identifier(self._sender.send(call).data),
        )

    def find_projects(self, project: NewProject) -> list[int]:
        """The ids of the projects with the name and the marker of this one. There are several only
        when CVAT has carried out a request long after it gave up on its answer."""
        # The newest are enough, because the marker is looked for soon after the project was made.
        params: Params = {"name": project.name, "page_size": PAGE_SIZE, "sort": "-id"}
        answer = self._client.http.get("/api/projects", params=params, subject="projects")
        listed = reading.page(answer, _project_and_link).results
        return [each.id for each, link in listed if link == project.marker]

    def ensure_empty_project_deleted(self, project_id: int) -> bool:
        """Delete a project without tasks, if it is there. False for one that has tasks, or of which
        CVAT does not say that it has none: they would be deleted with it."""
        path, subject = f"/api/projects/{project_id}", f"project {project_id}"
        try:
            answer = self._client.http.get(path, subject=subject)
        except CvatNotFound:
            return True
        if reading.tasks_count(answer) != 0:
            return False
        self._ensure_deleted(path, subject)
        return True

    def query_of_task(self, task: NewTask) -> dict[str, Any]:
        """The query of the request for a new task, which names its organization."""
        if task.project_id is not None:
            return in_organization(self._client.project(task.project_id))
        return {"org": task.organization} if task.organization else {}

    def ensure_task(self, task: NewTask, *, is_first: bool = False) -> int:
        """The id of the task with the marker of this one, made if there is none. `is_first`: it
        was never asked for before."""
        return self._sender.ensure(
            lambda: self.find_task(task.marker),
            lambda: self.create_task(task),
            is_first=is_first,
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
        params: Params = {f"{holder}_id": number}
        subject = f"the labels of {holder} {number}"
        listed = all_entries(self._client.http, "/api/labels", params, _answered_label, subject)
        return tuple(labels.to_send(label.answer) for label in listed)

    def upload_pictures(
        self,
        task_id: int,
        file: PictureFile,
        data: Callable[[], TaskData],
        *,
        name: str = uploading.ZIP_NAME,
        resume: str = "",
        is_first: bool = False,
        started: Callable[[str], None] = ignore,
        progress: Callable[[int], None] = ignore,
    ) -> str:
        """Upload a ZIP of pictures to a task without any; returns the id of the request in CVAT's
        background that makes the frames and jobs. `data` is asked for once all is uploaded. With
        the `name` of a video, without folders, the file is that video.

        `started` gets the id of the upload, with which (`resume`) a later call goes on where this
        one ended; `progress` the number of bytes that CVAT has. May be repeated at any time: if
        CVAT has all pictures already, nothing is sent. Raises LengthChanged when the upload to
        resume was begun for a file of another length: only a new task helps then. `is_first`: no
        picture was ever sent to the task, so that CVAT need not be asked whether it has them.
        """
        return uploading.upload(
            self._sender,
            task_id,
            file,
            data,
            name=name,
            resume=resume,
            is_first=is_first,
            started=started,
            progress=progress,
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


class _AnsweredLabel(NamedTuple):
    id: int
    answer: Mapping[str, Any]


def _answered_label(data: Any) -> _AnsweredLabel:
    return _AnsweredLabel(reading.identifier(data), data)


def _project_and_link(data: Any) -> tuple[Project, str]:
    return reading.project(data), reading.text(data, "bug_tracker")


def _task_and_link(data: Any) -> tuple[Task, str]:
    return reading.task(data), reading.text(data, "bug_tracker")
