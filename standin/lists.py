"""Lists: search, plain filters, JSON logic, sorting, pages (cvat-api 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from standin.logic import parse_filter
from standin.messages import Answer, Refusal, Request, forbidden, json_answer
from standin.rights import may_list_within
from standin.site import Site

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 10


@dataclass
class Listing(Generic[T]):
    """What one list can be filtered and sorted by.

    `plain` names the fields that are query parameters too, `numbers` those that are integers, and
    `choices` those that have fixed values.
    """

    fields: Mapping[str, Callable[[T], Any]]
    search: Sequence[str] = ()
    plain: Sequence[str] = ()
    numbers: Sequence[str] = ("id", "task_id", "project_id", "parent_job_id")
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    default_sort: str = "-id"
    is_of_members: bool = True  # closed to who does not belong to the organization that it is of


def listed(
    request: Request,
    site: Site,
    listing: Listing[T],
    items: Iterable[T],
    show: Callable[[T], Any],
) -> Answer:
    """One page of `items`. Raises Refusal 400 for bad filters, 403 for an organization that the
    asker does not belong to (cvat-api 3.5), 404 for pages there are not."""
    if listing.is_of_members and not may_list_within(request.account, request.organization):
        raise forbidden()
    site.costs.spend(site.costs.listing)
    matching = _searched(_filtered(list(items), request, listing), request, listing)
    ordered = _sorted(matching, request.query.get("sort", listing.default_sort), listing)
    size = _page_size(request.query.get("page_size"), len(ordered))
    last = max(1, -(-len(ordered) // size))
    page = _page(request.query.get("page"), last)
    return json_answer(
        {
            "count": len(ordered),
            "next": _link(request, page + 1) if page < last else None,
            "previous": _link(request, page - 1) if page > 1 else None,
            "results": [show(item) for item in ordered[(page - 1) * size : page * size]],
        }
    )


def _filtered(items: list[T], request: Request, listing: Listing[T]) -> list[T]:
    for name in listing.plain:
        given = request.query.get(name)
        if not given:
            continue
        wanted: object = given
        if name in listing.numbers:
            if not given.lstrip("-").isdigit():
                raise Refusal(400, {name: ["Enter a number."]})
            wanted = int(given)
        if given not in listing.choices.get(name, [given]):
            text = f"Select a valid choice. {given} is not one of the available choices."
            raise Refusal(400, {name: [text]})
        items = [item for item in items if listing.fields[name](item) == wanted]
    if "filter" in request.query:
        test = parse_filter(request.query["filter"], listing.fields)
        items = [item for item in items if test(item)]
    return items


def _searched(items: list[T], request: Request, listing: Listing[T]) -> list[T]:
    for word in request.query.get("search", "").lower().split():
        items = [item for item in items if _mentions(item, word, listing)]
    return items


def _mentions(item: T, word: str, listing: Listing[T]) -> bool:
    return any(word in str(listing.fields[name](item) or "").lower() for name in listing.search)


def _sorted(items: list[T], order: str, listing: Listing[T]) -> list[T]:
    """Unknown fields are ignored silently; ties and the rest by falling id."""
    items = sorted(items, key=listing.fields["id"], reverse=True)
    for name in reversed([part.strip() for part in order.split(",")]):
        get = listing.fields.get(name.lstrip("-"))
        if get is not None:
            items = sorted(items, key=lambda item: _rank(get(item)), reverse=name.startswith("-"))
    return items


def _rank(value: Any) -> tuple[bool, Any]:
    """Empty values last, text without regard to case."""
    if value is None:
        return True, 0
    if isinstance(value, datetime):
        return False, value.timestamp()
    return False, value.casefold() if isinstance(value, str) else value


def _page_size(given: str | None, count: int) -> int:
    if given == "all":
        return max(1, count)
    if given is not None and given.isdigit() and int(given) > 0:
        return int(given)
    return DEFAULT_PAGE_SIZE


def _page(given: str | None, last: int) -> int:
    if given == "last":
        return last
    if given is None or given == "":
        return 1
    if not given.isdigit() or not 1 <= int(given) <= last:
        raise Refusal(404, {"detail": "Invalid page."})
    return int(given)


def _link(request: Request, page: int) -> str:
    query = {**request.query, "page": str(page)}
    if page == 1:
        del query["page"]
    tail = "?" + urlencode(sorted(query.items())) if query else ""
    return f"{request.base}{request.path}{tail}"
