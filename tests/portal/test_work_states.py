"""The row of a work is the truth: who may change it, how often it is begun, when it ends."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.tasks import recover_work
from tests.tally import tasks
from tests.tally.models import Tally
from tests.tally.rows import again, answers, begin, grow_stale, make_tally, worker_died

pytestmark = pytest.mark.usefixtures("transactional_db", "messages")

# --- claims ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("abandoned", [False, True])
@pytest.mark.parametrize("attempt", range(3))
def test_of_many_claims_at_once_one_takes(tally: Tally, abandoned: bool, attempt: int) -> None:
    if abandoned:
        worker_died(tally)
    claims = answers([lambda: again(tally).claim(uuid.uuid4())] * 8)
    assert claims.count(True) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_it_is_handed_out_again_by_one_alone(tally: Tally, attempt: int) -> None:
    grow_stale(tally)
    assert answers([lambda: again(tally).hand_out_again()] * 8).count(True) == 1


def test_what_lives_cannot_be_claimed(tally: Tally) -> None:
    begin(tally)
    assert not again(tally).claim(uuid.uuid4())
    assert not again(tally).hand_out_again()


def test_a_late_worker_changes_nothing(tally: Tally) -> None:
    late = begin(tally)
    grow_stale(tally)
    new = begin(tally)
    row = again(tally)
    assert not row.heartbeat(late, frames_done=3)
    assert not row.fail(late, "late")
    assert not row.finish(late)
    assert again(tally).claimed_by == new
    assert again(tally).heartbeat(new, frames_done=2)
    assert again(tally).frames_done == 2


@pytest.mark.parametrize("end", ["cancel", "fail", "finish"])
def test_what_has_ended_stays_ended(tally: Tally, end: str) -> None:
    worker = begin(tally)
    row = again(tally)
    assert {
        "cancel": row.cancel,
        "fail": lambda: row.fail(worker, "why"),
        "finish": lambda: row.finish(worker),
    }[end]()
    status = again(tally).status
    assert not row.claim(uuid.uuid4())
    assert not row.heartbeat(worker)
    assert not row.fail(worker, "once more")
    assert not row.finish(worker)
    assert not row.cancel()
    grow_stale(tally)
    assert not again(tally).hand_out_again()
    tasks.count(tally.pk)
    assert again(tally).status == status
    assert again(tally).error == ("why" if end == "fail" else "")


# --- dead workers and lost messages ---------------------------------------------------------------


def test_abandoned_work_is_handed_out_once_it_is_stale(
    tally: Tally, messages: list[int], settings: object
) -> None:
    settings.ARCHIVE_STALE_SECONDS = 60.0  # longer than five looks for abandoned work take
    begin(tally)
    recover_work()
    assert messages == []
    silent = timezone.now() - timedelta(seconds=Tally.limits().stale_seconds + 0.1)
    Tally.objects.update(heartbeat_at=silent, enqueued_at=silent)
    for _ in range(5):
        recover_work()
    assert messages == [tally.pk]


def test_a_lost_message_is_sent_again(tally: Tally, messages: list[int]) -> None:
    recover_work()
    assert messages == []
    lost = timezone.now() - timedelta(seconds=Tally.limits().requeue_seconds + 0.1)
    Tally.objects.update(enqueued_at=lost)
    for _ in range(5):
        recover_work()
    assert messages == [tally.pk]


@pytest.mark.slow
def test_what_waits_long_gets_few_messages(
    tally: Tally, messages: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve minutes of beats, every five seconds, while all workers are busy."""
    begun = timezone.now()
    for beat in range(144):
        monkeypatch.setattr(timezone, "now", lambda beat=beat: begun + timedelta(seconds=5 * beat))
        recover_work()
    monkeypatch.undo()
    requeue = Tally.limits().requeue_seconds
    # Each goes out at the first beat after so long: a beat later, at most.
    assert 720 // (requeue + 5) <= len(messages) <= 720 / requeue


def test_recovery_goes_on_after_a_row_that_fails(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [make_tally(alice) for _ in range(3)]
    for row in rows:
        grow_stale(row)
    sent: list[int] = []

    def send(pk: int) -> None:
        if pk == rows[1].pk:
            raise OperationalError("the broker choked on it")
        sent.append(pk)

    monkeypatch.setattr(tasks.count, "delay", send)
    recover_work()
    assert sorted(sent) == [rows[0].pk, rows[2].pk]


# --- attempts and the deadline --------------------------------------------------------------------


def test_long_attempts_that_get_further_do_not_count_up(alice: User) -> None:
    """Restarts of the portal during long work."""
    tally = make_tally(alice, frames=8)
    for frames_done in (2, 4, 6, 8):
        worker_died(tally, frames_done=frames_done, minutes=11)
        assert again(tally).attempts == 1
    for attempt in (1, 2, 3):
        worker_died(tally, frames_done=8, minutes=11)
        assert again(tally).attempts == attempt
    assert not again(tally).claim(uuid.uuid4())
    assert again(tally).fail_exhausted()


def test_the_deadline_is_set_by_the_first_claim(tally: Tally) -> None:
    begin(tally)
    row = again(tally)
    assert row.deadline_at - row.started_at == Tally.limits().longest
    recover_work()
    assert again(tally).status == "running"
    grow_stale(tally)
    begin(tally)
    assert again(tally).deadline_at == row.deadline_at


def test_abandoned_work_past_its_deadline_is_not_begun_again(
    tally: Tally, messages: list[int]
) -> None:
    worker_died(tally, frames_done=1)
    Tally.objects.update(deadline_at=timezone.now())
    assert not again(tally).claim(uuid.uuid4())
    recover_work()
    assert again(tally).status == "failed"
    assert messages == []
