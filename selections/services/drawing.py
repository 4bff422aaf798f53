"""Drawing at random, also without the frames of selections that are kept already."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.models import User

from cvat.types import FrameCatalog
from portal.exceptions import InvalidInput
from selections.models import SelectedFrame, Selection
from selector import services as selector
from selector.models import Connection
from selector.services import Draw, DrawRequest


def draw(*, user: User, connection: Connection, request: DrawRequest) -> Draw:
    """Draw from the task as CVAT has it now, without the frames of `request.exclude_selections`,
    which must be selections that the user may read, of the same server.

    Raises InvalidInput, CvatError.
    """
    excluded = _readable(user, connection, request.exclude_selections)
    catalog = selector.load_catalog(
        connection=connection, task_id=request.task_id, job_id=request.job_id
    )
    if excluded:
        catalog = _without(catalog, excluded)
    return selector.draw_from(catalog, request)


def _readable(user: User, connection: Connection, ids: tuple[int, ...]) -> list[Selection]:
    found = Selection.objects.for_user(user).in_bulk(ids)
    for number in ids:
        if number not in found:
            raise InvalidInput(
                f"The frames of selection {number} cannot be left out: it is not there, or not "
                "shared with you."
            )
        # Elsewhere the same numbers are other tasks.
        if found[number].url != connection.url:
            raise InvalidInput(
                f"The frames of “{found[number].name}” cannot be left out: they are of another "
                f"CVAT server, {found[number].url}."
            )
    return list(found.values())


def _without(catalog: FrameCatalog, excluded: list[Selection]) -> FrameCatalog:
    kept = SelectedFrame.objects.filter(selection__in=excluded, task_id=catalog.task_id)
    numbers = set(kept.order_by().values_list("frame", flat=True).distinct())
    left = tuple(frame for frame in catalog.frames if frame.frame not in numbers)
    if not left:
        raise InvalidInput("There is nothing to draw: every frame is in the selections left out.")
    return replace(catalog, frames=left)
