"""Read CVAT's lists to their end, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from cvat import reading
from cvat.exceptions import CvatBroken, CvatNotFound
from cvat.http import Http, Params

PAGE_SIZE = 500  # CVAT knows no maximum (cvat-api 4.1)
MOST_PAGES = 200
READINGS = 4  # of a list from which entries disappear meanwhile


class Numbered(Protocol):
    """An entry of a list."""

    @property
    def id(self) -> int: ...


Item = TypeVar("Item", bound=Numbered)


def all_entries(
    http: Http, path: str, params: Params, read: Callable[[Any], Item], subject: str
) -> list[Item]:
    """Every entry of the list at a path, each once, by id. `read` makes an entry of its JSON;
    `subject` names the list in the text of an error.

    Pages are requested by number, because `next` may name another host (cvat-api 4.1), and sorted
    by id, because in the default order a new object shifts the pages (cvat-api 4.2). When an entry
    is deleted meanwhile, the list is read again. CvatBroken for a list that does not end, or loses
    entries during each reading.
    """
    for _ in range(READINGS):
        entries = _read_once(http, path, params, read, subject)
        if entries is not None:
            return entries
    raise CvatBroken(
        f"Entries of {subject} were deleted in {http.place} each time the portal read the list. "
        "Try again in a moment."
    )


def _read_once(
    http: Http, path: str, params: Params, read: Callable[[Any], Item], subject: str
) -> list[Item] | None:
    """The entries. None if the list became shorter meanwhile: those behind a deleted entry move up,
    so that one moves to a page that was read already, and would be missing (cvat-api 4.2)."""
    items: dict[int, Item] = {}
    count = 0
    for page in range(1, MOST_PAGES + 1):
        query = {**params, "page": page, "page_size": PAGE_SIZE, "sort": "id"}
        try:
            data = http.get(path, params=query, subject=subject)
        except CvatNotFound:
            if page == 1:
                raise
            return None
        new = {item.id: item for item in reading.page(data, read).results}
        earlier, count = count, reading.number(data, "count")
        if count < earlier:
            return None
        if not new.keys() - items.keys():
            break
        items |= new
        if not reading.has_next(data):
            break
        if page == MOST_PAGES or len(items) > MOST_PAGES * PAGE_SIZE:
            raise CvatBroken(
                f"{http.place} lists {len(items):,} entries and more for {subject}: "
                "the list does not seem to end."
            )
    return list(items.values())
