"""The frames that CVAT made of the pictures of a new task: their table, and what they are compared
with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction

from cvat.types import FrameInfo, ValidationLayout
from portal.work.exceptions import WorkFailed
from publishing.models import Publication, PublishedFrame
from selections.archives.entries import Line
from selections.batches import delete_rows

ROWS_AT_ONCE = 1000


def note(
    publication: Publication,
    lines: Sequence[Line],
    frames: Sequence[FrameInfo],
    *,
    copies: Collection[int] = (),
) -> None:
    """Which frame of the task each frame of the selection became: the one of its name, so that the
    table is right also when CVAT has put them into another order. `copies` are honeypots, which
    have the names of other frames."""
    delete_rows(publication.rows_below())  # of an earlier attempt
    numbers = {frame.name: number for number, frame in enumerate(frames) if number not in copies}
    rows = [
        PublishedFrame(
            publication=publication,
            new_frame=numbers[line["path"]],
            task_id=line["task_id"],
            frame=line["frame"],
            path=line["path"],
            is_replaced=line.get("replaced", False),
        )
        for line in lines
        if line["path"] in numbers
    ]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        with transaction.atomic():  # a short one for each batch: others want to write as well
            PublishedFrame.objects.bulk_create(rows[start : start + ROWS_AT_ONCE])


def compare(task_id: int, lines: Sequence[Line], frames: Sequence[FrameInfo]) -> None:
    """Raises WorkFailed unless the task has just these pictures, in this order and size. The size
    of a picture whose header cannot be read here (headers.py) is not compared."""
    if len(frames) != len(lines):
        raise WorkFailed(
            f"CVAT made task {task_id} with {len(frames):,} frames of {len(lines):,} pictures. "
            "Look at it there; nothing was deleted."
        )
    for number, (frame, line) in enumerate(zip(frames, lines, strict=True)):
        stored: tuple[Any, ...] = (frame.name, frame.width, frame.height)
        size = (line["width"], line["height"])
        sent: tuple[Any, ...] = (line["path"], *(size if all(size) else stored[1:]))
        if stored != sent and not _is_turned_tiff(stored, sent):
            raise WorkFailed(
                f"CVAT made task {task_id}, but its frame {number} is {_named(stored)}, and "
                f"{_named(sent)} was sent. Look at it there; nothing was deleted."
            )


def without_copies(
    task_id: int,
    lines: Sequence[Line],
    frames: Sequence[FrameInfo],
    *,
    layout: ValidationLayout,
    pool: Collection[str],
) -> list[FrameInfo]:
    """The frames of a task with honeypots, which are in a random order, in that of the pictures.
    Raises WorkFailed unless they are just these pictures, those named in `pool` are its ground
    truth, and each honeypot shows the picture of the frame that CVAT says it is a copy of."""
    originals = [frame for number, frame in enumerate(frames) if number not in layout.copies]
    by_name = {frame.name: frame for frame in originals}
    if len(originals) != len(lines) or by_name.keys() != {line["path"] for line in lines}:
        raise WorkFailed(
            f"CVAT made task {task_id} of {len(originals):,} pictures, and {len(lines):,} were "
            "sent, or some have other names. Look at it there; nothing was deleted."
        )
    names = {number: frame.name for number, frame in enumerate(frames)}
    is_as_asked = {names.get(number) for number in layout.pool} == set(pool) and all(
        copy in names and names[copy] == names.get(original)
        for copy, original in layout.copies.items()
    )
    if not is_as_asked or not layout.copies:
        raise WorkFailed(
            f"CVAT made task {task_id}, but its honeypots are not copies of the frames that were "
            "chosen for its ground truth. Look at it there; nothing was deleted."
        )
    return [by_name[line["path"]] for line in lines]


def _is_turned_tiff(stored: tuple[Any, ...], sent: tuple[Any, ...]) -> bool:
    """Whether the two differ as CVAT turns the size of a TIFF that lies on its side once more than
    the picture (cvat-api 7.2)."""
    (name, width, height), suffix = sent, sent[0].lower()[-5:]
    return stored == (name, height, width) and suffix.endswith((".tif", ".tiff"))


def _named(picture: tuple[Any, ...]) -> str:
    name, width, height = picture
    return f"{name} ({width} × {height})"
