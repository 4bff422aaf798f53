"""Queries that are compiled once give each person, and each id, their own rows."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import F, QuerySet

from portal.compiled_queries import rows_for
from selector.models import Connection
from selector.own_connections import own_connections
from tests.making import make_connection


def _with_id(user: User, pk: int) -> QuerySet[Connection]:
    own = Connection.objects.for_user(user).filter(pk=pk)
    return own.annotate(owner_name=F("owner__username"))


def test_each_person_has_their_own_rows(alice: User, bob: User) -> None:
    hers, his = make_connection(alice), make_connection(bob)
    assert own_connections(alice) == [hers]
    assert own_connections(bob) == [his]
    assert own_connections(AnonymousUser()) == []
    more = make_connection(alice, "http://other.example.com")
    assert set(own_connections(alice)) == {hers, more}


def test_each_id_has_its_own_row(alice: User, bob: User) -> None:
    hers, his = make_connection(alice), make_connection(bob)
    more = make_connection(alice, "http://other.example.com")
    for person, asked, found in [
        (alice, hers, [hers]),
        (alice, more, [more]),
        (alice, his, []),
        (bob, his, [his]),
        (bob, hers, []),
    ]:
        rows = rows_for(person, _with_id, asked.pk)
        assert rows == found
        assert [row.owner_name for row in rows] == [person.username for _ in found]


def test_columns_that_were_deferred_are_read_when_used(alice: User) -> None:
    connection = make_connection(alice)
    [row] = own_connections(alice)
    assert "credential" in row.get_deferred_fields()
    assert row.get_credential() == connection.get_credential()
