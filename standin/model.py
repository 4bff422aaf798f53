"""The records of the stand-in: users, access tokens, organizations, projects, tasks, jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from standin.media import Media

Readiness = Literal["ready", "empty", "creating", "failed"]
JobType = Literal["annotation", "ground_truth", "consensus_replica"]

EPOCH = datetime(2026, 11, 1, 8, 0, 0, 123456, tzinfo=UTC)


def stamp(minutes: float) -> datetime:
    """A fixed date in the past, so that fresh worlds are equal."""
    return EPOCH + timedelta(minutes=minutes)


def iso(moment: datetime | None) -> str | None:
    """A date as CVAT writes it: microseconds unless they are zero, and Z."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


@dataclass(eq=False)
class User:
    id: int
    username: str
    password: str
    email: str
    first_name: str = ""
    last_name: str = ""
    is_staff: bool = False
    is_superuser: bool = False
    is_active: bool = True
    groups: list[str] = field(default_factory=lambda: ["user"])
    last_login: datetime | None = None
    date_joined: datetime = EPOCH

    @property
    def is_admin(self) -> bool:
        return self.is_superuser or "admin" in self.groups


@dataclass(eq=False)
class AccessToken:
    id: int
    value: str
    owner: User
    name: str
    read_only: bool
    expiry_date: datetime | None
    created_date: datetime
    updated_date: datetime
    last_used_date: datetime | None = None
    revoked: bool = False

    def usable(self, now: datetime) -> bool:
        """Not revoked, not expired, used within 180 days (cvat-api 1.5 and 1.8)."""
        if self.revoked or (self.expiry_date is not None and self.expiry_date <= now):
            return False
        return now - (self.last_used_date or self.created_date) < timedelta(days=180)


@dataclass(eq=False)
class Organization:
    id: int
    slug: str
    name: str
    owner: User
    description: str = ""
    members: dict[int, str] = field(default_factory=dict)
    created_date: datetime = EPOCH
    updated_date: datetime = EPOCH

    def role(self, user: User) -> str | None:
        """`owner`, `maintainer`, `supervisor`, `worker`, or None for strangers."""
        return "owner" if user is self.owner else self.members.get(user.id)


@dataclass(eq=False)
class Label:
    id: int
    name: str
    color: str
    type: str = "any"
    attributes: list[dict[str, Any]] = field(default_factory=list)
    sublabels: list[Label] = field(default_factory=list)
    svg: str = ""


@dataclass(eq=False)
class Project:
    id: int
    name: str
    owner: User | None
    assignee: User | None = None
    organization: Organization | None = None
    labels: list[Label] = field(default_factory=list)
    bug_tracker: str = ""
    created_date: datetime = EPOCH
    updated_date: datetime = EPOCH


@dataclass(eq=False)
class Task:
    """`order[t]` is the position in `media` of task frame t; `honeypots[t]` its real frame."""

    id: int
    name: str
    owner: User | None
    assignee: User | None = None
    project: Project | None = None
    bug_tracker: str = ""
    organization: Organization | None = None
    readiness: Readiness = "ready"
    dimension: str = "2d"
    subset: str = ""
    media: Media | None = None
    order: Sequence[int] = ()
    size: int = 0
    start_frame: int = 0
    stop_frame: int = 0
    step: int = 1
    chunk_size: int | None = None
    image_quality: int = 70
    segment_size: int = 0
    overlap: int | None = None
    use_zip_chunks: bool = False
    data_id: int = 0
    deleted: list[int] = field(default_factory=list)
    disabled: list[int] = field(default_factory=list)
    honeypots: dict[int, int] = field(default_factory=dict)
    frames_per_job_count: int | None = None
    validation_mode: str | None = None
    consensus_replicas: int = 0
    labels: list[Label] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    created_date: datetime = EPOCH
    updated_date: datetime = EPOCH
    assignee_updated_date: datetime | None = None
    chunks_updated_date: datetime | None = EPOCH
    layout_in_source_numbers: bool = False
    annotations: dict[str, Any] | None = None
    is_edited: bool = False  # annotations of its jobs were written: the task has theirs
    # Makes the annotations of the task and of its jobs when they are asked for.
    annotator: Callable[[Task | Job], dict[str, Any]] | None = None

    @property
    def is_video(self) -> bool:
        return self.media is not None and self.media.is_video

    @property
    def mode(self) -> str:
        if self.media is None:
            return ""
        return "interpolation" if self.is_video else "annotation"

    def source_number(self, frame: int) -> int:
        """cvat-api 6.1: s = start_frame + t * step."""
        return self.start_frame + frame * self.step

    def layout_number(self, frame: int) -> int:
        """The number of a frame in validation layouts; depends on the job's age (cvat-api 8.5)."""
        return self.source_number(frame) if self.layout_in_source_numbers else frame


@dataclass(eq=False)
class Job:
    """`included` (task frames, ascending) only for ground-truth jobs created from a list."""

    id: int
    task: Task
    start: int
    stop: int
    type: JobType = "annotation"
    included: list[int] | None = None
    assignee: User | None = None
    stage: str = "annotation"
    state: str = "new"
    parent: Job | None = None
    replicas: int = 0
    created_date: datetime = EPOCH
    updated_date: datetime = EPOCH
    assignee_updated_date: datetime | None = None
    chunks_updated_date: datetime | None = None  # where it differs from the task's
    issues: list[Issue] = field(default_factory=list)
    annotations: dict[str, Any] | None = None

    @property
    def frames(self) -> Sequence[int]:
        """Its task frames, ascending."""
        return range(self.start, self.stop + 1) if self.included is None else self.included

    @property
    def recompresses(self) -> bool:
        """cvat-api 7.4: list-type ground-truth jobs serve JPEGs of quality 100 as originals."""
        return self.included is not None

    def holds(self, frame: int) -> bool:
        return frame in self.frames


@dataclass(eq=False)
class Issue:
    id: int
    job: Job
    owner: User
    frame: int
    position: list[float]
    created_date: datetime
    updated_date: datetime
    resolved: bool = False
    comments: list[Comment] = field(default_factory=list)


@dataclass(eq=False)
class Comment:
    id: int
    issue: Issue
    owner: User
    message: str
    created_date: datetime
    updated_date: datetime
