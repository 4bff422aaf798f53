"""Results: what people annotated on frames of a selection in another task or job of CVAT, which an
archive can have in place of what the tasks of the frames have.

The app that makes such tasks and jobs registers a provider, since this app does not know it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.contrib.auth.models import User

from cvat.types import Job, Place
from portal.exceptions import InvalidInput
from selections.archives.entries import ChosenFrames
from selections.models import Selection
from selector.models import Connection

NO_PROVIDER = "This portal has no publications, so annotations can be had from the tasks alone."
T = TypeVar("T")


class NewFrames:
    """Frames of a task, and the numbers that they have among the results."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        """`pairs` are ascending (frame, new_frame)."""
        self._frames, self._new_frames = array("q"), array("q")
        for frame, new_frame in pairs:
            self._frames.append(frame)
            self._new_frames.append(new_frame)

    def of(self, frame: int) -> int | None:
        """The new number of a frame; None if there are no results of it."""
        index = bisect_left(self._frames, frame)
        is_held = index < len(self._frames) and self._frames[index] == frame
        return self._new_frames[index] if is_held else None


NOTHING = NewFrames(())


@dataclass(frozen=True, slots=True)
class Results:
    """Where CVAT has the results of frames, and through which connection they are read.

    `id` is that of the publication, `title` names it in a sentence. With `job_id` they are those of
    that job alone, else of the annotation jobs of the task, with `has_pool` also of its
    ground-truth job, which alone holds the frames that honeypots are copies of. `frames` has those
    of each task.
    """

    id: int
    title: str
    connection: Connection
    task_id: int
    job_id: int | None
    frames: Mapping[int, NewFrames]
    has_pool: bool = False

    def pairs(self, task_id: int, frames: Iterable[int]) -> Iterator[tuple[int, int]]:
        """(frame, new_frame) of those frames of a task that have results."""
        held = self.frames.get(task_id, NOTHING)
        for frame in frames:
            new_frame = held.of(frame)
            if new_frame is not None:
                yield frame, new_frame

    def absent(self, task_id: int, frames: Iterable[int]) -> Iterator[int]:
        """Those frames of a task that have no results."""
        held = self.frames.get(task_id, NOTHING)
        return (frame for frame in frames if held.of(frame) is None)

    def chosen(self, chosen: Mapping[int, ChosenFrames], pools: Sequence[Job] = ()) -> ChosenFrames:
        """The new numbers of the chosen frames of all tasks, ascending, with the job that they are
        read from: one of `pools` that holds it; 0: the annotation jobs."""
        numbers = sorted(
            new_frame
            for task_id, of_task in chosen.items()
            for _, new_frame in self.pairs(task_id, of_task.frames)
        )
        new = ChosenFrames()
        for number in numbers:
            holding = (job.id for job in pools if job.start_frame <= number <= job.stop_frame)
            new.add(number, self.job_id or next(holding, 0))
        return new

    def by_task(
        self, by_new_frame: Mapping[int, T], chosen: Mapping[int, ChosenFrames]
    ) -> dict[int, dict[int, T]]:
        """What is known of new frames, of each task by its own frames."""
        return {
            task_id: {
                frame: by_new_frame[new_frame]
                for frame, new_frame in self.pairs(task_id, of_task.frames)
                if new_frame in by_new_frame
            }
            for task_id, of_task in chosen.items()
        }


class ResultsProvider(Protocol):
    def choices(self, *, user: User, selection: Selection) -> Collection[tuple[int, str]]:
        """Id and title of results that the user can build the selection with."""

    def on_frames(
        self, *, user: User, selection: Selection, places: Collection[Place]
    ) -> Mapping[Place, Sequence[int]]:
        """The ids of the first of `choices` that have results of the frames; frames of which none
        has are left out."""

    def find(self, *, user: User, selection: Selection, results_id: int) -> Results:
        """Raises InvalidInput, Conflict, NotConnected."""


class _NoResults:
    def choices(self, *, user: User, selection: Selection) -> Collection[tuple[int, str]]:
        return ()

    def on_frames(
        self, *, user: User, selection: Selection, places: Collection[Place]
    ) -> Mapping[Place, Sequence[int]]:
        return {}

    def find(self, *, user: User, selection: Selection, results_id: int) -> Results:
        raise InvalidInput(NO_PROVIDER)


_providers: list[ResultsProvider] = [_NoResults()]


def provide(provider: ResultsProvider) -> None:
    """Register the provider of results, in place of an earlier one."""
    _providers[:] = [provider]


def choices(*, user: User, selection: Selection) -> Collection[tuple[int, str]]:
    """See ResultsProvider."""
    return _providers[0].choices(user=user, selection=selection)


def on_frames(
    *, user: User, selection: Selection, places: Collection[Place]
) -> Mapping[Place, Sequence[int]]:
    """See ResultsProvider."""
    return _providers[0].on_frames(user=user, selection=selection, places=places)


def find(*, user: User, selection: Selection, results_id: int | None) -> Results | None:
    """See ResultsProvider; None for no id: the annotations are those of the tasks."""
    if results_id is None:
        return None
    return _providers[0].find(user=user, selection=selection, results_id=results_id)
