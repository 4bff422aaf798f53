"""The users, projects, tasks and jobs of the stand-in, and methods that add them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from standin import building
from standin.building import JobSettings, TaskSpec
from standin.cache import BoundedCache
from standin.chunks import ChunkBuilder
from standin.model import AccessToken, Issue, Job, Label, Organization, Project, Task, User, stamp
from standin.uploads import Uploads

FIRST_OBJECT = 1_000_000  # above the ids of objects that a world is built with


class World:
    """Users, organisations, projects, tasks and jobs by id.

    Fresh worlds built alike are alike, but for credentials. Nothing is stored for a frame
    before its first request, so a task of 100,000 frames costs nothing.
    """

    def __init__(self) -> None:
        self.users: dict[int, User] = {}
        self.organizations: dict[int, Organization] = {}
        self.projects: dict[int, Project] = {}
        self.tasks: dict[int, Task] = {}
        self.jobs: dict[int, Job] = {}
        self.issues: dict[int, Issue] = {}
        self.login_tokens: dict[str, User] = {}
        self.sessions: dict[str, User] = {}
        self.access_tokens: dict[int, AccessToken] = {}
        self.lock = threading.RLock()
        self.chunks = ChunkBuilder()
        self.meta_cache = BoundedCache[bytes](64 << 20, len)
        self.uploads = Uploads()
        # Ids of what was deleted are not given again.
        self._last_task = self._last_job = self._last_label = 0
        self._object_ids = count(FIRST_OBJECT)
        # As servers before cvat#9690: the meta of a job lists the deleted frames of its task.
        self.lists_all_deleted = False

    # -- people -------------------------------------------------------------------------------

    def add_user(self, username: str, password: str = "", **values: Any) -> User:
        """`values` are fields of `User`; the password defaults to `<username>-password`."""
        number = int(values.pop("user_id", max(self.users, default=0) + 1))
        values.setdefault("email", f"{username}@example.com")
        values.setdefault("last_login", stamp(0))
        user = User(number, username, password or f"{username}-password", **values)
        self.users[number] = user
        return user

    def user(self, who: User | str | None) -> User | None:
        """The user of that name. Raises KeyError for an unknown name."""
        if who is None or isinstance(who, User):
            return who
        for user in self.users.values():
            if user.username == who:
                return user
        raise KeyError(who)

    def login_token(self, user: User | str) -> str:
        """The legacy key of a user, created when there is none (cvat-api 1.4)."""
        owner = self.user(user)
        assert owner is not None
        with self.lock:
            for key, holder in self.login_tokens.items():
                if holder is owner:
                    return key
            key = secrets.token_hex(20)
            self.login_tokens[key] = owner
            return key

    def drop_login_token(self, user: User) -> None:
        with self.lock:
            others = {key: who for key, who in self.login_tokens.items() if who is not user}
            self.login_tokens = others

    def access_token(
        self,
        user: User | str,
        name: str = "token",
        *,
        read_only: bool = True,
        expiry_date: datetime | None = None,
    ) -> AccessToken:
        """A new personal access token; its secret is `.value`."""
        owner = self.user(user)
        assert owner is not None
        now = datetime.now(UTC)
        value = f"{secrets.token_hex(4)}.{secrets.token_hex(16)}"
        with self.lock:
            number = max(self.access_tokens, default=0) + 1
            token = AccessToken(number, value, owner, name, read_only, expiry_date, now, now)
            self.access_tokens[number] = token
        return token

    def add_organization(
        self, slug: str, owner: User | str, members: Mapping[str, str] | None = None, name: str = ""
    ) -> Organization:
        """`members` maps usernames to `maintainer`, `supervisor` or `worker`."""
        holder = self.user(owner)
        assert holder is not None
        number = max(self.organizations, default=0) + 1
        organization = Organization(number, slug, name or slug.title(), holder)
        for username, role in (members or {}).items():
            member = self.user(username)
            assert member is not None
            organization.members[member.id] = role
        self.organizations[number] = organization
        return organization

    # -- projects and tasks -------------------------------------------------------------------

    def add_project(
        self,
        name: str,
        owner: User | str | None = None,
        *,
        project_id: int | None = None,
        assignee: User | str | None = None,
        organization: Organization | None = None,
        labels: Sequence[str | Mapping[str, Any]] = ("car", "person"),
    ) -> Project:
        number = project_id or max(self.projects, default=0) + 1
        project = Project(number, name, self.user(owner), self.user(assignee), organization)
        project.labels = self._labels(labels)
        project.created_date = project.updated_date = stamp(number * 10)
        self.projects[number] = project
        return project

    def add_task(self, name: str, **options: Any) -> Task:
        """Options are the fields of `standin.building.TaskSpec`."""
        spec = TaskSpec(name, **options)
        number = spec.task_id or max(self._last_task, *self.tasks, 0) + 1
        if number in self.tasks:
            raise ValueError(f"there is a task {number} already")
        task = Task(number, name, self.user(spec.owner), self.user(spec.assignee), spec.project)
        task.organization = spec.organization
        if spec.project is not None:
            task.organization = spec.project.organization
        task.readiness, task.dimension, task.subset = spec.readiness, spec.dimension, spec.subset
        task.media = spec.media()
        task.image_quality, task.use_zip_chunks = spec.image_quality, spec.use_zip_chunks
        task.consensus_replicas, task.data_id = spec.consensus_replicas, number
        task.created_date = task.updated_date = stamp(number * 100)
        task.chunks_updated_date = stamp(number * 100 + 1)
        if spec.project is None:
            task.labels = self._labels(spec.labels)
        building.fill(task, spec)
        task.deleted = sorted(spec.deleted)
        self.tasks[number] = task
        self._last_task = max(self._last_task, number)
        if task.dimension == "multiview":
            task.order, task.chunk_size, task.overlap = range(0), None, None
            self._add_job(task, range(task.size), spec.first_job_id)
        elif task.media is not None:
            self._add_jobs(task, spec)
        return task

    def receive(self, task: Task, spec: TaskSpec) -> None:
        """Give a task without data its data and its jobs."""
        with self.lock:
            task.media = spec.media()
            task.chunks_updated_date = datetime.now(UTC)
            building.fill(task, spec)
            self._add_jobs(task, spec)
            task.readiness = "ready"
            self.touch(task)

    def _labels(self, names: Sequence[str | Mapping[str, Any]]) -> list[Label]:
        labels = building.default_labels(names, self._last_label + 1)
        for label in labels:
            inside = [part.id for part in label.sublabels]
            self._last_label = max(self._last_label, label.id, *inside)
        return labels

    def _add_jobs(self, task: Task, spec: TaskSpec) -> None:
        if spec.honeypots is None:
            ranges = building.annotation_segments(task, spec)
        else:
            ranges = building.honeypot_segments(task, spec, *spec.honeypots)
        next_id = spec.first_job_id
        for place, frames in enumerate(ranges):
            job = self._add_job(task, frames, next_id)
            next_id = job.id + 1
            self._settle(job, spec.jobs.get(place))
            if spec.honeypots is not None and place == len(ranges) - 1:
                job.type = "ground_truth"
            elif spec.consensus_replicas:
                replicas = building.with_replicas(job, spec.consensus_replicas, next_id)
                for replica in replicas:
                    self._register(replica)
                next_id = replicas[-1].id + 1
        if spec.ground_truth is not None:
            self.add_ground_truth(task, spec.ground_truth, spec.ground_truth_job_id or next_id)

    def _add_job(self, task: Task, frames: range, job_id: int | None) -> Job:
        number = job_id or max(self._last_job, *self.jobs, 0) + 1
        moment = stamp(task.id * 100 + len(task.jobs) / 60)
        job = Job(number, task, frames.start, frames.stop - 1)
        job.created_date = job.updated_date = moment
        return self._register(job)

    def _register(self, job: Job) -> Job:
        job.task.jobs.append(job)
        self.jobs[job.id] = job
        self._last_job = max(self._last_job, job.id)
        return job

    def _settle(self, job: Job, settings: JobSettings | Mapping[str, Any] | None) -> None:
        if settings is None:
            return
        chosen = settings if isinstance(settings, JobSettings) else JobSettings(**settings)
        job.stage, job.state = chosen.stage, chosen.state
        job.assignee = self.user(chosen.assignee)
        if job.assignee is not None:
            job.assignee_updated_date = job.updated_date

    def add_ground_truth(self, task: Task, frames: Sequence[int], job_id: int | None = None) -> Job:
        """A ground-truth job over chosen task frames (cvat-api 13.1)."""
        job = self._add_job(task, range(task.size), job_id)
        job.type, job.included = "ground_truth", sorted(frames)
        task.validation_mode = "gt"
        return job

    def remove_ground_truth(self, job: Job) -> None:
        """Remove a ground-truth job with its annotations; the task is without validation then."""
        with self.lock:
            task = job.task
            task.jobs.remove(job)
            del self.jobs[job.id]
            task.validation_mode, task.disabled = None, []
            task.layout_in_source_numbers = False
            self.chunks.clear()
            self.meta_cache.clear()
            self.touch(task)

    # -- what the server serves ---------------------------------------------------------------

    def filename(self, task_id: int, frame: int) -> str:
        """The name in meta of a task frame; for video that of the file."""
        task = self.tasks[task_id]
        assert task.media is not None
        return task.media.name(task.order[frame])

    def original_bytes(self, task_id: int, frame: int) -> bytes:
        """The body of `type=frame&quality=original` through the task."""
        return self.chunks.frame(self.tasks[task_id], frame, "original").body

    def remove_task(self, task: Task) -> None:
        with self.lock:
            del self.tasks[task.id]
            for job in task.jobs:
                del self.jobs[job.id]
                for issue in job.issues:
                    del self.issues[issue.id]
            self.chunks.clear()
            self.meta_cache.clear()

    def set_deleted(self, task_id: int, frames: Sequence[int]) -> None:
        """Replace the deleted frames of a task."""
        with self.lock:
            task = self.tasks[task_id]
            task.deleted = sorted(frames)
            self.touch(task)

    def redraw_honeypots(self, task_id: int, real: Mapping[int, int]) -> None:
        """Let honeypot frames copy other pool frames; chunks fetched before are stale then."""
        with self.lock:
            task = self.tasks[task_id]
            order = list(task.order)
            for frame, pool_frame in real.items():
                task.honeypots[frame] = pool_frame
                order[frame] = order[pool_frame]
            task.order = order
            task.chunks_updated_date = datetime.now(UTC)
            self.touch(task)

    def new_object_id(self) -> int:
        """The id of a new object in the annotations of a job."""
        return next(self._object_ids)

    def touch(self, task: Task) -> None:
        """After a change: a newer `updated_date`."""
        task.updated_date = datetime.now(UTC)
