"""The organization to name in requests for lists.

CVAT finds a single task, project or job in whatever organization it lies, but a list only in the
organization that the request names. Without a name a list shows what one owns or is assigned to,
and not what a maintainer may see besides (cvat-api 3.1 and 3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from cvat.exceptions import CvatError
from cvat.types import Project, Task

Kind = Literal["project", "task"]
Parent = TypeVar("Parent", Project, Task)
Listing = TypeVar("Listing")

_CLOSED = (403, 404)


class KnownOrganizations:
    """The organizations of the projects and tasks that a client has read, or tried to read."""

    def __init__(self) -> None:
        self._known: dict[tuple[Kind, int], int | None] = {}

    def remember(self, kind: Kind, number: int, read: Callable[[], Parent]) -> Parent:
        """Return what `read` returns, and remember its organization (None if it is closed)."""
        try:
            parent = read()
        except CvatError as error:
            if error.status in _CLOSED:
                self._known[kind, number] = None
            raise
        self._known[kind, number] = parent.organization_id
        return parent

    def list_below(
        self,
        kind: Kind,
        number: int,
        read: Callable[[int], Project | Task],
        ask: Callable[[dict[str, int]], Listing],
    ) -> Listing:
        """Return what `ask` returns in the organization of a project or a task, which is read
        first if it is not known. `ask` gets the parameters to add to its request."""
        if (kind, number) not in self._known:
            try:
                read(number)  # which calls `remember`
            except CvatError as error:
                if error.status not in _CLOSED:
                    raise
        organization_id = self._known.get((kind, number))
        if organization_id is not None:
            try:
                return ask({"org_id": organization_id})
            except CvatError as error:
                if error.status not in _CLOSED:
                    raise
                # Not a member of it (any more): a list without it shows one's own objects.
        return ask({})
