"""The organization a list is asked in.

CVAT judges one task, project or job by the organization it lies in, and a list by the organization
that the request names. A list that names none shows what one owns or is assigned to, and nothing
of what a maintainer may see besides (cvat-api 3.1 and 3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from cvat.exceptions import CvatError
from cvat.types import Project, Task

Kind = Literal["project", "task"]
Home = TypeVar("Home", Project, Task)
Listed = TypeVar("Listed")

_CLOSED = (403, 404)


class Homes:
    """The organizations of the projects and tasks one client has read, or tried to."""

    def __init__(self) -> None:
        self._known: dict[tuple[Kind, int], int | None] = {}

    def noted(self, kind: Kind, number: int, read: Callable[[], Home]) -> Home:
        """What `read` answers; its organization is kept, none if it is closed."""
        try:
            found = read()
        except CvatError as error:
            if error.status in _CLOSED:
                self._known[kind, number] = None
            raise
        self._known[kind, number] = found.organization_id
        return found

    def listed(
        self,
        kind: Kind,
        number: int,
        read: Callable[[int], Project | Task],
        ask: Callable[[dict[str, int]], Listed],
    ) -> Listed:
        """What `ask` answers in the organization of a project or a task, which is read first if
        it is not known. `ask` is given the parameters to add."""
        if (kind, number) not in self._known:
            try:
                read(number)  # comes back to `noted`
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
                # No member of it (any more): what is one's own is listed all the same.
        return ask({})
