"""Selections drawn from the samples, and the frames that they hold."""

from __future__ import annotations

from selections import services
from selections.draws import Draw
from selections.models import Selection
from selector.models import Connection


def frames_of(selection: Selection) -> list[tuple[int, int]]:
    return list(selection.frames.values_list("task_id", "frame"))


def drawn(mine: Connection, **values: object) -> Selection:
    values = {"task_id": 1, "count": 10, "seed": 7, **values}
    return services.create_random_selection(owner=mine.owner, connection=mine, draw=Draw(**values))
