"""Pages of lists that people look at; those of the API are in portal/api/paging.py."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator


class ListPaginator(Paginator):  # type: ignore[type-arg]  # has none when it runs
    """A paginator of a queryset that does not count what fits on the first page: to count the rows
    that a search finds takes the database as long as to find them."""

    def get_page(self, number: float | str | None) -> Page[Any]:
        if number not in (None, "", "1", 1):
            return super().get_page(number)
        rows = list(self.object_list[: self.per_page])
        if len(rows) < self.per_page:
            self.count = len(rows)
        return Page(rows, 1, self)
