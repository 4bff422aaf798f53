"""A person who draws, saves and combines frames, through the portal's own services."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

from django.conf import settings
from django.contrib.auth.models import User

from cvat.types import Place
from selections import services
from selections.draws import Draw
from selections.models import Selection
from selections.services import Choice
from selector.services.connections import connect

EARLIER, SHARE = 2, 0.2  # selections that a draw leaves out, and the share that each has of all
DRAWN = 10_000
TIMES = 3


class Person:
    def __init__(self, cvat_url: str) -> None:
        self._user = User.objects.create_user("bench")
        account = settings.STANDIN_ACCOUNT
        self._connection = connect(owner=self._user, url=cvat_url, **account).connection

    def draw_without_earlier(self, project_id: int) -> float:
        """Seconds to draw DRAWN frames of the project without those of EARLIER selections."""
        earlier = tuple(
            services.create_random_selection(
                owner=self._user,
                connection=self._connection,
                draw=Draw(project_id=project_id, share=SHARE, seed=seed),
            ).pk
            for seed in range(EARLIER)
        )
        draw = Draw(project_id=project_id, count=DRAWN, exclude_selections=earlier)
        return _seconds(
            lambda: services.draw_frames(user=self._user, connection=self._connection, draw=draw)
        )

    def save(self, frames: Sequence[Place]) -> float:
        """Seconds to save a selection of these frames."""
        return _seconds(lambda: self._saved(frames))

    def unite(self, frames: Sequence[Place], others: Sequence[Place]) -> float:
        """Seconds to make the union of a selection of these frames and one of the others."""
        ids = [self._saved(each).pk for each in (frames, others)]
        selections = services.visible_selections(user=self._user, ids=ids)
        return _seconds(
            lambda: services.combine_selections(
                user=self._user, selections=selections, operation=Selection.Operation.UNION
            )
        )

    def _saved(self, frames: Sequence[Place]) -> Selection:
        choices = [Choice(task_id, frame) for task_id, frame in frames]
        return services.create_selection(
            owner=self._user, connection=self._connection, choices=choices
        )


def _seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken)
