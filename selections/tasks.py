"""Celery's way in. Arguments are integers; the rows say the rest."""

from __future__ import annotations

from celery import shared_task

from portal.models import KeyedAnswer
from portal.work.running import take_turn
from selections.archives import building, clearing
from selections.models import Archive, Notice, Recipe
from selections.services import notices, recipes, removal


@shared_task
def build_archive(archive_id: int) -> None:
    """Build the archive whose turn it is, as a rule the one named."""
    take_turn(Archive, archive_id, building.build)


@shared_task
def expire_archives() -> None:
    """Delete the files of archives past their time, and what builds left behind on disk."""
    clearing.expire()
    clearing.clear_debris()


@shared_task
def draw_due_rounds() -> None:
    """Have a worker draw each round that a schedule asks for by now."""
    for recipe_id in Recipe.objects.due().values_list("pk", flat=True):
        draw_due_round.delay(recipe_id)


@shared_task
def draw_due_round(recipe_id: int) -> None:
    recipes.draw_due_round(recipe_id=recipe_id)


@shared_task
def send_due_notices() -> None:
    """Have workers send what is due, one worker for each person: slow servers of one person must
    not hold all of them."""
    for owner_id in Notice.objects.due().order_by().values_list("owner_id", flat=True).distinct():
        send_notices_of.delay(owner_id)


@shared_task(soft_time_limit=60, time_limit=90)
def send_notices_of(owner_id: int) -> None:
    notices.send_notices_of(owner_id=owner_id)


@shared_task
def purge_selections() -> None:
    """Delete for good what was deleted so long ago that it cannot be undone any more, and
    answers whose Idempotency-Key is over."""
    removal.purge_selections()
    KeyedAnswer.objects.outdated().delete()
