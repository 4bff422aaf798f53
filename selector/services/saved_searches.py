"""Saved searches: save, delete, and find the tasks that match now."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from portal.exceptions import InvalidInput, LimitReached
from portal.naming import free_name
from portal.work.models import lock_person
from selector.cvat_requests import cvat_client
from selector.models import Connection, SavedSearch
from selector.scope import Scope
from selector.task_search import TaskSearch

S = TypeVar("S", bound=Scope)

MOST_SEARCHES = 200  # of one person


def save_search(
    *, user: User, connection: Connection, criteria: TaskSearch, name: str
) -> SavedSearch:
    """Save what the tasks of a server are searched by. Raises InvalidInput, and LimitReached beyond
    MOST_SEARCHES."""
    if not criteria.has_conditions and criteria.project_id is None:
        raise InvalidInput("Give at least one condition: words, project, status, assignee, subset.")
    saved = SavedSearch(
        owner=user,
        url=connection.url,
        organization=connection.organization,
        name=" ".join(name.split()),
        **criteria.criteria,
    )
    with transaction.atomic():
        lock_person(user.pk)  # of two requests at once, the second counts the first
        if SavedSearch.objects.for_user(user).count() >= MOST_SEARCHES:
            raise LimitReached(
                f"You have {MOST_SEARCHES} saved searches, which is as many as one person may. "
                "Delete one."
            )
        try:
            saved.full_clean()
        except ValidationError as error:
            raise InvalidInput(" ".join(error.messages)) from None
        saved.save()
    return saved


def delete_search(*, saved: SavedSearch) -> None:
    """Selections that were drawn by it keep the tasks that it found then."""
    saved.delete()


def hand_on(*, search_id: int, owner: User, to: User) -> int:
    """The id of a search of `to` for the same tasks, when a recipe goes from `owner` to `to`: a
    search that this person has already, or a copy, whose name gets a number if it is taken.
    `search_id` itself if the owner has no such search any more."""
    saved = SavedSearch.objects.for_user(owner).filter(pk=search_id).first()
    if saved is None:
        return search_id
    theirs = SavedSearch.objects.for_user(to)
    place = {"url": saved.url, "organization": saved.organization}
    same = theirs.filter(**place, **saved.criteria.criteria).first()
    if same is not None:
        return same.pk
    taken = set(theirs.values_list("name", flat=True))
    longest = SavedSearch._meta.get_field("name").max_length or 0
    name = free_name(saved.name, taken=taken, longest=longest)
    copy = SavedSearch.objects.create(owner=to, name=name, **place, **saved.criteria.criteria)
    return copy.pk


def search_name(*, connection: Connection, scope: Scope) -> str:
    """The name of the saved search of the scope; "" without one, and for one that is deleted."""
    if scope.saved_search is None:
        return ""
    own = SavedSearch.objects.for_user(connection.owner)
    return own.filter(pk=scope.saved_search).values_list("name", flat=True).first() or ""


def with_matching_tasks(*, connection: Connection, scope: S) -> S:
    """The scope with the tasks that its saved search finds now; unchanged without a search, and if
    it names the tasks that the search found before. Raises InvalidInput, CvatError."""
    if scope.saved_search is None or scope.task_ids:
        return scope
    own = SavedSearch.objects.for_user(connection.owner)
    saved = own.filter(pk=scope.saved_search).first()
    if saved is None:
        raise InvalidInput(f"You have no saved search {scope.saved_search}.")
    if saved.url != connection.url:
        raise InvalidInput(
            f"The search “{saved.name}” is for tasks of another CVAT server, {saved.url}. Choose a "
            "connection to that server."
        )
    if saved.organization != connection.organization:
        raise InvalidInput(
            f"The search “{saved.name}” is for tasks of {_space(saved.organization)}, this "
            f"connection to {_space(connection.organization)}. Choose a connection to the former."
        )
    tasks = _find(connection, saved)
    if not tasks:
        raise InvalidInput(
            f"No task with pictures matches the search “{saved.name}” now: "
            f"{saved.criteria.in_words}."
        )
    return replace(scope, task_ids=tuple(tasks))


def _space(organization: str) -> str:
    return f"the organization {organization}" if organization else "no organization"


def _find(connection: Connection, saved: SavedSearch) -> list[int]:
    """The ids of the tasks with pictures that match, ascending."""
    criteria = saved.criteria.criteria
    with cvat_client(connection) as client:
        count = client.tasks(**criteria, page_size=1).count
        if count > settings.MAX_SCOPE_TASKS:
            raise InvalidInput(
                f"{count:,} tasks match the search “{saved.name}”, more than can be looked "
                f"through at once ({settings.MAX_SCOPE_TASKS:,}). Save a narrower search."
            )
        matching = client.all_tasks(**criteria)
    return [task.id for task in matching if task.is_choosable]
