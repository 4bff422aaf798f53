"""Large selections are saved, copied and purged without keeping other writers waiting."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import NamedTuple

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from portal.exceptions import Conflict
from publishing.models import PublishedFrame
from selections import batches, services, tasks
from selections.models import FrameMark, SelectedFrame, Selection
from selections.services import removal, replacing
from tests.making import make_publication, make_selection

BATCH, COPY_BATCH = 200, 1000  # a tenth of the product's
OF_PRODUCT = batches.BATCH
COUNT = 10 * BATCH + 7


@pytest.fixture(autouse=True)
def smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH", BATCH)
    monkeypatch.setattr(batches, "COPY_BATCH", COPY_BATCH)


class Frame(NamedTuple):
    task_id: int
    job_id: int
    frame: int
    filename: str = "folder/picture.jpg"
    width: int = 640
    height: int = 480


def frames(count: int) -> Iterator[Frame]:
    return (Frame(1 + number % 3, 1, number) for number in range(count))


def large(owner: User, count: int = COUNT) -> Selection:
    selection = make_selection(owner, frames=0, is_complete=False)
    selection.tasks.update(frames_count=count)
    batches.save_frames(selection, frames(count))
    return selection


class Transactions:
    """How many frames each transaction wrote."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__
        begun: list[int] = []

        def count() -> int:
            return database.connection.total_changes

        def entering(atomic: transaction.Atomic) -> None:
            enter(atomic)
            begun.append(count())

        def leaving(atomic: transaction.Atomic, *error: object) -> None:
            leave(atomic, *error)
            before = begun.pop()
            if not begun:
                self.rows.append(count() - before)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(transaction.Atomic, "__enter__", entering)
            patch.setattr(transaction.Atomic, "__exit__", leaving)
            yield


@pytest.mark.skipif(database.vendor != "sqlite", reason="counts SQLite's changes")
@pytest.mark.parametrize("what", ["save", "copy", "delete", "edit"])
def test_no_transaction_writes_more_than_a_batch(
    transactional_db: None, alice: User, what: str
) -> None:
    selection = large(alice) if what != "save" else None
    seen = Transactions()
    with seen.watched():
        if selection is None:
            large(alice)
        elif what == "copy":
            copied = services.copy_selection(user=alice, selection=selection)
        elif what == "edit":
            _remove_all_but_one(selection)
            services.go_back(user=alice, selection=selection, revision=2, to=1)
        else:
            removal.delete_selection(selection=selection)
    # A few rows beside the frames: the selection's own, and what a deletion takes along.
    most = COPY_BATCH if what == "copy" else BATCH
    assert max(seen.rows) <= most + 10
    assert sum(seen.rows) >= COUNT
    if what == "copy":
        fields = batches.FIELDS
        assert list(copied.frames.values_list(*fields)) == list(
            selection.frames.values_list(*fields)
        )
    if what == "delete":
        assert not SelectedFrame.objects.exists()
        assert not Selection.objects.exists()
    if what == "edit":
        assert selection.frames.count() == COUNT


def marked(selection: Selection, by: User) -> None:
    """A mark on each frame, an hour ago."""
    moment = timezone.now() - timedelta(hours=1)
    FrameMark.objects.bulk_create(
        FrameMark(
            selection=selection,
            task_id=frame.task_id,
            frame=frame.frame,
            verdict="good",
            marked_by=by,
            marked_at=moment,
        )
        for frame in frames(COUNT)
    )


@pytest.mark.skipif(database.vendor != "sqlite", reason="counts SQLite's changes")
@pytest.mark.parametrize("what", ["replace", "purge", "marker's account", "owner's account"])
def test_no_transaction_writes_more_marks_than_a_batch(
    transactional_db: None, alice: User, bob: User, what: str
) -> None:
    selection = large(alice)
    marked(selection, bob)
    replacement = large(alice) if what == "replace" else None
    if what == "owner's account":
        removal.discard_selection(selection=selection)  # and nobody has undone that yet
        publication = make_publication(alice, selection)
        PublishedFrame.objects.bulk_create(
            PublishedFrame(publication=publication, new_frame=number, task_id=1, frame=number)
            for number in range(COUNT)
        )
    seen = Transactions()
    with seen.watched():
        if replacement is not None:
            replacing._replace(selection, by=replacement)
        elif what == "purge":
            removal.delete_selection(selection=selection)
        else:
            services.delete_accounts(users=[bob if what == "marker's account" else alice])
    most = COPY_BATCH if what == "replace" else BATCH
    assert max(seen.rows) <= most + 10
    assert sum(seen.rows) >= COUNT
    if replacement is not None:
        fields = batches.MARK_FIELDS
        assert list(replacement.marks.values_list(*fields)) == list(
            selection.marks.values_list(*fields)
        )
    elif what == "marker's account":
        assert FrameMark.objects.filter(marked_by=None).count() == COUNT
    else:
        assert not FrameMark.objects.exists()
        assert not PublishedFrame.objects.exists()


