"""Asks a worker to read annotations for an index: an AnnotationIndexing."""

from __future__ import annotations

from django.db import transaction

from portal.exceptions import Conflict
from portal.work.models import lock_person
from selector.models import AnnotationIndexing, Connection, TaskReadingQuerySet
from selector.services.index_input import IndexPlan
from selector.services.task_reading import begin_reading


def indexings(
    connection: Connection, *task_ids: int, job_id: int | None
) -> TaskReadingQuerySet[AnnotationIndexing]:
    """The works that read the annotations of these tasks, or of the job, for the connection."""
    own = AnnotationIndexing.objects.for_user(connection.owner)
    return own.filter(connection=connection, task_id__in=task_ids, job_id=job_id)


def request_indexing(
    connection: Connection, plan: IndexPlan, *, frames_count: int
) -> AnnotationIndexing:
    """The work that reads the annotations of so many frames, which may be under way already. Raises
    Conflict if it ended just now without having read them."""
    user = connection.owner
    with transaction.atomic():
        lock_person(user.pk)  # of two requests at once, the second finds the work of the first
        last = indexings(connection, plan.task_id, job_id=plan.job_id).first()
        if last is not None and last.is_active:
            return last
        if last is not None and last.ended_just_now:
            _refuse_again(last, plan)
        return begin_reading(
            AnnotationIndexing(
                requested_by=user,
                connection=connection,
                task_id=plan.task_id,
                job_id=plan.job_id,
                task_name=plan.task_name[:500],
                digest=plan.digest,
                frames_total=frames_count,
            )
        )


def _refuse_again(last: AnnotationIndexing, plan: IndexPlan) -> None:
    """Raise Conflict if the same work would only end again as it did a moment ago."""
    title = f"{last.title[0].lower()}{last.title[1:]}"
    if last.status == last.Status.FAILED:
        raise Conflict(f"Reading the {title} failed: {last.error} Try again in a minute.")
    if last.status == last.Status.CANCELLED:
        raise Conflict(f"Reading the {title} was cancelled. Try again in a minute.")
    if last.digest == plan.digest:
        raise not_stored(title)


def not_stored(title: str) -> Conflict:
    return Conflict(
        f"The {title} were read, but are not in the portal's folder of annotations. Ask the "
        "operator of the portal whether the folder has room, and whether all web servers and "
        "workers share it."
    )
