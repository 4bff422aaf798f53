"""Publications whose results an archive of their selection can have."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from django.contrib.auth.models import User

from cvat.types import Place
from portal.exceptions import Conflict, InvalidInput
from publishing.models import Publication, PublicationQuerySet, PublishedFrame
from publishing.services.newest_publications import MOST_READ, newest_publications
from publishing.services.results import NO_RESULTS, result_frames
from selections.archives.results import NewFrames, Results
from selections.models import Selection
from selections.services.connections import required_connection

MOST_CHOICES = 20  # on a page, the newest first
MOST_ON_FRAMES = 5  # the frames of a publication are not indexed by the task that they are of


class PublicationResults:
    """A ResultsProvider: the publications of the user that have results."""

    def choices(self, *, user: User, selection: Selection) -> list[tuple[int, str]]:
        newest = _with_results(newest_publications(user, selection))
        return [(each.pk, each.results_title) for each in newest]

    def on_frames(
        self, *, user: User, selection: Selection, places: Collection[Place]
    ) -> dict[Place, list[int]]:
        """Of the newest publications, by two queries."""
        newest = _own(user, selection).order_by("-created_at", "-pk")[:MOST_READ]
        publications = _with_results(newest.defer("problems", "plan", "steps"))[:MOST_ON_FRAMES]
        of_tasks = PublishedFrame.objects.filter(
            publication__in=[each.pk for each in publications],
            task_id__in={task_id for task_id, _ in places},
            frame__in={frame for _, frame in places},
        )
        held: dict[Place, list[int]] = {}
        for pk, *place in of_tasks.order_by("-publication").values_list(
            "publication", "task_id", "frame"
        ):
            held.setdefault((place[0], place[1]), []).append(pk)
        for each in publications:
            if each.result_job_id is not None:
                frames = set(each.frames)
                for task_id, frame in places:
                    if task_id == each.task_id and frame in frames:
                        held.setdefault((task_id, frame), []).append(each.pk)
        wanted = set(places)
        return {place: pks for place, pks in held.items() if place in wanted}

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
            connection=required_connection(user, publication),
            task_id=publication.result_task_id or 0,
            job_id=publication.result_job_id,
            frames=_frames(publication),
            has_pool=publication.has_honeypots,
        )


def _own(user: User, selection: Selection) -> PublicationQuerySet:
    return Publication.objects.for_user(user).filter(selection=selection)


def _with_results(newest: Iterable[Publication]) -> list[Publication]:
    return list(islice((each for each in newest if each.has_results), MOST_CHOICES))


def _frames(publication: Publication) -> dict[int, NewFrames]:
    pairs: dict[int, list[tuple[int, int]]] = {}
    for place in result_frames(publication):
        pairs.setdefault(place.task_id, []).append((place.frame, place.new_frame))
    return {task_id: NewFrames(sorted(of_task)) for task_id, of_task in pairs.items()}
