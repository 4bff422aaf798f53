"""Projects in CVAT to make a task in, found by their names, numbers or addresses."""

from __future__ import annotations

from cvat import links
from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.types import Page, Project
from portal.exceptions import InvalidInput
from selector.cvat_requests import cvat_client
from selector.models import Connection

MOST_FOUND = 100


def find_projects(*, connection: Connection, words: str) -> Page[Project]:
    """The project with this number or address, or the newest ones whose names have the words.
    Raises InvalidInput for the address of something else, CvatError."""
    try:
        target = links.parse(words, connection.url)
    except links.InvalidAddress as error:
        raise InvalidInput(str(error)) from None
    number = None if target is None else target.project_id or target.number
    if target is not None and number is None:
        raise InvalidInput("This is no project. Give its number, its address, or its name.")
    with cvat_client(connection) as client:
        numbered = None if number is None else _project(client, number)
        if numbered is not None:
            return Page(1, (numbered,))
        return client.projects(search=words, limit=MOST_FOUND)


def _project(client: CvatClient, number: int) -> Project | None:
    try:
        return client.project(number)
    except (CvatForbidden, CvatNotFound):
        return None
