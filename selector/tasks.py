"""Celery's way in. Arguments are integers; the rows say the rest."""

from __future__ import annotations

from celery import shared_task

from portal.work.running import take_turn
from selector.models import AnnotationIndexing, PictureReading
from selector.services import indexing, picture_reading


@shared_task
def index_annotations(pk: int) -> None:
    """Read the annotations of the task whose turn it is, as a rule the one named."""
    take_turn(AnnotationIndexing, pk, indexing.index_annotations)


@shared_task
def read_pictures(pk: int) -> None:
    """Read the pictures of the task whose turn it is, as a rule the one named."""
    take_turn(PictureReading, pk, picture_reading.read_pictures)
