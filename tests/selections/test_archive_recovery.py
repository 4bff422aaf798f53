"""What is picked up again: an abandoned build, a message that was lost; and how often."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from selections import tasks
from selections.models import Archive
from selector.models import Connection
from standin.server import StandIn
from tests.selections.builds import (
    again,
    assert_whole,
    grow_stale,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "hasty")


def test_an_abandoned_build_is_handed_out_once_it_is_stale(
    archive: Archive, messages: list[int], settings: object
) -> None:
    assert archive.claim(uuid.uuid4())
    messages.clear()
    tasks.recover_archives()
    assert messages == []
    silent = timezone.now() - timedelta(seconds=settings.ARCHIVE_STALE_SECONDS + 0.1)
    Archive.objects.update(heartbeat_at=silent, enqueued_at=silent)
    for _ in range(5):
        tasks.recover_archives()
    assert messages == [archive.pk]


def test_a_lost_message_is_sent_again(
    archive: Archive, messages: list[int], settings: object
) -> None:
    messages.clear()
    tasks.recover_archives()
    assert messages == []
    lost = timezone.now() - timedelta(seconds=settings.ARCHIVE_REQUEUE_SECONDS + 0.1)
    Archive.objects.update(enqueued_at=lost)
    for _ in range(5):
        tasks.recover_archives()
    assert messages == [archive.pk]


def test_what_waits_long_gets_few_messages(
    archive: Archive, messages: list[int], settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour of beats, every five seconds, while all workers are busy."""
    begun = timezone.now()
    messages.clear()
    for beat in range(720):
        monkeypatch.setattr(timezone, "now", lambda beat=beat: begun + timedelta(seconds=5 * beat))
        tasks.recover_archives()
    monkeypatch.undo()
    requeue = settings.ARCHIVE_REQUEUE_SECONDS
    # Each goes out at the first beat after so long: a beat later, at most.
    assert 3600 // (requeue + 5) <= len(messages) <= 3600 / requeue


def test_without_a_broker_the_archive_waits(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OperationalError("no broker")

    selection = select(connection, (2, range(8)))
    monkeypatch.setattr(tasks.build_archive, "delay", refuse)
    archive = request(selection)
    assert again(archive).status == "queued"
    sent: list[int] = []
    monkeypatch.setattr(tasks.build_archive, "delay", sent.append)
    grow_stale(archive)
    tasks.recover_archives()
    assert sent == [archive.pk]
    tasks.build_archive(sent.pop())
    assert_whole(again(archive), standin)