def _remove_all_but_one(selection: Selection) -> None:
    places = list(selection.frames.values_list("task_id", "frame"))
    services.edit_frames(user=selection.owner, selection=selection, revision=1, remove=places[1:])


def test_a_batch_of_the_product_fits_into_one_statement(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Databases bound the number of values in one statement. All frames are of one task here."""
    monkeypatch.setattr(batches, "BATCH", OF_PRODUCT)
    selection = make_selection(alice, frames=0, is_complete=False)
    selection.tasks.update(frames_count=OF_PRODUCT + 1)
    batches.save_frames(selection, (Frame(1, 1, number) for number in range(OF_PRODUCT + 1)))
    _remove_all_but_one(selection)
    assert Selection.objects.get().frames.count() == 1


@pytest.mark.skipif(database.vendor != "sqlite", reason="about SQLite's one writer")
def test_others_write_while_a_large_selection_is_saved(transactional_db: None, alice: User) -> None:
    """Again and again: each finds more frames than the one before."""
    count = 120 * BATCH
    seen: set[int] = set()
    end = threading.Event()

    def write() -> None:
        path = str(database.settings_dict["NAME"])
        saved = f"SELECT COUNT(*) FROM {SelectedFrame._meta.db_table}"
        with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as other:
            while not end.wait(0.01):
                other.execute("BEGIN IMMEDIATE")
                other.execute("UPDATE auth_user SET last_name = 'x'")
                seen.add(other.execute(saved).fetchone()[0])
                other.execute("COMMIT")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        large(alice, count)
    finally:
        end.set()
        thread.join()
    assert len([frames for frames in seen if 0 < frames < count]) > 10


@pytest.mark.skipif(database.vendor != "postgresql", reason="about PostgreSQL's statistics")
@pytest.mark.parametrize("what", ["save", "copy"])
def test_the_database_knows_how_many_frames_a_new_selection_has(
    transactional_db: None, alice: User, what: str
) -> None:
    """Otherwise it compares selections pair by pair."""
    selection = large(alice)
    if what == "copy":
        selection = services.copy_selection(user=alice, selection=selection)
    [plan] = json.loads(selection.frames.order_by().explain(format="json"))
    assert COUNT / 2 < plan["Plan"]["Plan Rows"] < COUNT * 2


def test_a_selection_is_hidden_until_all_its_frames_are_saved(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, bool]] = []

    def look() -> None:
        visible = Selection.objects.for_user(alice).exists()
        seen.append((SelectedFrame.objects.count(), visible))

    monkeypatch.setattr(batches, "_let_others_write", look)
    large(alice, 2 * BATCH + 1)
    assert seen == [
        (BATCH, False),
        (2 * BATCH, False),
    ]
    assert Selection.objects.for_user(alice).exists()


def test_a_copy_of_what_is_purged_meanwhile_is_refused(
    transactional_db: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection = make_selection(alice, frames=5)
    monkeypatch.setattr(batches, "COPY_BATCH", 2)
    monkeypatch.setattr(batches, "_let_others_write", lambda: batches.delete_frames(selection))
    monkeypatch.setattr(batches, "BATCH", 2)
    with pytest.raises(Conflict, match="was changed or deleted meanwhile"):
        services.copy_selection(user=alice, selection=selection)
    assert list(Selection.objects.all()) == [selection]


def test_what_was_not_saved_to_the_end_is_swept(
    transactional_db: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die() -> None:
        raise SystemExit

    whole = make_selection(alice)
    with monkeypatch.context() as patch:
        patch.setattr(batches, "_let_others_write", die)
        with pytest.raises(SystemExit):
            large(alice)
    assert SelectedFrame.objects.count() == BATCH + 3
    assert list(Selection.objects.for_user(alice)) == [whole]
    assert not Selection.objects.restorable(alice).exists()
    tasks.purge_selections()  # it may still be being saved
    assert Selection.objects.count() == 2
    Selection.objects.update(created_at=timezone.now() - timedelta(hours=2))
    tasks.purge_selections()
    assert list(Selection.objects.all()) == [whole]
    assert SelectedFrame.objects.count() == 3


def test_purging_goes_on_after_a_selection_that_fails(
    transactional_db: None, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [make_selection(alice) for _ in range(3)]
    Selection.objects.update(deleted_at=timezone.now() - timedelta(hours=1))
    delete = Selection.delete

    def failing(selection: Selection) -> object:
        if selection == rows[1]:
            raise OSError("no")
        return delete(selection)

    monkeypatch.setattr(Selection, "delete", failing)
    tasks.purge_selections()
    assert list(Selection.objects.all()) == [rows[1]]
