"""What is annotated in a publication on one of the frames that it was made of."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.models import User

from portal.exceptions import Conflict, NotFound
from publishing.models import Publication
from publishing.services.results import NO_RESULTS
from selections.services.connections import required_connection
from selector.services.frame_annotations import (
    FrameAnnotations,
    find_annotations,
    find_task_annotations,
)


def find_result_objects(
    *, user: User, publication: Publication, task_id: int, frame: int
) -> FrameAnnotations:
    """The results on a frame of a task, at most some seconds old; asked through the user's own
    connection. Jobs and labels are those of the publication.

    Raises NotFound, Conflict, NotConnected, Busy, CvatError.
    """
    if not publication.has_results:
        raise Conflict(NO_RESULTS)
    result_id, job_id = publication.result_task_id or 0, publication.result_job_id
    if job_id is None:
        rows = publication.published_frames.filter(task_id=task_id, frame=frame)
        new_frame = rows.values_list("new_frame", flat=True).first()
    else:
        is_held = task_id == publication.task_id and frame in publication.frames
        new_frame = frame if is_held else None
    if new_frame is None:
        raise NotFound(f"The publication has no frame {frame} of task {task_id}.")
    connection = required_connection(user, publication)
    if job_id is not None:
        return find_annotations(connection=connection, job_id=job_id, frame=new_frame)
    annotations = find_task_annotations(connection=connection, task_id=result_id, frame=new_frame)
    return replace(annotations, frame=frame)
