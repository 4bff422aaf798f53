"""Celery's way in. Arguments are integers; the rows say the rest."""

from __future__ import annotations

from celery import shared_task

from portal.work.running import take_turn
from publishing.models import Publication
from publishing.services import carrying_out, copying_annotations, spools, uploads


@shared_task
def publish(pk: int) -> None:
    """Carry out the publication whose turn it is, as a rule the one named."""
    take_turn(Publication, pk, carrying_out.publish)


@shared_task
def clear_debris() -> None:
    """Delete what was fetched for publications that have ended without a worker, the objects of
    copies that came to nothing, and uploads that nobody went on with."""
    spools.clear_debris()
    copying_annotations.forget_objects()
    uploads.clear_uploads()
