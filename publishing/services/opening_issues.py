"""Faulty frames as issues in CVAT: each opened once, and their jobs rejected."""

from __future__ import annotations

from typing import Any

from cvat.writing import IssueWriter, JobWriter
from portal.work.heartbeat import Heartbeat
from publishing.issues import REJECTED, FaultyFrame, issue_opening, job_rejection
from publishing.models import Publication
from publishing.services.writing import Writing, permitted_writing


def open_issues(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as issues; returns the columns of its result."""
    with permitted_writing(publication, heartbeat) as writing:
        _open(writing)
    return {"result_task_id": publication.task_id}


def _open(writing: Writing) -> None:
    """An earlier attempt may have come to any point of this."""
    publication = writing.publication
    issues, jobs = IssueWriter(writing.client), JobWriter(writing.client)
    options = publication.get_issue_options()
    for data in publication.plan["issues"]:
        frame = FaultyFrame.from_json(data)
        change = issue_opening(frame)
        if not publication.has_done(change):
            with writing.step(change):
                issues.ensure_issue(frame.job_id, frame.frame, frame.position, frame.message)
        writing.heartbeat.frames_done += 1
    # Afterwards: whoever gets a rejected job finds the issues in it.
    for job_id in publication.plan["jobs"]:
        change = job_rejection(job_id, options)
        if not publication.has_done(change):
            with writing.step(change):
                jobs.update_job(job_id, stage=options.job_stage or None, state=REJECTED)
