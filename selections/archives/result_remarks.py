"""Sentences on the results of a publication that an archive has in place of the annotations of the
tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

LABELS_NAMED = 10


def title(about: Mapping[str, Any]) -> str:
    """Such as “publication 12 (new task 57)”."""
    job_id = about["job_id"]
    target = f"new task {about['task_id']}" if job_id is None else f"ground-truth job {job_id}"
    return f"publication {about['publication']} ({target})"


def warnings(about: Mapping[str, Any]) -> Iterator[str]:
    """What the receiver may stumble over."""
    if count := about["not_held_count"]:
        listed = [f"{frame['task_id']}/{frame['frame']}" for frame in about["not_held"][:5]]
        more = f" and {count - len(listed):,} more" if count > len(listed) else ""
        yield (
            f"{_frames(count)} not in the publication, and {_have(count)} no objects (task/frame "
            f"{', '.join(listed)}{more})."
        )
    if count := about["not_shown_count"]:
        yield (
            f"{_frames(count)} in no job of the results that CVAT shows you, and {_have(count)} no "
            "objects."
        )
    if count := about["deleted_count"]:
        yield f"{_frames(count)} deleted among the results, and {_have(count)} no objects."
    if count := about["resized_count"]:
        pictures = "1 picture has" if count == 1 else f"{count:,} pictures have"
        yield f"{pictures} another size in the new task: the objects may not fit."
    if labels := about["labels_added"]:
        named = [f"“{name}” ({number:,})" for name, number in list(labels.items())[:LABELS_NAMED]]
        more = f" and {len(labels) - len(named):,} more" if len(labels) > len(named) else ""
        yield f"Objects have labels that the task of their frame lacks: {', '.join(named)}{more}."


def _frames(count: int) -> str:
    return "1 frame is" if count == 1 else f"{count:,} frames are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
