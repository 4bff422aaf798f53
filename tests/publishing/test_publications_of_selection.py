"""The page of a selection names the publications that the viewer has made of it."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from publishing.models import Publication
from tests.making import make_connection, make_publication, make_selection


def page(user: User, address: str) -> str:
    client = Client()
    client.force_login(user)
    return client.get(address).content.decode()


def test_each_sees_the_own_ones(alice: User, bob: User) -> None:
    selection = make_selection(alice, make_connection(alice), visibility="shared")
    other = make_selection(alice, selection.connection)
    publication = make_publication(alice, selection, status="ready")
    Publication.objects.filter(pk=publication.pk).update(result_job_id=77)
    own = page(alice, selection.get_absolute_url())
    assert publication.get_absolute_url() in own
    assert "job 77 in CVAT" in own
    for answer in (page(bob, selection.get_absolute_url()), page(alice, other.get_absolute_url())):
        assert "Made of it in CVAT" not in answer


def test_many_are_not_all_named(alice: User) -> None:
    selection = make_selection(alice, make_connection(alice))
    made = [make_publication(alice, selection, status="ready")]
    with CaptureQueriesContext(database) as few:
        page(alice, selection.get_absolute_url())
    made += [make_publication(alice, selection, status="ready") for _ in range(5)]
    with CaptureQueriesContext(database) as many:
        answer = page(alice, selection.get_absolute_url())
    assert len(many) == len(few)
    assert [each.get_absolute_url() in answer for each in made] == [False] + 5 * [True]
    assert "all publications" in answer
