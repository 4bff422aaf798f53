"""Read CVAT's lists to their end, page by page."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any, Protocol, TypeVar

from cvat import reading
from cvat.exceptions import CvatBroken, CvatNotFound
from cvat.http import Http, Params

PAGE_SIZE = 500  # CVAT knows no maximum (cvat-api 4.1)
MOST_PAGES = 200
STEPS_BACK = 20  # to pages that were read already, because the list became shorter


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
    by id, because in the default order a new object shifts the pages (cvat-api 4.2). When entries
    are deleted meanwhile, those behind them move to pages that were read already: these are read
    again. The deleted ones may be among the result. CvatBroken for a list that does not end, or
    becomes shorter time and again.
    """
    entries: dict[int, Item] = {}
    count = longest = last_read = steps_back = 0
    page = 1
    while steps_back <= STEPS_BACK:
        query = {**params, "page": page, "page_size": PAGE_SIZE, "sort": "id"}
        try:
            data = http.get(path, params=query, subject=subject)
        except CvatNotFound:  # since deletions, there are fewer pages
            if page == 1:
                raise
            page, steps_back = page - 1, steps_back + 1
            continue
        items = {item.id: item for item in reading.page(data, read).results}
        is_repeated = page > last_read and not items.keys() - entries.keys()
        entries |= items
        last_read, longest = max(last_read, page), max(longest, len(items))
        earlier, count = count, reading.number(data, "count")
        if count < earlier and page > 1:
            page, steps_back = max(page - ceil((earlier - count) / longest), 1), steps_back + 1
        elif is_repeated or not reading.has_next(data):
            return list(entries.values())
        elif page == MOST_PAGES or len(entries) > MOST_PAGES * PAGE_SIZE:
            raise CvatBroken(
                f"{http.place} lists {len(entries):,} entries and more for {subject}: "
                "the list does not seem to end."
            )
        else:
            page += 1
    raise CvatBroken(
        f"Entries of {subject} were deleted in {http.place} time and again while the portal read "
        "the list. Try again in a moment."
    )
