"""Every object on some frames of a task, read from CVAT into a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cvat import origins
from cvat.annotations import Labels
from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.types import Job
from selections.archives.annotation_reading import TaskAnnotations, read_task
from selections.archives.entries import ChosenFrames
from selections.formats import FORMATS

# CVAT's own format, which has a place for every object.
EVERY_OBJECT = FORMATS["cvat_images"]
UNNAMED = "Further objects could not be read."  # those that TaskAnnotations.problems does not list


def read_every_object(
    client: CvatClient,
    task_id: int,
    chosen: ChosenFrames,
    labels: Labels | CvatError,
    *,
    into: Path,
) -> TaskAnnotations:
    """Read what is annotated on the chosen frames of a task into a file of StoredObjects; objects
    of tracks become single ones. Raises CvatError."""

    def deleted(jobs: Sequence[Job]) -> frozenset[int]:
        return origins.read(client, task_id, jobs).deleted

    return read_task(
        client,
        task_id,
        chosen,
        labels,
        client.jobs(task_id),
        deleted=deleted,
        into=into,
        format=EVERY_OBJECT,
    )
