"""The works of a person, of all kinds together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import CharField, QuerySet, Value

from portal.compiled_queries import compiled_for
from portal.work.models import Work, kinds
from portal.work.values import ACTIVE

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    AnyUser = User | AnonymousUser


class Key(NamedTuple):
    kind: str  # see kinds_by_name
    pk: int


def kinds_by_name() -> dict[str, type[Work]]:
    """All kinds by the name that the API has for them, such as "archive"."""
    return {str(kind._meta.model_name): kind for kind in kinds()}


def works_of(user: AnyUser) -> QuerySet[Any, Any]:
    """The keys of all works of `user`, newest first: {"kind", "pk", "created_at"}."""
    return _union(user, "kind", "pk", "created_at").order_by("-created_at", "-pk")


def active_kinds(user: AnyUser) -> list[type[Work]]:
    """The kind of each work of `user` that waits or runs. One query, which every page makes."""
    by_name = kinds_by_name()
    with connection.cursor() as cursor:
        cursor.execute(*compiled_for(user, _active))
        return [by_name[name] for (name,) in cursor.fetchall()]


def load(keys: Iterable[dict[str, Any]]) -> list[Work]:
    """The rows of these keys, without those deleted meanwhile. One query for each kind."""
    wanted = [Key(key["kind"], key["pk"]) for key in keys]
    rows = {
        Key(name, row.pk): row
        for name, kind in kinds_by_name().items()
        if (pks := [key.pk for key in wanted if key.kind == name])
        for row in kind.objects.for_list().filter(pk__in=pks)
    }
    return [rows[key] for key in wanted if key in rows]


def _active(user: User) -> QuerySet[Any, Any]:
    return _union(user, "kind", status__in=ACTIVE)


def _union(user: AnyUser, *columns: str, **conditions: Any) -> QuerySet[Any, Any]:
    first, *others = (
        kind.objects.for_user(user)
        .filter(**conditions)
        .order_by()
        .annotate(kind=Value(name, output_field=CharField()))
        .values(*columns)
        for name, kind in kinds_by_name().items()
    )
    union: QuerySet[Any, Any] = first.union(*others, all=True)
    return union
