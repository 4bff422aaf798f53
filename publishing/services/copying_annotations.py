"""Annotations written into the jobs of a task, each object once."""

from __future__ import annotations

from typing import Any

from cvat.client import CvatClient
from cvat.writing import AnnotationWriter
from cvat.writing.objects import OBJECTS_AT_ONCE
from portal.work.heartbeat import Heartbeat
from publishing.copying import JobObjects, object_creation
from publishing.models import Publication
from publishing.services.steps import step
from publishing.services.writing_client import writing_client


def copy_annotations(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as copied annotations; returns the columns of its result."""
    with writing_client(publication, heartbeat) as client:
        _copy(publication, heartbeat, client)
    # The steps are the record; the objects are megabytes that nothing reads any more.
    return {"result_task_id": publication.task_id, "plan": {}}


def forget_objects() -> None:
    """Delete the objects of copies that failed or were cancelled: asked for again, they are read
    again."""
    ended = Publication.objects.exclude(status__in=Publication.ACTIVE)
    ended.filter(target=Publication.Target.COPY).exclude(plan={}).update(plan={})


def _copy(publication: Publication, heartbeat: Heartbeat, client: CvatClient) -> None:
    """An earlier attempt may have come to any point of this."""
    writer = AnnotationWriter(client)
    for planned in publication.plan["jobs"]:
        job = JobObjects.from_json(planned)
        change = object_creation(job.job_id, count=job.lacking)
        if not publication.has_done(change):
            with step(publication, heartbeat, change):
                writer.add_missing_annotations(job.job_id, job.objects, at_once=OBJECTS_AT_ONCE)
        heartbeat.frames_done += job.frames_count
