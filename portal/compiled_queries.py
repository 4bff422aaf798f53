"""Queries whose SQL is compiled once in a process, for those that nearly every request makes.

Django takes a millisecond to build a query with subqueries and its SQL, more than the database
takes to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    AnyUser = User | AnonymousUser

M = TypeVar("M", bound=Model)
Make = Callable[..., QuerySet[Any, Any]]

ANYBODY = -1  # no person's id; the next lower numbers stand for other ids


def compiled_for(user: AnyUser, make: Make, *ids: int) -> tuple[str, list[Any]]:
    """The SQL of the queryset `make(user, *ids)`, and its parameters.

    `make` is called once, for a user and ids that stand for all others: it must be a function of a
    module or a value kept for good, and its queryset must depend on nothing but the ids.
    """
    _, sql, parameters = _compiled(make, len(ids))
    given = {ANYBODY: user.pk} | dict(zip(_others(len(ids)), ids, strict=True))
    return sql, [given.get(each, each) for each in parameters]


def rows_for(user: AnyUser, make: Callable[..., QuerySet[M]], *ids: int) -> list[M]:
    """The rows of the queryset `make(user, *ids)`; see compiled_for(). The queryset may defer
    columns. What it adds to rows has the type that the database gives, and it prefetches nothing.
    """
    model, _, _ = _compiled(make, len(ids))
    return list(model._base_manager.raw(*compiled_for(user, make, *ids)))


@cache
def _compiled(make: Make, others: int) -> tuple[type[Any], str, tuple[Any, ...]]:
    queryset = make(User(pk=ANYBODY), *_others(others))
    return queryset.model, *queryset.query.sql_with_params()


def _others(count: int) -> range:
    return range(ANYBODY - 1, ANYBODY - 1 - count, -1)
