"""Annotations written into the jobs of a task, each object once."""

from __future__ import annotations

from typing import Any

from cvat.writing import AnnotationWriter
from cvat.writing.objects import OBJECTS_AT_ONCE
from portal.work.heartbeat import Heartbeat
from publishing.copying import JobObjects, object_creation
from publishing.models import Publication
from publishing.services.writing import Writing, permitted_writing


def copy_annotations(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as copied annotations; returns the columns of its result."""
    with permitted_writing(publication, heartbeat) as writing:
        _copy(writing)
    # The steps are the record; the objects are megabytes that nothing reads any more.
    return {"result_task_id": publication.task_id, "plan": {}}


def forget_objects() -> None:
    """Delete the objects of copies that failed or were cancelled: asked for again, they are read
    again."""
    ended = Publication.objects.exclude(status__in=Publication.ACTIVE)
    ended.filter(target=Publication.Target.COPY).exclude(plan={}).update(plan={})


def _copy(writing: Writing) -> None:
    """An earlier attempt may have come to any point of this."""
    publication, writer = writing.publication, AnnotationWriter(writing.client)
    for planned in publication.plan["jobs"]:
        job = JobObjects.from_json(planned)
        change = object_creation(job.job_id, count=job.lacking)
        if not publication.has_done(change):
            with writing.step(change):
                writer.add_missing_annotations(job.job_id, job.objects, at_once=OBJECTS_AT_ONCE)
        writing.heartbeat.frames_done += job.frames_count
