"""What a kind of background work gets from the engine, tried with one that is no archive."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from portal.exceptions import Conflict
from portal.services import works
from portal.tasks import recover_work
from portal.work.exceptions import WorkFailed
from selections.tasks import build_archive
from tests.conftest import eventually
from tests.making import make_archive, make_selection
from tests.tally import tasks
from tests.tally.models import Tally
from tests.tally.rows import in_thread, make_tally, worker_died

pytestmark = pytest.mark.usefixtures("transactional_db", "messages")


def test_a_worker_claims_it_and_does_it(tally: Tally) -> None:
    tasks.count(tally.pk)
    tally.refresh_from_db()
    assert (tally.status, tally.frames_done, tally.attempts) == ("ready", 3, 1)
    assert tally.started_at <= tally.finished_at


def test_it_beats_and_shows_its_progress_until_it_is_cancelled(alice: User) -> None:
    tally = make_tally(alice, frames=100_000)
    thread = in_thread(tally)
    eventually(lambda: Tally.objects.get().frames_done > 1)
    row = Tally.objects.get()
    assert row.heartbeat_at > row.claimed_at
    works.cancel(work=row)
    thread.join(30)
    assert not thread.is_alive()
    assert Tally.objects.get().status == "cancelled"
    with pytest.raises(Conflict, match="This tally is cancelled and cannot be cancelled"):
        works.cancel(work=row)


def test_it_is_recovered_after_its_worker_died(tally: Tally, messages: list[int]) -> None:
    worker_died(tally)
    recover_work()
    recover_work()
    assert messages == [tally.pk]
    tasks.count(messages.pop())
    tally.refresh_from_db()
    assert (tally.status, tally.attempts) == ("ready", 2)


def test_it_is_not_begun_again_after_too_many_attempts(tally: Tally, messages: list[int]) -> None:
    for _ in range(3):
        messages.clear()
        worker_died(tally)
        recover_work()
    tally.refresh_from_db()
    assert (tally.status, messages) == ("failed", [])
    assert "ended its worker 3 times, the last time after 0 of 3 frames" in tally.error


def test_it_ends_at_its_deadline(tally: Tally) -> None:
    worker = uuid.uuid4()
    assert tally.claim(worker)
    Tally.objects.update(deadline_at=timezone.now())
    assert not Tally.objects.get().heartbeat(worker)
    recover_work()
    tally.refresh_from_db()
    assert tally.status == "failed"
    assert tally.error == "This took longer than 12 hours and was ended."


@pytest.mark.parametrize(
    ("error", "words"),
    [(WorkFailed("There are no beads."), "There are no beads."), (KeyError("x"), "unexpected")],
)
def test_what_goes_wrong_is_told(
    tally: Tally, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(tasks, "perform", fail)
    tasks.count(tally.pk)
    tally.refresh_from_db()
    assert tally.status == "failed"
    assert words in tally.error


def test_all_kinds_together_take_one_persons_share_of_the_workers(
    alice: User, bob: User, tally: Tally, settings: object
) -> None:
    settings.ARCHIVE_RUNNING_PER_PERSON = 3
    archives = [make_archive(alice, make_selection(alice)) for _ in range(3)]
    workers = [uuid.uuid4() for _ in archives]
    for archive, worker in zip(archives, workers, strict=True):
        assert archive.claim(worker)
    assert not tally.claim(uuid.uuid4())
    assert list(Tally.objects.in_turn()) == []
    of_bob = make_tally(bob)
    assert list(Tally.objects.in_turn()) == [of_bob]
    assert archives[0].fail(workers[0], "why")
    assert tally.claim(uuid.uuid4())


def test_the_end_of_one_kind_hands_out_what_waits_of_another(
    alice: User, tally: Tally, messages: list[int]
) -> None:
    Tally.objects.update(enqueued_at=None)  # it waited for other works of alice
    archive = make_archive(alice, make_selection(alice))
    archive.cancel()

    build_archive(archive.pk)
    assert messages == [tally.pk]
