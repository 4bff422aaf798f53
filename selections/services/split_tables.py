"""The frames of a selection by split: how many, before an archive is built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from portal.exceptions import InvalidInput
from selections.archives import frame_rows
from selections.archives.arrangement import SplitFrames
from selections.models import Selection
from selections.splits import NAMES, SHARES, Assignment, Split, SplitFrame, unit_of

FRAMES_NAMED = 5


@dataclass(frozen=True, slots=True)
class SplitRow:
    """`units` counts what is kept together; None for a split that knows no units."""

    split: str
    frames: int
    units: int | None = None


def split_table(*, selection: Selection, split: Split) -> list[SplitRow]:
    """A row for each split that has frames or should have some. Raises InvalidInput."""
    try:
        split.check()
    except ValueError as error:
        raise InvalidInput(f"split: {error}.") from error
    check_names(selection=selection, split=split)
    assignment = Assignment(split, ((frame, ()) for frame in _frames(selection)))
    frames: Counter[str] = Counter()
    units: dict[str, set[str]] = {}
    for frame in _frames(selection):
        name = assignment.of(frame)
        frames[name] += 1
        units.setdefault(name, set()).add(unit_of(frame, split))
    possible = split.possible(task.subset for task in selection.tasks.all())
    has_units = split.by == SHARES
    return [
        SplitRow(name, frames[name], len(units.get(name, ())) if has_units else None)
        for name in possible
    ]


def check_names(*, selection: Selection, split: Split) -> None:
    """Raises InvalidInput if a list leaves frames of the selection without a split."""
    if split.by != NAMES:
        return
    assignment = Assignment(split)
    missing = [frame.name for frame in _frames(selection) if not assignment.of(frame)]
    if missing:
        more = f" and {len(missing) - FRAMES_NAMED:,} more" if len(missing) > FRAMES_NAMED else ""
        verb = "is" if len(missing) == 1 else "are"
        raise InvalidInput(
            f"{len(missing):,} of the frames {verb} not in the list of splits: "
            f"{', '.join(missing[:FRAMES_NAMED])}{more}. Name each by its path in CVAT, frames of "
            "a video such as frame_000012.png, with task_<id>/ in front where names repeat."
        )


def _frames(selection: Selection) -> Iterator[SplitFrame]:
    described = SplitFrames(selection)
    return map(described.of, frame_rows.wanted(selection))
