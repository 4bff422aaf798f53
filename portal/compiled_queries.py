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
Make = Callable[[User], QuerySet[Any, Any]]

ANYBODY = -1  # no person's id


def compiled_for(user: AnyUser, make: Make) -> tuple[str, list[Any]]:
    """The SQL of the queryset `make(user)`, and its parameters.

    `make` is called once, for a user who stands for all others: it must be a function of a module
    or a value kept for good, and its queryset must depend on nothing but the id of the user.
    """
    _, sql, parameters = _compiled(make)
    return sql, [user.pk if each == ANYBODY else each for each in parameters]


def rows_for(user: AnyUser, make: Callable[[User], QuerySet[M]]) -> list[M]:
    """The rows of the queryset `make(user)`, which may defer columns and adds none; see
    compiled_for()."""
    model, _, _ = _compiled(make)
    return list(model._base_manager.raw(*compiled_for(user, make)))


@cache
def _compiled(make: Make) -> tuple[type[Any], str, tuple[Any, ...]]:
    queryset = make(User(pk=ANYBODY))
    return queryset.model, *queryset.query.sql_with_params()
