"""Whether the labels that an archive names exist."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Min

from cvat.exceptions import CvatForbidden, CvatNotFound
from portal.exceptions import InvalidInput
from selections.archives.results import Results
from selections.models import Selection
from selections.object_choice import NAMES_LISTED, ObjectChoice
from selector.annotation_index.words import listed
from selector.cvat_requests import cvat_client
from selector.models import Connection
from selector.services.frame_annotations import present_labels

# One for each project, and for each task without one, while a person waits.
MOST_LABEL_REQUESTS = 20


def check_labels(
    *,
    connection: Connection,
    selection: Selection,
    choice: ObjectChoice,
    results: Results | None = None,
) -> None:
    """Raises InvalidInput if a label of the choice is one of no task of the selection, or not of
    the results if these are delivered; CvatError. Selections of very many projects are not
    checked."""
    if not (choice.labels or choice.rename):
        return
    if results is not None:
        where = results.title
        names = _names_of_results(results)
    else:
        where = "the tasks of this selection"
        jobs = _jobs(selection)
        if len(jobs) > MOST_LABEL_REQUESTS:
            return
        names = list(dict.fromkeys(name for job in jobs for name in _names(connection, job)))
    if unknown := choice.unknown(names):
        raise InvalidInput(
            f"There {'is no label' if len(unknown) == 1 else 'are no labels'} "
            f"{listed(unknown, NAMES_LISTED)} in {where}. There {_existing(names)}"
        )


def _names_of_results(results: Results) -> list[str]:
    """Raises CvatError."""
    job_id = results.job_id
    with cvat_client(results.connection) as client:
        if job_id is None:
            jobs = client.jobs(results.task_id)
            job_id = jobs[0].id if jobs else None
        if job_id is None:
            return []
        labels = client.labels_through(results.task_id, job_id)
    return [label.name for label in labels]


def _jobs(selection: Selection) -> list[int]:
    """A job of each project, whose tasks have the same labels, and of each task without one."""
    first_jobs = dict(
        selection.frames.order_by().values_list("task_id").annotate(job_id=Min("job_id"))
    )
    by_source = {
        ("project", task.project_id) if task.project_id else ("task", task.task_id): first_jobs[
            task.task_id
        ]
        for task in selection.task_list
        if task.task_id in first_jobs
    }
    return list(by_source.values())


def _names(connection: Connection, job_id: int) -> Iterable[str]:
    try:
        return [label.name for label in present_labels(connection, job_id)]
    except (CvatForbidden, CvatNotFound):
        return ()


def _existing(names: list[str]) -> str:
    return f"are: {listed(names, NAMES_LISTED)}." if names else "is none that you may see."
