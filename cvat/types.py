"""Answers of CVAT as frozen values.

There may be a million of Frame and FrameInfo: as msgspec structures they are made five times as
fast as dataclasses, and the garbage collector does not visit them.

`frame` is always the task frame number (0 to size - 1). Other numberings live in frames.py alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Generic, TypeVar

import msgspec

T = TypeVar("T")

LARGEST_SIDE = 2**31 - 1
Pixels = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_SIDE)]
LONGEST_SUBSET = 64  # characters of the subset of a task


class CredentialKind(StrEnum):
    ACCESS_TOKEN = "access_token"  # noqa: S105  (personal access token: `Authorization: Bearer`)
    LOGIN_TOKEN = "login_token"  # noqa: S105  (the key a login answers: `Authorization: Token`)


@dataclass(frozen=True, slots=True)
class Credential:
    kind: CredentialKind
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """The credential for a password; `access_token_id` is set for a token that the portal made."""

    credential: Credential
    access_token_id: int | None
    notice: str = ""  # for the user: why it is not an access token of the portal


@dataclass(frozen=True, slots=True)
class OwnToken:
    """An access token in the user's account. `last_used` is an ISO date: of the last use, or of the
    creation if it was never used. `expiry_date`: likewise, "" without an end."""

    id: int
    name: str
    last_used: str
    read_only: bool = True
    expiry_date: str = ""


@dataclass(frozen=True, slots=True)
class User:
    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Organization:
    id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    id: int
    name: str
    owner: str
    tasks_count: int
    updated_date: str
    organization_id: int | None = None  # None: in a personal space


@dataclass(frozen=True, slots=True)
class Task:
    id: int
    name: str
    project_id: int | None
    mode: str  # annotation (images), interpolation (video), "" (no data yet)
    dimension: str
    size: int  # frames, deleted ones and honeypot copies included; 0 without data
    status: str
    subset: str
    owner: str
    assignee: str
    jobs_count: int  # ground-truth jobs and replicas included
    validation_mode: str | None  # None, gt, gt_pool
    updated_date: str
    organization_id: int | None = None  # like Project's

    @property
    def is_choosable(self) -> bool:
        """Whether it has pictures."""
        return self.dimension == "2d" and self.size > 0


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    task_id: int
    type: str  # annotation, ground_truth, consensus_replica (newer servers: replica)
    start_frame: int
    stop_frame: int  # inclusive
    frame_count: int  # of a list-type ground-truth job fewer than start to stop
    stage: str
    state: str
    assignee: str
    mode: str
    dimension: str
    chunk_size: int  # 0 without data
    original_chunk_type: str  # imageset, video
    compressed_chunk_type: str
    # Whether a ground-truth job was made from a list of frames: its meta has `included_frames`.
    # None: its meta was not read.
    is_list: bool | None = None

    @property
    def is_annotation(self) -> bool:
        return self.type == "annotation"

    @property
    def recompresses(self) -> bool:
        """Whether the job serves other bytes than were uploaded: a ground-truth job made from a
        list of frames (cvat-api 7.4).

        Without its meta this is a guess, which is wrong for a list that names every frame.
        """
        if self.type != "ground_truth":
            return False
        if self.is_list is None:
            return self.frame_count < self.stop_frame - self.start_frame + 1
        return self.is_list


@dataclass(frozen=True, slots=True)
class ProjectJob:
    """A job beside the project that its task is in."""

    id: int
    project_id: int | None
    job: Job


@dataclass(frozen=True, slots=True)
class JobDate:
    id: int
    updated_date: str  # when the job or its annotations changed last, in CVAT's words


@dataclass(frozen=True, slots=True)
class ValidationLayout:
    """What CVAT says of the ground truth of a task (cvat-api 8.6). `mode` is "gt", "gt_pool" or ""
    for none. Of a pool: `copies_per_job`, its task frames, and the copies of them among the frames
    of the jobs, each with the pool frame that it shows."""

    mode: str = ""
    copies_per_job: int = 0
    pool: tuple[int, ...] = ()
    copies: Mapping[int, int] = field(default_factory=dict)


class FrameInfo(msgspec.Struct, frozen=True, gc=False):
    """An entry of `frames` in a meta."""

    name: str = ""
    width: Pixels = 0
    height: Pixels = 0


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task without its frames, as one user sees it. `task` is None when the user may read only
    jobs of it. `jobs` are those that the user may see, of every type, at least one."""

    task_id: int
    task: Task | None
    jobs: tuple[Job, ...]

    @property
    def name(self) -> str:
        """The name of the task, or “Task 5” where it is not shown."""
        return self.task.name if self.task else f"Task {self.task_id}"


@dataclass(frozen=True, slots=True)
class Meta:
    """`data/meta` of a task or a job. `first_source`, `last_source` and `included_sources` are
    source numbers; `deleted_frames` are task frames (cvat-api 6.2 to 6.5)."""

    size: int
    chunk_size: int
    first_source: int
    last_source: int
    step: int
    frames: tuple[FrameInfo, ...]  # one entry for a whole video
    deleted_frames: frozenset[int]
    included_sources: tuple[int, ...] | None
    chunks_updated_date: str


Place = tuple[int, int]  # id of a task, number of a frame of it


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A picture that can be chosen. `filename` is CVAT's path with its folders; "" for a video.

    The API answers frames under these names.
    """

    task_id: int
    job_id: int
    frame: int
    filename: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class FrameCatalog:
    """Every picture of a task, or of one of its jobs, offered once, in the order of the frames.

    `jobs` are those to which frames are assigned: annotation jobs in the order of their frames,
    then the pool job of a honeypot task. Deleted frames and honeypot copies are left out and
    counted. If CVAT does not say which frames are copies (to the assignee of a job), every name is
    offered once.
    """

    task_id: int
    task_name: str
    mode: str
    jobs: tuple[Job, ...]
    frames: tuple[Frame, ...]
    deleted_count: int
    honeypot_count: int
    # Whether only the jobs that the user may read were used: the task or some jobs are closed.
    through_jobs: bool
    other_jobs: tuple[Job, ...] = ()  # replicas and list-type ground-truth jobs of the task
    project_id: int | None = None
    subset: str = ""
    updated_date: str = ""  # of the task, read before its frames; "" when read through jobs
    chunks_updated_date: str = ""  # like Meta's
    # Source number of task frame 0, and the distance between the source numbers of two frames.
    start_frame: int = 0
    step: int = 1
    video: str = ""  # file name; "" for images
    # Task frames that were left out, ascending.
    deleted_frames: tuple[int, ...] = ()
    honeypot_frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `count` is the length of the whole list."""

    count: int
    results: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class FrameData:
    """The bytes of one picture. CVAT guesses `content_type` from the file name: use
    `pictures.extension` instead."""

    content: bytes = field(repr=False)
    content_type: str
    waited: float = 0.0  # seconds until the answer began
    seconds: float = 0.0  # from then to its end


@dataclass(frozen=True, slots=True)
class Download:
    """A chunk or a picture that was written to a file."""

    length: int  # bytes
    content_type: str  # application/zip, video/mp4, or as FrameData's
    updated_date: str  # like Meta.chunks_updated_date; "" for pictures
    waited: float = 0.0  # seconds until the answer began
    seconds: float = 0.0  # from then to its end
    asked_at: float | None = None  # by the clock of CVAT, in seconds since 1970; None: unknown
