"""Counts the frames of a selection per split, without building an archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from portal.exceptions import InvalidInput
from selections import formats
from selections.archives import frame_rows, results
from selections.archives.arrangement import SplitFrames
from selections.archives.results import Results
from selections.formats.format import Format
from selections.models import Selection
from selections.object_choice import ObjectChoice
from selections.services.counting_place import counting_place
from selections.services.own_names import named_for
from selections.services.selection_index import MOST_TASKS, indexed_frames
from selections.splits import NAMES, SHARES, Assignment, Split, SplitFrame
from selector.annotation_index.frame_sets import frames_of

FRAMES_NAMED = 5


@dataclass(frozen=True, slots=True)
class SplitRow:
    """`units_count`: how many units are kept together; None for a split that knows no units.
    `labels`: the number of frames with each label, if the split depends on labels."""

    split: str
    frames_count: int
    units_count: int | None = None
    labels: dict[str, int] = field(default_factory=dict)


def split_table(
    *,
    user: User,
    selection: Selection,
    split: Split,
    choice: ObjectChoice,
    annotations: str = formats.NONE,
    annotations_from: int | None = None,
    leaves_out_empty: bool = False,
) -> list[SplitRow]:
    """A row for each split that has frames or should have some. The labels are those of the chosen
    objects that the format `annotations` has a place for by their kind; without a format, of all
    chosen ones. With `annotations_from` they are those of the results of that publication. With
    `leaves_out_empty`, frames without any of these do not count. Raises InvalidInput, Conflict,
    Busy; if the table depends on labels also NotConnected, NotRead (while annotations are read),
    CvatError."""
    try:
        split.check()
    except ValueError as error:
        sentence = str(error)
        raise InvalidInput(f"{sentence[0].upper()}{sentence[1:]}.") from error
    selection = named_for(user=user, selection=selection)
    publication = results.find(user=user, selection=selection, results_id=annotations_from)
    sets: dict[int, dict[str, int]] = {}
    if split.needs_labels or leaves_out_empty:
        sets = _frame_sets(user, selection, choice, formats.FORMATS.get(annotations), publication)
    # Only now: what asks CVAT takes a place of its own.
    with counting_place(user):
        check_names(selection=selection, split=split)
        by_task = {task_id: _labels_by_frame(by_label) for task_id, by_label in sets.items()}
        if publication is not None:
            of_results = by_task.get(publication.task_id, {})
            by_task = publication.by_task(of_results, frame_rows.chosen(selection))

        def delivered() -> Iterator[tuple[SplitFrame, Collection[str]]]:
            for frame in _frames(selection):
                names = by_task.get(frame.task_id, {}).get(frame.frame, ())
                if names or not leaves_out_empty:
                    yield frame, names if split.needs_labels else ()

        return _counted(selection, split, delivered)


def _counted(
    selection: Selection,
    split: Split,
    delivered: Callable[[], Iterator[tuple[SplitFrame, Collection[str]]]],
) -> list[SplitRow]:
    assignment = Assignment(split, delivered())
    # Frames with the same labels are counted together: there may be a million.
    alike = Counter((assignment.of(frame), tuple(names_on)) for frame, names_on in delivered())
    frames: Counter[str] = Counter()
    labels: dict[str, Counter[str]] = {}
    for (name, names_on), count in alike.items():
        frames[name] += count
        labels.setdefault(name, Counter()).update(dict.fromkeys(names_on, count))
    units = assignment.units_count
    names = sorted(set().union(*labels.values()))
    return [
        SplitRow(
            split=name,
            frames_count=frames[name],
            units_count=units[name] if split.by == SHARES else None,
            labels={label: labels.get(name, Counter())[label] for label in names},
        )
        for name in split.possible(task.subset for task in selection.task_list)
    ]


def _frame_sets(
    user: User,
    selection: Selection,
    choice: ObjectChoice,
    format_: Format | None,
    publication: Results | None,
) -> dict[int, dict[str, int]]:
    """Of each task the frames with each label of the objects in the files, as it is called there;
    of results, the task and the frames are theirs."""
    count = selection.tasks.count()
    if count > MOST_TASKS and publication is None:
        raise InvalidInput(
            f"The labels of {count:,} tasks are read when the ZIP is built. To see how many "
            "frames there are, leave the labels out, and deliver frames without objects."
        )
    renamed = dict(choice.rename)
    sets: dict[int, dict[str, int]] = {}
    for part in indexed_frames(user=user, selection=selection, choice=choice, results=publication):
        by_label = sets.setdefault(part.task_id, {})
        for (label, kind), having in part.index.frames_by_kind().items():
            if choice.takes_label(label) and (format_ is None or format_.holds_kind(kind)):
                name = renamed.get(label, label)
                by_label[name] = by_label.get(name, 0) | (having & part.frames)
    return sets


def _labels_by_frame(by_label: Mapping[str, int]) -> dict[int, tuple[str, ...]]:
    """The labels on each frame that has some. Frames with the same labels share one tuple."""
    by_frame: dict[int, tuple[str, ...]] = {}
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for label, frames in sorted(by_label.items()):
        for frame in frames_of(frames):
            names = (*by_frame.get(frame, ()), label)
            by_frame[frame] = known.setdefault(names, names)
    return by_frame


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
