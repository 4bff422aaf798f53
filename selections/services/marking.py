"""Marking frames of a selection: good, faulty, tags, a comment."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from cvat.types import Place
from portal.exceptions import InvalidInput
from selections.models import FrameMark, Selection

MOST_FRAMES = 2000  # in one request
MOST_TAGS = 20
LONGEST_TAG = 50
LONGEST_COMMENT = 2000


def mark_frames(
    *,
    user: User,
    selection: Selection,
    frames: Iterable[Place],
    verdict: str | None = None,
    tags: Iterable[str] | None = None,
    comment: str | None = None,
) -> list[FrameMark]:
    """Set what is given on each of the frames, in the order of task and frame, and leave the rest
    of their marks as it is. "" and [] clear; a mark with nothing left is deleted.

    Raises InvalidInput for a frame that is not in the selection, and for values that do not fit.
    """
    places = sorted(set(frames))
    changes = _checked(verdict, tags, comment)
    _check_frames(selection, places)
    with transaction.atomic():
        # Locked: whether a mark has nothing left depends on what others set just now.
        near = selection.marks.select_for_update().filter(
            task_id__in={task_id for task_id, _ in places}, frame__in={frame for _, frame in places}
        )
        earlier = {(mark.task_id, mark.frame): mark for mark in near}
        marks = [
            earlier.get((task_id, frame))
            or FrameMark(selection=selection, task_id=task_id, frame=frame)
            for task_id, frame in places
        ]
        for mark in marks:
            mark.marked_by, mark.marked_at = user, timezone.now()
            for field, value in changes.items():
                setattr(mark, field, value)
        _write(selection, marks, fields=[*changes, "marked_by", "marked_at"])
    return marks


def _write(selection: Selection, marks: list[FrameMark], *, fields: list[str]) -> None:
    """Of marks that there are already, write these fields alone."""
    empty = [mark.pk for mark in marks if mark.is_empty and mark.pk]
    selection.marks.filter(pk__in=empty).delete()
    for mark in marks:
        mark.pk = None  # by frame, not by id: somebody else may mark the same ones just now
    FrameMark.objects.bulk_create(
        (mark for mark in marks if not mark.is_empty),
        update_conflicts=True,
        unique_fields=["selection", "task_id", "frame"],
        update_fields=fields,
    )


def _checked(
    verdict: str | None, tags: Iterable[str] | None, comment: str | None
) -> dict[str, str | list[str]]:
    changes: dict[str, str | list[str]] = {}
    if verdict is not None:
        if verdict not in {"", *FrameMark.Verdict.values}:
            raise InvalidInput("A verdict is good or faulty, or empty for none.")
        changes["verdict"] = verdict
    if tags is not None:
        changes["tags"] = sorted({tag.strip() for tag in tags if tag.strip()})
        if len(changes["tags"]) > MOST_TAGS:
            raise InvalidInput(f"A frame has at most {MOST_TAGS} tags.")
        if any(len(tag) > LONGEST_TAG or "," in tag for tag in changes["tags"]):
            raise InvalidInput(
                f"A tag has at most {LONGEST_TAG} characters, and no comma, which separates tags."
            )
    if comment is not None:
        changes["comment"] = comment.strip()
        if len(changes["comment"]) > LONGEST_COMMENT:
            raise InvalidInput(f"A comment has at most {LONGEST_COMMENT:,} characters.")
    if not changes:
        raise InvalidInput("Say what to mark: give a verdict, tags or a comment.")
    return changes


def _check_frames(selection: Selection, places: list[Place]) -> None:
    if not places:
        raise InvalidInput("No frame is named. Name at least one.")
    if len(places) > MOST_FRAMES:
        raise InvalidInput(f"At most {MOST_FRAMES:,} frames are marked at a time.")
    by_task: dict[int, list[int]] = {}
    for task_id, frame in places:
        by_task.setdefault(task_id, []).append(frame)
    for task_id, frames in by_task.items():
        rows = selection.frames.filter(task_id=task_id, frame__in=frames)
        missing = set(frames).difference(rows.values_list("frame", flat=True))
        if missing:
            raise InvalidInput(f"Frame {min(missing)} of task {task_id} is not in this selection.")
