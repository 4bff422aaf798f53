"""Types of what the portal answers, with the keys that this package reads. /api/docs of the portal
describes all of them."""

from __future__ import annotations

from typing import TypedDict


class Me(TypedDict):
    """The person that the token belongs to."""

    id: int
    username: str
    connections_count: int
    default_connection: int | None
    token_read_only: bool | None


class Task(TypedDict):
    """A task of CVAT."""

    id: int
    name: str
    project_id: int | None
    size: int
    jobs_count: int


class Selection(TypedDict):
    """A saved set of frames."""

    id: int
    name: str
    owner: str
    frames_count: int
    frame_selection_method: str
    random_seed: int | None
    frames_requested: int | None
    round_number: int | None
    created_at: str


class SavedSearch(TypedDict):
    """A named search for tasks, which stands for those that match now."""

    id: int
    name: str
    url: str


class Recipe(TypedDict):
    """A draw that is drawn round after round."""

    id: int
    name: str
    rounds_count: int
    last_round_at: str | None


class Part(TypedDict):
    """One ZIP file of an archive."""

    number: int
    name: str
    size: int
    sha256: str


class Problems(TypedDict):
    """Frames that are not in the ZIP for one reason, such as "task 8: frames 0–39, 57"."""

    reason: str
    count: int
    frames: str


class Archive(TypedDict):
    """One build of a selection."""

    id: int
    selection: int | None
    selection_name: str
    status: str
    frames_total: int
    frames_done: int
    waiting_for: str
    problems_count: int
    problem_groups: list[Problems]
    error: str
    parts: list[Part]
    finished_at: str | None


class Connection(TypedDict):
    """The access of the person to a CVAT server."""

    id: int
    name: str
    url: str
    username: str


class Upload(TypedDict):
    """Files that the portal has, or gets: all bytes are there once `received` is `size`."""

    id: int
    name: str
    size: int
    received: int


class LeftOutFile(TypedDict):
    """A file that is no picture for CVAT; `reason` goes on after the path."""

    path: str
    reason: str


class Contents(TypedDict):
    """What CVAT gets of an upload; `left_out` and `cut_off` have the first 1,000."""

    pictures_count: int
    left_out_count: int
    left_out: list[LeftOutFile]
    cut_off: list[str]


class Change(TypedDict):
    """A request that would change something in CVAT."""

    method: str
    path: str
    text: str


class Publication(TypedDict):
    """Something that is made in CVAT, such as a new task."""

    id: int
    status: str
    task_name: str
    result_task_id: int | None
    result_url: str
    error: str
    finished_at: str | None
