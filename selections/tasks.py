"""Celery's way in. Arguments are integers; the rows say the rest."""

from __future__ import annotations

from celery import shared_task

from selections import removal
from selections.archives import building, recovery
from selections.models import KeyedAnswer


@shared_task
def build_archive(archive_id: int) -> None:
    """Build an archive: the one whose turn it is, as a rule the one named."""
    building.build_in_turn(archive_id)
    recovery.hand_out_next(hand_out=build_archive.delay)


@shared_task
def recover_archives() -> None:
    """Hand out again what a dead worker or a lost message left behind; end what goes on for too
    long."""
    recovery.recover(hand_out=build_archive.delay)


@shared_task
def expire_archives() -> None:
    """Delete the files of archives past their time, and what builds left behind on disk."""
    recovery.expire()
    recovery.clear_debris()


@shared_task
def purge_selections() -> None:
    """Delete for good what was deleted so long ago that it cannot be undone any more, and
    answers whose Idempotency-Key is over."""
    removal.purge_selections()
    KeyedAnswer.objects.outdated().delete()
