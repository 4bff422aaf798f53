"""Celery's way in. Arguments are integers; the rows say the rest."""

from __future__ import annotations

from celery import shared_task

from selections import removal
from selections.archives import building, memory
from selections.models import Archive


@shared_task
def build_archive(archive_id: int) -> None:
    building.build(archive_id)
    memory.give_back()


@shared_task
def recover_archives() -> None:
    """Hand out again what a dead worker or a lost message left behind."""
    for archive in Archive.objects.left_behind():
        if archive.enqueued_again():
            build_archive.delay(archive.pk)


@shared_task
def expire_archives() -> None:
    for archive in Archive.objects.expired():
        archive.expire()
    building.clear_debris()


@shared_task
def purge_selections() -> None:
    """What was deleted goes for good once its deletion cannot be undone any more."""
    removal.purge_selections()
