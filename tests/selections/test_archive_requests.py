"""Asking for the archive of a selection: once, twice at once, two people."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import User
from django.db import connections

from portal.exceptions import Conflict
from selections import services, tasks
from selections.models import Archive, ArchiveOptions
from tests.making import make_connection, make_selection


def test_asked_again_while_it_is_built(alice: User) -> None:
    kept = make_selection(alice, make_connection(alice))
    first = services.request_archive(user=alice, selection=kept)
    assert services.request_archive(user=alice, selection=kept) == first
    with pytest.raises(Conflict, match="other options"):
        services.request_archive(
            user=alice, selection=kept, options=ArchiveOptions(quality="compressed")
        )
    services.cancel_archive(archive=first)
    assert services.request_archive(user=alice, selection=kept) != first


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_asked_many_times_at_once_there_is_one(
    alice: User, monkeypatch: pytest.MonkeyPatch, attempt: int
) -> None:
    """Many threads, each with a database connection of its own, in the same moment."""
    enqueued: list[int] = []
    monkeypatch.setattr(tasks.build_archive, "delay", enqueued.append)
    kept = make_selection(alice, make_connection(alice))
    together, answers = Barrier(6), []

    def ask() -> None:
        try:
            together.wait()
            answers.append(services.request_archive(user=alice, selection=kept).pk)
        finally:
            connections.close_all()

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [archive] = Archive.objects.all()
    assert answers == [archive.pk] * 6
    assert enqueued == [archive.pk]


def test_two_people_do_not_see_each_others_builds(alice: User, bob: User) -> None:
    kept = make_selection(alice, make_connection(alice), visibility="shared")
    make_connection(bob)
    of_alice = services.request_archive(user=alice, selection=kept)
    of_bob = services.request_archive(user=bob, selection=kept)
    assert of_alice != of_bob
    assert list(Archive.objects.for_user(bob)) == [of_bob]
    assert of_bob.connection.owner == bob
