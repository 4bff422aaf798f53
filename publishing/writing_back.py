"""How the results of a publication come into the tasks of its frames, and the requests to CVAT that
write them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from publishing.change import Change, objects_in_words

# What becomes of the objects that the frames have.
ADD, REPLACE = "add", "replace"
PLACES = (
    (ADD, "Add what is new, and leave the rest as it is"),
    (REPLACE, "Put the results in place of what is on these frames"),
)
LEAVE_OUT = "leave_out"
KEEP = "keep"
MOST_SHOWN = 20  # objects in the body of a request that is shown before it is sent


@dataclass(frozen=True, slots=True)
class WriteBackOptions:
    """`publication_id` is the publication with the results. `unmatched` says what becomes of
    objects and attributes that a task cannot take: `leave_out`, or "" while nobody has decided;
    `tracks` what becomes of tracks which run through frames that would be replaced: `keep`.
    `fingerprint` is that of the comparison that was looked at, "" for any."""

    publication_id: int
    place: str
    unmatched: str = ""
    tracks: str = ""
    fingerprint: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> WriteBackOptions:
        return cls(**data)


def object_creation(job_id: int, objects: Mapping[str, Any]) -> Change:
    """Objects that a job gets."""
    text = f"Add {objects_in_words(count(objects))} to job {job_id}"
    return _change(job_id, "create", text, objects)


def object_deletion(job_id: int, objects: Mapping[str, Any]) -> Change:
    """Objects that a job loses."""
    text = f"Delete {objects_in_words(count(objects))} of job {job_id}"
    return _change(job_id, "delete", text, objects)


def count(objects: Mapping[str, Any]) -> int:
    """How many shapes and tags there are."""
    return len(objects["shapes"]) + len(objects["tags"])


def _change(job_id: int, action: str, text: str, objects: Mapping[str, Any]) -> Change:
    path = f"/api/jobs/{job_id}/annotations?action={action}"
    return Change("PATCH", path, text, {kind: _shown(objects[kind]) for kind in ("shapes", "tags")})


def _shown(objects: Sequence[Any]) -> list[Any]:
    more = len(objects) - MOST_SHOWN
    return [*objects[:MOST_SHOWN], *([f"and {more:,} more"] if more > 0 else [])]
