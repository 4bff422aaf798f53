"""The CVAT client: one method for each request of the portal, with typed answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import nullcontext
from types import TracebackType
from typing import BinaryIO, Self, TypedDict, Unpack
from urllib.parse import quote

from cvat import bodies, catalog, errors, reading
from cvat.annotation_json import read_annotations, read_label
from cvat.annotations import JobAnnotations, Labels
from cvat.bodies import MAX_PICTURE
from cvat.exceptions import CvatError, CvatForbidden, CvatNotFound
from cvat.http import AroundAttempt, DownloadOptions, Http, Params
from cvat.lists import all_entries
from cvat.organizations import KnownOrganizations, Listing
from cvat.retries import INTERACTIVE, PATIENT, Retries
from cvat.types import (
    Credential,
    Download,
    FrameCatalog,
    FrameData,
    Job,
    JobDate,
    Meta,
    Organization,
    OwnToken,
    Page,
    Project,
    ProjectJob,
    ShownTask,
    Task,
    User,
    ValidationLayout,
)

TOKENS = "/api/auth/access_tokens"


class TaskCriteria(TypedDict, total=False):
    """Which tasks a list shows: those that meet each criterion that is not empty."""

    search: str
    project_id: int | None
    status: str
    assignee: str  # a user name
    subset: str


class CvatClient:
    """One user's access to one CVAT server. Safe for threads.

    Every method raises CvatError; `str(error)` can be shown. `patient` is for workers: more
    attempts and longer waits than for a page; `retries` sets them one by one. `timeout` is
    (connect, read) in seconds; the read time-out must be above the 50 s that CVAT itself may take
    for a chunk (cvat-api 10.2). `keep_alive`, `seconds` and `around_attempt`: see Http.
    """

    def __init__(
        self,
        *,
        url: str,
        credential: Credential | None,
        organization: str = "",
        verify: bool | str = True,
        timeout: tuple[float, float] = (5, 70),
        patient: bool = False,
        retries: Retries | None = None,
        sleep: Callable[[float], None] = time.sleep,
        keep_alive: bool = False,
        seconds: float = float("inf"),
        around_attempt: AroundAttempt = nullcontext,
    ) -> None:
        self._organization = organization
        self._known_organizations = KnownOrganizations()
        self.retries = retries or (PATIENT if patient else INTERACTIVE)
        self.pause = sleep
        self._http = Http(
            url=url,
            credential=credential,
            verify=verify,
            timeout=timeout,
            retries=self.retries,
            sleep=sleep,
            keep_alive=keep_alive,
            seconds=seconds,
            around_attempt=around_attempt,
        )

    @property
    def http(self) -> Http:
        """The requests themselves, for what writes (cvat.writing)."""
        return self._http

    def close(self) -> None:
        self._http.close()

    def abort(self) -> None:
        """Break off the running requests of all threads, and all later ones."""
        self._http.abort()

    def is_well(self) -> bool:
        """Whether CVAT answers a simple request, made once, without a server error."""
        return self._http.is_well()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # Server and people

    def server_version(self) -> str:
        """The version, such as "2.54.1"; "" if CVAT does not say. Needs no login. CvatBroken if
        something other than CVAT answers."""
        about = self._http.get("/api/server/about", subject="its version")
        if not isinstance(about, dict) or not ("version" in about or "name" in about):
            raise errors.not_cvat(self._http.place)
        return reading.text(about, "version")

    def whoami(self) -> User:
        """The user whom the credential belongs to."""
        return reading.user(self._http.get("/api/users/self", subject="your account"))

    def own_token(self) -> OwnToken:
        """The client's access token. CvatUnauthorized for a login key."""
        return reading.own_token(self._http.get(f"{TOKENS}/self", subject="the access token"))

    def members(self, organization_id: int, *, only_active: bool = True) -> list[User]:
        """The members of an organization, which each of them may list (cvat-api 3.7): those whose
        accounts are active, or all."""
        query: Params = {"org_id": organization_id}
        if only_active:
            query = {**query, "filter": '{"==":[{"var":"is_active"},true]}'}
        return all_entries(
            self._http, "/api/users", query, reading.user, "the members of the organization"
        )

    def organizations(self) -> list[Organization]:
        return all_entries(
            self._http, "/api/organizations", {}, reading.organization, "organizations"
        )

    # Projects, tasks, jobs

    def projects(self, *, search: str = "", limit: int = 100) -> Page[Project]:
        """The newest `limit` projects, and how many there are."""
        params = {"page_size": limit, "sort": "-id", **self._filters(search=search)}
        data = self._http.get("/api/projects", params=params, subject="projects")
        return reading.page(data, reading.project)

    def project(self, project_id: int) -> Project:
        path, subject = f"/api/projects/{project_id}", f"project {project_id}"
        return self._known_organizations.remember(
            "project", project_id, lambda: reading.project(self._http.get(path, subject=subject))
        )

    def tasks(
        self, *, page: int = 1, page_size: int = 50, **criteria: Unpack[TaskCriteria]
    ) -> Page[Task]:
        """A page of the tasks that meet the criteria, newest first. CvatNotFound for a page beyond
        the end."""
        filters = self._filters(**criteria)
        subject = "the list of tasks" if page == 1 else f"page {page} of the tasks"

        def ask(context: Params) -> Page[Task]:
            shown: Params = {"page": page, "page_size": page_size, "sort": "-id"}
            params = {**shown, **filters, **context}
            data = self._http.get("/api/tasks", params=params, subject=subject)
            return reading.page(data, reading.task)

        return self._list_of_tasks(criteria.get("project_id"), ask)

    def all_tasks(self, **criteria: Unpack[TaskCriteria]) -> list[Task]:
        """All tasks that meet the criteria, by id."""
        filters = self._filters(**criteria)

        def ask(context: Params) -> list[Task]:
            query = {**filters, **context}
            return all_entries(self._http, "/api/tasks", query, reading.task, "the list of tasks")

        return self._list_of_tasks(criteria.get("project_id"), ask)

    def task(self, task_id: int) -> Task:
        path, subject = f"/api/tasks/{task_id}", f"task {task_id}"
        return self._known_organizations.remember(
            "task", task_id, lambda: reading.task(self._http.get(path, subject=subject))
        )

    def job(self, job_id: int) -> Job:
        return reading.job(self._http.get(f"/api/jobs/{job_id}", subject=f"job {job_id}"))

    def jobs(self, task_id: int) -> list[Job]:
        """The jobs of a task that one may see, of every type, by id. Empty if there are none."""
        subject = f"the jobs of task {task_id}"

        def ask(context: Params) -> list[Job]:
            query = {"task_id": task_id, **context}
            return all_entries(self._http, "/api/jobs", query, reading.job, subject)

        jobs = self._known_organizations.list_below("task", task_id, self.task, ask)
        return [job for job in jobs if job.task_id == task_id]

    def job_dates(self, task_id: int) -> list[JobDate]:
        """When each job of a task that one may see, of every type, was changed last."""
        subject = f"the jobs of task {task_id}"

        def ask(context: Params) -> list[JobDate]:
            query = {"task_id": task_id, **context}
            return all_entries(self._http, "/api/jobs", query, reading.job_date, subject)

        return self._known_organizations.list_below("task", task_id, self.task, ask)

    def project_tasks(self, project_id: int) -> list[Task]:
        """All tasks of a project that one may see, by id."""
        subject = f"the tasks of project {project_id}"

        def ask(context: Params) -> list[Task]:
            query = {"project_id": project_id, **context}
            return all_entries(self._http, "/api/tasks", query, reading.task, subject)

        tasks = self._known_organizations.list_below("project", project_id, self.project, ask)
        return [task for task in tasks if task.project_id == project_id]

    def project_jobs(self, project_id: int) -> list[Job]:
        """The jobs of all tasks of a project that one may see, of every type, by id."""
        subject = f"the jobs of project {project_id}"

        def ask(context: Params) -> list[ProjectJob]:
            query = {"project_id": project_id, **context}
            return all_entries(self._http, "/api/jobs", query, reading.project_job, subject)

        jobs = self._known_organizations.list_below("project", project_id, self.project, ask)
        return [each.job for each in jobs if each.project_id == project_id]

    def my_jobs(self, *, search: str = "") -> Page[Job]:
        """The newest 50 jobs that one owns or is assigned to, or may see in the organization of the
        connection."""
        return self._newest_jobs(50, self._filters(search=search))

    def assigned_jobs(self, *, username: str, search: str = "", page_size: int = 50) -> Page[Job]:
        """The newest jobs that are assigned to this account, in whatever organization: a list that
        names none has them all (cvat-api 3.1)."""
        words = {"search": search} if search else {}
        return self._newest_jobs(page_size, {"assignee": username, **words})

    def _newest_jobs(self, page_size: int, filters: Params) -> Page[Job]:
        params = {"page_size": page_size, "sort": "-id", **filters}
        data = self._http.get("/api/jobs", params=params, subject="your jobs")
        return reading.page(data, reading.job)

    # Annotations

    def labels(self, *, task_id: int | None = None, job_id: int | None = None) -> Labels:
        """The labels of a task, or of the task of a job. One of the two ids must be given."""
        kind, number = ("task", task_id) if task_id is not None else ("job", job_id)
        if number is None:
            raise ValueError("a task or a job is needed")
        subject = f"the labels of {kind} {number}"
        query = {f"{kind}_id": number}
        return Labels(all_entries(self._http, "/api/labels", query, read_label, subject))

    def labels_through(self, task_id: int, job_id: int) -> Labels:
        """The labels of a task; through one of its jobs where the task is closed to the user."""
        try:
            return self.labels(task_id=task_id)
        except (CvatForbidden, CvatNotFound):
            return self.labels(job_id=job_id)

    def job_annotations(
        self,
        *,
        job_id: int,
        labels: Labels,
        frames: Collection[int] | None = None,
        into: BinaryIO,
    ) -> JobAnnotations:
        """The annotations of a job: the shapes and tags of `frames` (None: of all), and all tracks.
        The answer, which may be large, goes to a seekable file and is read from there."""
        start = into.tell()
        self.save_annotations(job_id=job_id, into=into)
        into.seek(start)
        return read_annotations(into, labels, frames)

    def save_annotations(self, *, job_id: int, into: BinaryIO) -> None:
        """Write CVAT's JSON with the annotations of a job to a seekable file, from its current
        position on."""
        self._http.save_json(
            f"/api/jobs/{job_id}/annotations",
            subject=f"the annotations of job {job_id}",
            into=into,
        )

    def job_updated_date(self, job_id: int) -> str:
        """When a job or its annotations changed last, in CVAT's words."""
        data = self._http.get(f"/api/jobs/{job_id}", subject=f"job {job_id}")
        return reading.text(data, "updated_date")

    # Pictures

    def frame_catalog(self, task_id: int | None = None, job_id: int | None = None) -> FrameCatalog:
        """Every picture of a task, or of one of its jobs, each assigned to the job that serves
        its exact bytes. At least one id must be given. CvatRejected if the job is not of the
        task, CvatNoData if there are no pictures of a kind that can be chosen."""
        return catalog.read(self, task_id=task_id, job_id=job_id)

    def show_task(self, task_id: int, earlier: ShownTask | None = None) -> ShownTask:
        """The task and its jobs, without frames: the first half of frame_catalog(task_id), with
        the same errors. `earlier` is an earlier answer to the same user: if the task has not
        changed since, it is returned without a request for the jobs."""
        return catalog.show_task(self, task_id, earlier)

    def task_catalog(self, shown: ShownTask) -> FrameCatalog:
        """The frames of what show_task returned: the second half of frame_catalog(task_id)."""
        return catalog.of_task(self, shown)

    def task_meta(self, task_id: int) -> Meta:
        """The meta of a task. CvatBroken (500) for a task without data: check its size first."""
        subject = f"the frames of task {task_id}"
        return self._meta(f"/api/tasks/{task_id}/data/meta", subject)

    def job_meta(self, job_id: int) -> Meta:
        """The meta of a job."""
        subject = f"the frames of job {job_id}"
        return self._meta(f"/api/jobs/{job_id}/data/meta", subject)

    def task_honeypots(self, task_id: int) -> frozenset[int]:
        """The task frames of a task that are copies of pool frames (cvat-api 8.2)."""
        return self._honeypots(f"task {task_id}", f"/api/tasks/{task_id}/validation_layout")

    def validation_layout(self, task_id: int) -> ValidationLayout:
        """The ground truth of a task as CVAT has set it up."""
        path = f"/api/tasks/{task_id}/validation_layout"
        data = self._http.get(path, subject=f"the validation layout of task {task_id}")
        return reading.validation_layout(data)

    def job_honeypots(self, job_id: int) -> frozenset[int]:
        """The same for one job; task frames as well."""
        return self._honeypots(f"job {job_id}", f"/api/jobs/{job_id}/validation_layout")

    def creation_status(self, task_id: int) -> str:
        """State of the creation of a task: queued, started, finished or failed; "" once CVAT has
        forgotten the request (cvat-api 11.2)."""
        request_id = quote(f"action=create&target=task&target_id={task_id}", safe="")
        try:
            data = self._http.get(f"/api/requests/{request_id}", subject=f"task {task_id}")
        except CvatError as error:
            if error.status is None or error.status >= 500:
                raise
            return ""
        return reading.text(data, "status")

    def frame(self, *, task_id: int, frame: int, quality: str = "original") -> FrameData:
        """One picture through its task. `quality` is original or compressed (JPEG)."""
        return self._frame(*_holder(task_id, None), frame, quality)

    def job_frame(self, *, job_id: int, frame: int, quality: str = "original") -> FrameData:
        """One picture through its job; `frame` is the task frame. Do not use it with a list-type
        ground-truth job, which serves recompressed pictures (cvat-api 7.4)."""
        return self._frame(*_holder(None, job_id), frame, quality)

    def job_chunk(
        self,
        *,
        job_id: int,
        index: int,
        quality: str = "original",
        into: BinaryIO,
        **options: Unpack[DownloadOptions],
    ) -> Download:
        """Write a chunk (zip or mp4) to a seekable file; CvatBroken if it arrives damaged. It holds
        frames.chunk_frames(job, index), in the order of the member names."""
        return self._http.download(
            f"/api/jobs/{job_id}/data",
            params={"type": "chunk", "index": index, "quality": quality},
            subject=f"chunk {index} of job {job_id}",
            into=into,
            **options,
        )

    def save_frame(
        self,
        *,
        task_id: int | None = None,
        job_id: int | None = None,
        frame: int,
        quality: str = "original",
        into: BinaryIO,
        **options: Unpack[DownloadOptions],
    ) -> Download:
        """Write a picture to a seekable file, because it may not fit in memory; otherwise like
        frame or job_frame. One of the two ids must be given."""
        what, path = _holder(task_id, job_id)
        return self._http.download(
            path,
            params=_frame_params(frame, quality),
            subject=f"frame {frame} of {what}",
            into=into,
            limit=MAX_PICTURE,
            **options,
        )

    def preview(
        self,
        *,
        task_id: int | None = None,
        job_id: int | None = None,
        project_id: int | None = None,
    ) -> FrameData:
        """A JPEG of at most 256x256 pixels. One of the three ids must be given."""
        for kind, number in (("task", task_id), ("job", job_id), ("project", project_id)):
            if number is not None:
                subject = f"the preview of {kind} {number}"
                return self._http.data(f"/api/{kind}s/{number}/preview", subject=subject)
        raise ValueError("a task, a job or a project is needed")

    def _frame(self, what: str, path: str, frame: int, quality: str) -> FrameData:
        params = _frame_params(frame, quality)
        return self._http.data(path, params=params, subject=f"frame {frame} of {what}")

    def _meta(self, path: str, subject: str) -> Meta:
        meta: Meta = self._http.get(path, subject=subject, bounds=bodies.META, decode=reading.meta)
        return meta

    def _honeypots(self, what: str, path: str) -> frozenset[int]:
        data = self._http.get(path, subject=f"the validation layout of {what}")
        return reading.honeypot_frames(data)

    def _list_of_tasks(self, project_id: int | None, ask: Callable[[Params], Listing]) -> Listing:
        """What `ask` returns, in the organization of the project if there is one."""
        if project_id is None:
            return ask({})
        return self._known_organizations.list_below("project", project_id, self.project, ask)

    def _filters(self, *, project_id: int | None = None, **texts: str) -> dict[str, str | int]:
        """Query parameters without the empty ones: an empty `org` would mean the personal space
        alone. The list of a project does not name the connection's organization, because the
        project may lie in another one; organizations.py adds that one."""
        if project_id is None:
            texts["org"] = self._organization
        params: dict[str, str | int] = {name: text for name, text in texts.items() if text}
        if project_id is not None:
            params["project_id"] = project_id
        return params


def _holder(task_id: int | None, job_id: int | None) -> tuple[str, str]:
    """The name ("task 12") and the data path of the task or job that serves frames."""
    if task_id is not None:
        return f"task {task_id}", f"/api/tasks/{task_id}/data"
    return f"job {job_id}", f"/api/jobs/{job_id}/data"


def _frame_params(frame: int, quality: str) -> Params:
    return {"type": "frame", "number": frame, "quality": quality}
