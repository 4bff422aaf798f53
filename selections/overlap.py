"""The drawn frames of overlapping jobs, each counted for one job. Pure.

Jobs and frames are whatever tells them apart; assignees can stand for their jobs. `holders` are
the jobs that hold a frame, the first of them first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item", bound=Hashable)  # a frame
Holder = TypeVar("Holder", bound=Hashable)  # a job


def count_for_one(
    ranked: Iterable[Item], holders: Mapping[Item, Sequence[Holder]], room: Mapping[Holder, int]
) -> dict[Item, Holder]:
    """The frames of `ranked`, in that order, that fit into the room of the jobs, each with the job
    for which it counts: the first with room, as long as there is room.

    A frame fits also if frames taken before can count for another of their jobs instead. So the
    result has as many frames as any choice has, and it does not depend on the order of the jobs;
    more room adds frames and removes none (the sets that fit are the independent sets of a
    transversal matroid, the result is its greedy basis).
    """
    seats = _Seats(holders, room)
    for frame in ranked:
        seats.place(frame)
    return seats.job_of


class _Seats(Generic[Item, Holder]):
    def __init__(
        self, holders: Mapping[Item, Sequence[Holder]], room: Mapping[Holder, int]
    ) -> None:
        self.job_of: dict[Item, Holder] = {}
        self._holders = holders
        self._room = dict(room)
        # job -> other job -> frames that count for the first and could count for the other.
        # The innermost dict is a set that keeps its order.
        self._movable: dict[Holder, dict[Holder, dict[Item, None]]] = {job: {} for job in room}
        self._closed: set[Holder] = set()  # jobs that can get no more room

    def place(self, frame: Item) -> None:
        """Count the frame for one of its jobs, if any has room or can get room."""
        # Breadth first: job -> the frame that would come into it, and the job the frame leaves.
        steps: dict[Holder, tuple[Item, Holder | None]] = {
            job: (frame, None) for job in self._holders[frame] if job not in self._closed
        }
        queue = deque(steps)
        while queue:
            job = queue.popleft()
            if self._room[job]:
                self._room[job] -= 1
                self._move(job, steps)
                return
            for other, frames in self._movable[job].items():
                if frames and other not in steps and other not in self._closed:
                    steps[other] = (next(iter(frames)), job)
                    queue.append(other)
        # Every frame of these jobs is held by full jobs alone, and these cannot pass any on.
        self._closed.update(steps)

    def _move(self, job: Holder, steps: Mapping[Holder, tuple[Item, Holder | None]]) -> None:
        target: Holder | None = job
        while target is not None:
            frame, source = steps[target]
            if source is not None:
                for frames in self._movable[source].values():
                    frames.pop(frame, None)
            for other in self._holders[frame]:
                if other != target:
                    self._movable[target].setdefault(other, {})[frame] = None
            self.job_of[frame] = target
            target = source
