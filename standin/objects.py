"""Users, organisations, projects, tasks, jobs and labels as JSON (cvat-api 5).

`base` is what absolute links start with: the host the server believes in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from standin.model import (
    AccessToken,
    Comment,
    Issue,
    Job,
    Label,
    Organization,
    Project,
    Task,
    User,
    iso,
)

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


def organization(organization: Organization, base: str) -> Json:
    return {
        "id": organization.id,
        "slug": organization.slug,
        "name": organization.name,
        "description": organization.description,
        "created_date": iso(organization.created_date),
        "updated_date": iso(organization.updated_date),
        "contact": {},
        "owner": user_brief(organization.owner, base),
    }


def _organization_id(organization: Organization | None) -> int | None:
    return organization.id if organization else None


def project(project: Project, tasks: Iterable[Task], base: str) -> Json:
    own = [task for task in tasks if task.project is project]
    subsets = sorted({task.subset for task in own if task.subset})
    return {
        "url": f"{base}/api/projects/{project.id}",
        "id": project.id,
        "name": project.name,
        "owner": user_brief(project.owner, base),
        "assignee": user_brief(project.assignee, base),
        "guide_id": None,
        "bug_tracker": project.bug_tracker,
        "created_date": iso(project.created_date),
        "updated_date": iso(project.updated_date),
        "status": "annotation",
        "dimension": own[0].dimension if own else None,
        "organization": _organization_id(project.organization),
        "organization_id": _organization_id(project.organization),
        "target_storage": None,
        "source_storage": None,
        "tasks": {"count": len(own), "url": f"{base}/api/tasks?project_id={project.id}"},
        "labels": {"url": f"{base}/api/labels?project_id={project.id}"},
        "assignee_updated_date": None,
        "task_subsets": subsets,
    }


def task_status(task: Task) -> str:
    """The least advanced of its jobs: completed only when all are."""
    statuses = {_legacy_status(job) for job in task.jobs}
    for status in ("annotation", "validation", "completed"):
        if status in statuses:
            return status
    return "annotation"


def _chunk_types(task: Task) -> tuple[str, str]:
    """Of originals and of compressed data."""
    if task.is_video:
        return "video", "imageset" if task.use_zip_chunks else "video"
    return "imageset", "imageset"


def _task_data(task: Task) -> Json:
    """The keys that a task without data lacks altogether."""
    if task.readiness == "empty":
        return {}
    original, compressed = _chunk_types(task)
    return {
        "data_chunk_size": task.chunk_size,
        "data_original_chunk_type": original,
        "data_compressed_chunk_type": compressed,
        "data_cloud_storage_id": None,
        "size": task.size,
        "image_quality": task.image_quality,
        "data": task.data_id,
    }


def _job_counts(task: Task, base: str) -> Json:
    accepted = [job for job in task.jobs if job.stage == "acceptance"]
    return {
        "count": len(task.jobs),
        "completed": sum(job.state == "completed" for job in accepted),
        "validation": sum(job.stage == "validation" for job in task.jobs),
        "url": f"{base}/api/jobs?task_id={task.id}",
    }


def task(task: Task, base: str) -> Json:
    return {
        "url": f"{base}/api/tasks/{task.id}",
        "id": task.id,
        "name": task.name,
        "project_id": task.project.id if task.project else None,
        "mode": "" if task.dimension == "multiview" else task.mode,
        "owner": user_brief(task.owner, base),
        "assignee": user_brief(task.assignee, base),
        "bug_tracker": task.bug_tracker,
        "created_date": iso(task.created_date),
        "updated_date": iso(task.updated_date),
        "overlap": task.overlap,
        "segment_size": task.segment_size,
        "status": task_status(task),
        **_task_data(task),
        "guide_id": None,
        "dimension": task.dimension,
        "subset": task.subset,
        "organization_id": _organization_id(task.organization),
        "organization": _organization_id(task.organization),
        "target_storage": None,
        "source_storage": None,
        "jobs": _job_counts(task, base),
        "labels": {"url": f"{base}/api/labels?task_id={task.id}"},
        "assignee_updated_date": iso(task.assignee_updated_date),
        "validation_mode": task.validation_mode,
        "consensus_enabled": task.consensus_replicas > 0,
    }


def _legacy_status(job: Job) -> str:
    if job.stage != "acceptance":
        return job.stage
    return "completed" if job.state == "completed" else "validation"


def job(job: Job, base: str) -> Json:
    original, compressed = _chunk_types(job.task)
    if job.recompresses:
        compressed = "imageset"
    project_of = job.task.project
    return {
        "url": f"{base}/api/jobs/{job.id}",
        "id": job.id,
        "task_id": job.task.id,
        "project_id": project_of.id if project_of else None,
        "assignee": user_brief(job.assignee, base),
        "guide_id": None,
        "dimension": job.task.dimension,
        "bug_tracker": "" if project_of else None,
        "status": _legacy_status(job),
        "stage": job.stage,
        "state": job.state,
        "mode": "" if job.task.dimension == "multiview" else job.task.mode,
        "frame_count": len(job.frames),
        "start_frame": job.start,
        "stop_frame": job.stop,
        "data_chunk_size": job.task.chunk_size,
        "data_compressed_chunk_type": compressed,
        "data_original_chunk_type": original,
        "created_date": iso(job.created_date),
        "updated_date": iso(job.updated_date),
        "issues": {"url": f"{base}/api/issues?job_id={job.id}", "count": len(job.issues)},
        "labels": {"url": f"{base}/api/labels?job_id={job.id}"},
        "type": job.type,
        "organization": _organization_id(job.task.organization),
        "target_storage": None,
        "source_storage": None,
        "assignee_updated_date": iso(job.assignee_updated_date),
        "parent_job_id": job.parent.id if job.parent else None,
        "consensus_replicas": job.replicas,
    }


def label(label: Label, holder: Json) -> Json:
    """`holder` is {"task_id": n} or {"project_id": n}."""
    body = {
        "id": label.id,
        "name": label.name,
        "color": label.color,
        "attributes": label.attributes,
        "type": label.type,
        "sublabels": [_sublabel(part) for part in label.sublabels],
        **holder,
        "parent_id": None,
        "has_parent": False,
    }
    return {**body, "svg": label.svg} if label.type == "skeleton" else body


def _sublabel(label: Label) -> Json:
    return {
        "id": label.id,
        "name": label.name,
        "color": label.color,
        "attributes": label.attributes,
        "type": label.type,
        "has_parent": True,
    }


def issue(issue: Issue, base: str) -> Json:
    url = f"{base}/api/comments?issue_id={issue.id}"
    return {
        "id": issue.id,
        "frame": issue.frame,
        "position": issue.position,
        "job": issue.job.id,
        "owner": user_brief(issue.owner, base),
        "assignee": None,
        "created_date": iso(issue.created_date),
        "updated_date": iso(issue.updated_date),
        "resolved": issue.resolved,
        "comments": {"count": len(issue.comments), "url": url},
    }


def comment(comment: Comment, base: str) -> Json:
    return {
        "id": comment.id,
        "issue": comment.issue.id,
        "owner": user_brief(comment.owner, base),
        "message": comment.message,
        "created_date": iso(comment.created_date),
        "updated_date": iso(comment.updated_date),
    }


def annotations_of(holder: Task | Job) -> Json:
    task = holder if isinstance(holder, Task) else holder.task
    if isinstance(holder, Task) and task.is_edited:
        return _of_its_jobs(task)
    if holder.annotations is None and task.annotator is not None:
        holder.annotations = task.annotator(holder)
    return holder.annotations or {"version": 0, "tags": [], "shapes": [], "tracks": []}


def _of_its_jobs(task: Task) -> Json:
    """The objects of the annotation jobs, each once: on frames of two jobs, equal ones of the later
    job are left out. Tracks are not joined."""
    merged: Json = {"version": 0, "tags": [], "shapes": [], "tracks": []}
    seen: set[str] = set()
    for job in (job for job in task.jobs if job.type == "annotation"):
        known, of_job = annotations_of(job), set[str]()
        for kind in ("tags", "shapes", "tracks"):
            for each in known[kind]:
                key = f"{kind} {each['frame']} {each['label_id']} {each.get('points')}"
                of_job.add(key)
                if key not in seen:
                    merged[kind].append(each)
        seen |= of_job
    return merged
