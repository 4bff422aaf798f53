"""Users, organisations, projects, tasks, jobs and labels as JSON (cvat-api 5).

`base` is what absolute links start with: the host the server believes in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from standin.model import AccessToken, Job, Label, Organization, Project, Task, User, iso

Json = dict[str, Any]


def user_brief(user: User | None, base: str) -> Json | None:
    if user is None:
        return None
    return {
        "url": f"{base}/api/users/{user.id}",
        "id": user.id,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
    }


def user_full(user: User, base: str) -> Json:
    return {
        **(user_brief(user, base) or {}),
        "email": user.email,
        "groups": user.groups,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "is_active": user.is_active,
        "last_login": iso(user.last_login),
        "date_joined": iso(user.date_joined),
        "has_analytics_access": user.is_admin,
    }


def access_token(token: AccessToken, base: str) -> Json:
    """Without its secret value, which only the answer to its creation holds."""
    return {
        "id": token.id,
        "name": token.name,
        "created_date": iso(token.created_date),
        "updated_date": iso(token.updated_date),
        "expiry_date": iso(token.expiry_date),
        "last_used_date": iso(token.last_used_date),
        "read_only": token.read_only,
        "owner": user_brief(token.owner, base),
    }


def organization(made: Organization, base: str) -> Json:
    return {
        "id": made.id,
        "slug": made.slug,
        "name": made.name,
        "description": made.description,
        "created_date": iso(made.created_date),
        "updated_date": iso(made.updated_date),
        "contact": {},
        "owner": user_brief(made.owner, base),
    }


def _organization_id(made: Organization | None) -> int | None:
    return made.id if made else None


def project(made: Project, tasks: Iterable[Task], base: str) -> Json:
    own = [task for task in tasks if task.project is made]
    subsets = sorted({task.subset for task in own if task.subset})
    return {
        "url": f"{base}/api/projects/{made.id}",
        "id": made.id,
        "name": made.name,
        "owner": user_brief(made.owner, base),
        "assignee": user_brief(made.assignee, base),
        "guide_id": None,
        "bug_tracker": "",
        "created_date": iso(made.created_date),
        "updated_date": iso(made.updated_date),
        "status": "annotation",
        "dimension": own[0].dimension if own else None,
        "organization": _organization_id(made.organization),
        "organization_id": _organization_id(made.organization),
        "target_storage": None,
        "source_storage": None,
        "tasks": {"count": len(own), "url": f"{base}/api/tasks?project_id={made.id}"},
        "labels": {"url": f"{base}/api/labels?project_id={made.id}"},
        "assignee_updated_date": None,
        "task_subsets": subsets,
    }


def task_status(made: Task) -> str:
    """The least advanced of its jobs: completed only when all are."""
    found = {_legacy_status(job) for job in made.jobs}
    for status in ("annotation", "validation", "completed"):
        if status in found:
            return status
    return "annotation"


def _chunk_types(made: Task) -> tuple[str, str]:
    """Of originals and of compressed data."""
    if made.is_video:
        return "video", "imageset" if made.use_zip_chunks else "video"
    return "imageset", "imageset"


def _task_data(made: Task) -> Json:
    """The keys that a task without data lacks altogether."""
    if made.readiness == "empty":
        return {}
    original, compressed = _chunk_types(made)
    return {
        "data_chunk_size": made.chunk_size,
        "data_original_chunk_type": original,
        "data_compressed_chunk_type": compressed,
        "data_cloud_storage_id": None,
        "size": made.size,
        "image_quality": made.image_quality,
        "data": made.data_id,
    }


def _job_counts(made: Task, base: str) -> Json:
    accepted = [job for job in made.jobs if job.stage == "acceptance"]
    return {
        "count": len(made.jobs),
        "completed": sum(job.state == "completed" for job in accepted),
        "validation": sum(job.stage == "validation" for job in made.jobs),
        "url": f"{base}/api/jobs?task_id={made.id}",
    }


def task(made: Task, base: str) -> Json:
    return {
        "url": f"{base}/api/tasks/{made.id}",
        "id": made.id,
        "name": made.name,
        "project_id": made.project.id if made.project else None,
        "mode": "" if made.dimension == "multiview" else made.mode,
        "owner": user_brief(made.owner, base),
        "assignee": user_brief(made.assignee, base),
        "bug_tracker": "",
        "created_date": iso(made.created_date),
        "updated_date": iso(made.updated_date),
        "overlap": made.overlap,
        "segment_size": made.segment_size,
        "status": task_status(made),
        **_task_data(made),
        "guide_id": None,
        "dimension": made.dimension,
        "subset": made.subset,
        "organization_id": _organization_id(made.organization),
        "organization": _organization_id(made.organization),
        "target_storage": None,
        "source_storage": None,
        "jobs": _job_counts(made, base),
        "labels": {"url": f"{base}/api/labels?task_id={made.id}"},
        "assignee_updated_date": None,
        "validation_mode": made.validation_mode,
        "consensus_enabled": made.consensus_replicas > 0,
    }


def _legacy_status(made: Job) -> str:
    if made.stage != "acceptance":
        return made.stage
    return "completed" if made.state == "completed" else "validation"


def job(made: Job, base: str) -> Json:
    original, compressed = _chunk_types(made.task)
    if made.recompresses:
        compressed = "imageset"
    project_of = made.task.project
    return {
        "url": f"{base}/api/jobs/{made.id}",
        "id": made.id,
        "task_id": made.task.id,
        "project_id": project_of.id if project_of else None,
        "assignee": user_brief(made.assignee, base),
        "guide_id": None,
        "dimension": made.task.dimension,
        "bug_tracker": "" if project_of else None,
        "status": _legacy_status(made),
        "stage": made.stage,
        "state": made.state,
        "mode": "" if made.task.dimension == "multiview" else made.task.mode,
        "frame_count": len(made.frames),
        "start_frame": made.start,
        "stop_frame": made.stop,
        "data_chunk_size": made.task.chunk_size,
        "data_compressed_chunk_type": compressed,
        "data_original_chunk_type": original,
        "created_date": iso(made.created_date),
        "updated_date": iso(made.updated_date),
        "issues": {"url": f"{base}/api/issues?job_id={made.id}", "count": 0},
        "labels": {"url": f"{base}/api/labels?job_id={made.id}"},
        "type": made.type,
        "organization": _organization_id(made.task.organization),
        "target_storage": None,
        "source_storage": None,
        "assignee_updated_date": iso(made.assignee_updated_date),
        "parent_job_id": made.parent.id if made.parent else None,
        "consensus_replicas": made.replicas,
    }


def label(made: Label, holder: Json) -> Json:
    """`holder` is {"task_id": n} or {"project_id": n}."""
    body = {
        "id": made.id,
        "name": made.name,
        "color": made.color,
        "attributes": made.attributes,
        "type": made.type,
        "sublabels": [_sublabel(part) for part in made.sublabels],
        **holder,
        "parent_id": None,
        "has_parent": False,
    }
    return {**body, "svg": made.svg} if made.type == "skeleton" else body


def _sublabel(made: Label) -> Json:
    return {
        "id": made.id,
        "name": made.name,
        "color": made.color,
        "attributes": made.attributes,
        "type": made.type,
        "has_parent": True,
    }


def annotations_of(made: Task | Job) -> Json:
    return made.annotations or {"version": 0, "tags": [], "shapes": [], "tracks": []}
