"""The names that a person sees in CVAT, for a selection whose names are hidden from that person."""

from __future__ import annotations

from django.contrib.auth.models import User

from cvat.types import FrameCatalog
from selections.archives import own_names
from selections.models import Selection
from selections.services.connections import required_connection
from selector.services.catalogs import load_catalog


def named_for(*, user: User, selection: Selection) -> Selection:
    """The selection with the names that a build for the user has; as it is unless it lacks names.
    Raises NotConnected, CvatError."""
    if not own_names.lacks_names(selection):
        return selection
    connection = required_connection(user, selection)

    def read(task_id: int, job_id: int | None) -> FrameCatalog:
        return load_catalog(connection=connection, task_id=task_id, job_id=job_id)

    return own_names.with_own_names(selection, read)
