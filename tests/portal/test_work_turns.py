"""People take turns with the workers, and no person takes all of them."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from portal.tasks import recover_work
from portal.work.recovery import hand_out_next
from tests.tally import tasks
from tests.tally.models import Tally
from tests.tally.rows import again, answers, begin, grow_stale, make_tally

pytestmark = pytest.mark.usefixtures("messages")


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets how many works of one person may run."""

    def limit(number: int) -> None:
        limits = dataclasses.replace(Tally.limits(), running_per_person=number)
        monkeypatch.setattr(Tally, "limits", staticmethod(lambda: limits))

    return limit


def queued(user: User, count: int) -> list[Tally]:
    return [make_tally(user) for _ in range(count)]


def test_a_person_runs_only_so_many_works_side_by_side(
    alice: User, bob: User, side_by_side: Callable[[int], None]
) -> None:
    side_by_side(2)
    of_alice, of_bob = queued(alice, 4), queued(bob, 1)
    first = begin(of_alice[0])
    begin(of_alice[1])
    assert not again(of_alice[2]).claim(uuid.uuid4())
    assert again(of_alice[2]).status == "queued"
    begin(of_bob[0])
    assert list(Tally.objects.in_turn()) == []
    assert again(of_alice[0]).fail(first, "why")
    assert list(Tally.objects.in_turn()) == of_alice[2:]


def test_persons_take_turns(
    alice: User, bob: User, admin: User, side_by_side: Callable[[int], None]
) -> None:
    """Also with one process alone, where nobody has work running when the next is chosen."""
    side_by_side(1)
    for user in (alice, bob, admin):
        queued(user, 3)
    order = []
    for _ in range(9):
        tally = Tally.objects.in_turn()[0]
        order.append(tally.requested_by.username)
        assert again(tally).fail(begin(tally), "next, please")
    assert order == ["alice", "bob", "admin"] * 3


@pytest.mark.django_db(transaction=True)
def test_claims_at_the_same_moment_do_not_exceed_a_persons_share(
    alice: User, side_by_side: Callable[[int], None]
) -> None:
    side_by_side(2)
    claims = [lambda row=row: row.claim(uuid.uuid4()) for row in queued(alice, 8)]
    assert answers(claims).count(True) == 2


def test_what_waits_for_other_works_of_its_person_is_handed_out_when_one_ends(
    alice: User, side_by_side: Callable[[int], None], messages: list[int]
) -> None:
    side_by_side(1)
    running, waiting = queued(alice, 2)
    worker = begin(running)
    tasks.count(waiting.pk)
    assert again(waiting).status == "queued"
    assert again(waiting).enqueued_at is None
    recover_work()
    assert messages == []  # as long as it could not be begun
    assert again(running).fail(worker, "why")
    hand_out_next()
    hand_out_next()
    recover_work()
    assert messages == [waiting.pk]


def test_recovery_hands_out_what_a_killed_worker_could_not(
    alice: User, side_by_side: Callable[[int], None], messages: list[int]
) -> None:
    side_by_side(1)
    running, waiting = queued(alice, 2)
    begin(running)
    tasks.count(waiting.pk)
    assert again(running).cancel()
    recover_work()
    assert messages == [waiting.pk]


def test_abandoned_works_of_one_person_do_not_keep_each_other_waiting(
    alice: User, side_by_side: Callable[[int], None]
) -> None:
    """More at a time than the limit, which was lowered meanwhile."""
    side_by_side(2)
    tallies = queued(alice, 2)
    for tally in tallies:
        begin(tally)
        grow_stale(tally)
    side_by_side(1)
    begin(tallies[0])
    assert not again(tallies[1]).claim(uuid.uuid4())  # one lives now
