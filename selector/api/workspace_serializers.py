"""Parameters and answers of workspace.py."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cvat.links import job_link, project_link, task_link
from cvat.types import Job, Project, Task
from portal.api.choices import ChoiceField
from portal.api.fields import IdField
from selector.api.serializers import ConnectionQuerySerializer
from selector.models import Connection, RecentTask
from selector.page_links import preview_url, workspace_url
from selector.services.searching import Hit


class PictureQuerySerializer(ConnectionQuerySerializer):
    """`v` is not read: with another `v` the address is one that no browser has cached."""

    v = serializers.CharField(required=False, allow_blank=True, max_length=200)


class ImageQuerySerializer(PictureQuerySerializer):
    quality = ChoiceField(choices=["original", "compressed"], default="original")


class CatalogQuerySerializer(ConnectionQuerySerializer):
    task_id = IdField(required=False)
    job_id = IdField(required=False)


class SearchTextSerializer(ConnectionQuerySerializer):
    q = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")


class CompactTaskSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    mode = serializers.CharField()
    project_id = serializers.IntegerField(allow_null=True)
    cvat_url = serializers.URLField()
    start_frame = serializers.IntegerField()
    step = serializers.IntegerField()
    video = serializers.CharField()


class CompactJobSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    start = serializers.IntegerField()
    stop = serializers.IntegerField()
    stage = serializers.CharField()
    state = serializers.CharField()
    assignee = serializers.CharField()
    type = serializers.CharField()
    chunk_size = serializers.IntegerField()
    frames_count = serializers.IntegerField()
    recompresses = serializers.BooleanField()
    cvat_url = serializers.URLField()


class CompactNamesSerializer(serializers.Serializer[Any]):
    prefix = serializers.CharField()
    suffix = serializers.CharField()
    rest = serializers.ListField(child=serializers.CharField())


class CompactFramesSerializer(serializers.Serializer[Any]):
    job = serializers.ListField(child=serializers.IntegerField())
    number = serializers.ListField(child=serializers.IntegerField())
    size = serializers.ListField(child=serializers.IntegerField())
    name = CompactNamesSerializer()


class OtherJobSerializer(serializers.Serializer[Any]):
    """A job whose frames other jobs offer: a list-type ground-truth job, a replica."""

    id = serializers.IntegerField()
    type = serializers.CharField()


class CompactCatalogSerializer(serializers.Serializer[Any]):
    task = CompactTaskSerializer()
    jobs = CompactJobSerializer(many=True)
    version = serializers.CharField()
    frames = CompactFramesSerializer()
    deleted = serializers.IntegerField()
    honeypots = serializers.IntegerField()
    deleted_frames = serializers.ListField(child=serializers.IntegerField())
    honeypot_frames = serializers.ListField(child=serializers.IntegerField())
    through_jobs = serializers.BooleanField()
    other_jobs = OtherJobSerializer(many=True)


class HitSerializer(serializers.Serializer[Any]):
    """`url` opens it in the portal, `cvat_url` in CVAT. What does not apply to a kind is null."""

    kind = ChoiceField(choices=["task", "job", "project"])
    id = serializers.IntegerField()
    name = serializers.CharField()
    task_id = serializers.IntegerField(allow_null=True)
    size = serializers.IntegerField(allow_null=True)
    jobs_count = serializers.IntegerField(allow_null=True)
    tasks_count = serializers.IntegerField(allow_null=True)
    owner = serializers.CharField()
    updated_date = serializers.CharField()
    preview_url = serializers.CharField()
    url = serializers.CharField()
    cvat_url = serializers.URLField()


class RecentSerializer(serializers.Serializer[Any]):
    kind = ChoiceField(choices=["task"])
    id = serializers.IntegerField()
    name = serializers.CharField()
    opened_at = serializers.DateTimeField()
    preview_url = serializers.CharField()
    url = serializers.CharField()
    cvat_url = serializers.URLField()


class SearchAnswer(serializers.Serializer[Any]):
    """`count`: how many match, of which the first are in `results`."""

    results = HitSerializer(many=True)
    count = serializers.IntegerField()
    recent = RecentSerializer(many=True)
    hint = serializers.CharField()


def hit(source: Hit, connection: Connection, frame: int | None) -> dict[str, Any]:
    """See HitSerializer."""
    absent = dict.fromkeys(("task_id", "size", "jobs_count", "tasks_count"))
    if isinstance(source, Task):
        own = {
            "name": source.name,
            "size": source.size,
            "jobs_count": source.jobs_count,
            "owner": source.owner,
            "updated_date": source.updated_date,
        }
        return {**absent, **own, **_of_task(source.id, connection, frame)}
    if isinstance(source, Job):
        return {**absent, **_of_job(source, connection, frame)}
    return {**absent, **_of_project(source, connection)}


def recent(task: RecentTask, connection: Connection) -> dict[str, Any]:
    """See RecentSerializer."""
    opened_at = task.opened_at.isoformat()
    return {
        **_of_task(task.task_id, connection, None),
        "name": task.name,
        "opened_at": opened_at,
    }


def _of_task(task_id: int, connection: Connection, frame: int | None) -> dict[str, Any]:
    return {
        "kind": "task",
        "id": task_id,
        "preview_url": preview_url("task", task_id, connection.pk),
        "url": workspace_url(connection=connection.pk, task=task_id, frame=frame),
        "cvat_url": task_link(connection.url, task_id),
    }


def _of_job(job: Job, connection: Connection, frame: int | None) -> dict[str, Any]:
    return {
        "kind": "job",
        "id": job.id,
        "name": f"Job {job.id} of task {job.task_id}",
        "task_id": job.task_id,
        "size": job.frame_count,
        "owner": job.assignee,
        "updated_date": "",
        "preview_url": preview_url("task", job.task_id, connection.pk),
        "url": workspace_url(connection=connection.pk, task=job.task_id, job=job.id, frame=frame),
        "cvat_url": job_link(connection.url, job.task_id, job.id),
    }


def _of_project(project: Project, connection: Connection) -> dict[str, Any]:
    return {
        "kind": "project",
        "id": project.id,
        "name": project.name,
        "tasks_count": project.tasks_count,
        "owner": project.owner,
        "updated_date": project.updated_date,
        "preview_url": preview_url("project", project.id, connection.pk),
        "url": workspace_url(connection=connection.pk, project=project.id),
        "cvat_url": project_link(connection.url, project.id),
    }
