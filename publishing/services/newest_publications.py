"""The newest publications of a selection, for its page."""

from __future__ import annotations

from django.contrib.auth.models import User

from portal.compiled_queries import rows_for
from publishing.models import Publication, PublicationQuerySet
from selections.models import Selection

MOST_READ = 100
# Without their plans and steps, which may be long.
COLUMNS = ("target", "status", "url", "task_id", "result_job_id", "result_task_id", "created_at")


def newest_publications(user: User, selection: Selection) -> list[Publication]:
    """The newest publications that the user has made of the selection, or is making. Read once for
    an instance of the selection: a page asks for those to list and for those with results."""
    read: dict[int, list[Publication]] = vars(selection).setdefault("publications_by_viewer", {})
    if user.pk not in read:
        read[user.pk] = rows_for(user, _newest, selection.pk)
    return read[user.pk]


def _newest(user: User, selection_id: int) -> PublicationQuerySet:
    own = Publication.objects.for_user(user).filter(selection_id=selection_id).only(*COLUMNS)
    return own.order_by("-created_at", "-pk")[:MOST_READ]
