"""Publications whose results an archive of their selection can have."""

from __future__ import annotations

from itertools import islice

from django.contrib.auth.models import User

from portal.exceptions import Conflict, InvalidInput
from publishing.models import Publication, PublicationQuerySet
from publishing.services.following import connection_to
from publishing.services.results import NO_RESULTS, result_frames
from selections.archives.results import NewFrames, Results
from selections.models import Selection

MOST_CHOICES = 20  # on a page, the newest first
MOST_LOOKED_AT = 100  # of which some have no results


class PublicationResults:
    """A ResultsProvider: the publications of the user that have results."""

    def choices(self, *, user: User, selection: Selection) -> list[tuple[int, str]]:
        newest = _own(user, selection).for_list().order_by("-created_at", "-pk")[:MOST_LOOKED_AT]
        with_results = (each for each in newest if each.has_results)
        return [(each.pk, each.results_title) for each in islice(with_results, MOST_CHOICES)]

    def find(self, *, user: User, selection: Selection, results_id: int) -> Results:
        """Raises InvalidInput, Conflict, NotConnected."""
        publication = _own(user, selection).filter(pk=results_id).first()
        if publication is None:
            raise InvalidInput(
                f"You have no publication {results_id} of this selection. Choose one of those that "
                "are listed with it, or the annotations of the tasks themselves."
            )
        if not publication.has_results:
            raise Conflict(NO_RESULTS)
        return Results(
            id=publication.pk,
            title=publication.results_title,
            connection=connection_to(user, publication),
            task_id=publication.result_task_id or 0,
            job_id=publication.result_job_id,
            frames=_frames(publication),
        )


def _own(user: User, selection: Selection) -> PublicationQuerySet:
    return Publication.objects.for_user(user).filter(selection=selection)


def _frames(publication: Publication) -> dict[int, NewFrames]:
    pairs: dict[int, list[tuple[int, int]]] = {}
    for place in result_frames(publication):
        pairs.setdefault(place.task_id, []).append((place.frame, place.new_frame))
    return {task_id: NewFrames(sorted(of_task)) for task_id, of_task in pairs.items()}
