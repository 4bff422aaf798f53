"""Celery's way in. Arguments are integers; the rows say the rest."""

from __future__ import annotations

from celery import shared_task

from portal.work.running import take_turn
from selector.models import AnnotationIndexing
from selector.services import indexing


@shared_task
def index_annotations(pk: int) -> None:
    """Read the annotations of the task whose turn it is, as a rule the one named."""
    take_turn(AnnotationIndexing, pk, indexing.index_annotations)
