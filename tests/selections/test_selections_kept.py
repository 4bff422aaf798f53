"""What was kept is copied, changed and deleted, and outlives its connection."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User

from portal.exceptions import InvalidInput, NotConnected
from selections import services
from selections.models import Archive, SelectedFrame, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.making import connected, make_archive, make_selection
from tests.selections.draws import drawn, frames_of


def test_copy(alice: User, bob: User, mine: Connection, standin: StandIn) -> None:
    kept = drawn(mine)
    services.update_selection(selection=kept, visibility="shared", note="for all")
    copied = services.copy_selection(user=bob, selection=kept)
    assert frames_of(copied) == frames_of(kept)
    assert (copied.owner, copied.visibility, copied.note) == (bob, "private", "for all")
    assert (copied.random_seed, copied.parameters) == (kept.random_seed, kept.parameters)
    assert copied.connection is None  # never somebody else's
    own = connected(bob, standin)
    assert services.copy_selection(user=bob, selection=kept).connection == own
    services.delete_selection(selection=kept)
    assert copied.frames.count() == 50


def test_a_copy_of_a_long_name_fits(alice: User) -> None:
    kept = make_selection(alice, name="x" * 200)
    assert len(services.copy_selection(user=alice, selection=kept).name) == 200


def test_update(alice: User) -> None:
    kept = make_selection(alice, name="old")
    before = kept.updated_at
    services.update_selection(selection=kept, name="new", note="n", visibility="shared")
    kept.refresh_from_db()
    assert (kept.name, kept.note, kept.visibility) == ("new", "n", "shared")
    assert kept.updated_at > before


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": "x" * 201}, {"visibility": "everyone"}, {"owner": "bob"},
     {"random_seed": "5"}],
)  # fmt: skip
def test_what_cannot_be_changed(alice: User, changes: dict) -> None:
    kept = make_selection(alice, name="old")
    with pytest.raises(InvalidInput):
        services.update_selection(selection=kept, **changes)
    kept.refresh_from_db()
    assert (kept.name, kept.owner, kept.visibility) == ("old", alice, "private")


def test_concurrent_changes_of_other_fields_survive(alice: User) -> None:
    kept = make_selection(alice)
    again = Selection.objects.get(pk=kept.pk)
    services.update_selection(selection=kept, name="new")
    services.update_selection(selection=again, note="also new")
    kept.refresh_from_db()
    assert (kept.name, kept.note) == ("new", "also new")


def test_delete_with_a_running_archive(alice: User) -> None:
    kept = make_selection(alice)
    running = make_archive(alice, kept)
    worker = uuid.uuid4()
    assert running.claim(worker)
    services.delete_selection(selection=kept)
    assert not Archive.objects.exists()
    assert not SelectedFrame.objects.exists()
    # The worker learns of it at its next sign of life, and leaves nothing behind.
    assert running.heartbeat(worker, frames_done=1) is False
    assert running.finish(worker, parts=[], problems=[], bytes_done=0) is False


def test_a_selection_outlives_its_connection(mine: Connection) -> None:
    kept = drawn(mine)
    mine.delete()
    kept.refresh_from_db()
    assert kept.connection is None
    assert kept.url
    assert kept.frames.count() == 50
    with pytest.raises(NotConnected, match="Connect to it first"):
        services.request_archive(user=kept.owner, selection=kept)
