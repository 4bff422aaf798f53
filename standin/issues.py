"""Issues of jobs and their comments (cvat-api 14.13)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from standin import objects
from standin.finding import find_job
from standin.listings import COMMENTS, ISSUES, is_listed
from standin.lists import listed
from standin.messages import Answer, Refusal, Request, forbidden, json_answer, missing
from standin.model import Comment, Issue, Job
from standin.rights import is_job_staff
from standin.site import Site


def issue_list(request: Request, site: Site) -> Answer:
    seen = [issue for issue in site.world.issues.values() if _is_listed(request, issue.job)]
    return listed(request, site, ISSUES, seen, lambda issue: objects.issue(issue, request.base))


def issue_create(request: Request, site: Site) -> Answer:
    """Neither the frame nor the position is held against the job."""
    body = request.json()
    _check(body)
    job = find_job(request, site, body["job"])
    # A maintainer must name the organization.
    is_named = request.organization is job.task.organization
    if not (is_job_staff(request.account, job) or is_named):
        raise forbidden()
    with site.world.lock:
        number = max(site.world.issues, default=0) + 1
        position = [float(value) for value in body["position"]]
        now = datetime.now(UTC)
        issue = Issue(number, job, request.account, body["frame"], position, now, now)
        site.world.issues[number] = issue
        job.issues.append(issue)
        _comment(site, issue, request, body["message"])
    return json_answer(objects.issue(issue, request.base), status=201)


def issue_change(request: Request, site: Site, number: int) -> Answer:
    issue = _find(request, site, number)
    issue.resolved = bool(request.json().get("resolved", issue.resolved))
    issue.updated_date = datetime.now(UTC)
    return json_answer(objects.issue(issue, request.base))


def comment_list(request: Request, site: Site) -> Answer:
    issues = [issue for issue in site.world.issues.values() if _is_listed(request, issue.job)]
    seen = [comment for issue in issues for comment in issue.comments]
    return listed(request, site, COMMENTS, seen, lambda each: objects.comment(each, request.base))


def comment_create(request: Request, site: Site) -> Answer:
    body = request.json()
    issue = _find(request, site, body["issue"])
    comment = _comment(site, issue, request, body["message"])
    return json_answer(objects.comment(comment, request.base), status=201)


def _find(request: Request, site: Site, number: int) -> Issue:
    issue = site.world.issues.get(number)
    if issue is None:
        raise missing("Issue")
    find_job(request, site, issue.job.id)
    return issue


def _check(body: dict[str, Any]) -> None:
    for name in ("frame", "position", "job", "message"):
        if name not in body:
            raise Refusal(400, {name: ["This field is required."]})
    if not body["position"]:
        raise Refusal(400, {"position": ["This list may not be empty."]})


def _comment(site: Site, issue: Issue, request: Request, message: str) -> Comment:
    with site.world.lock:
        numbers = [each.id for other in site.world.issues.values() for each in other.comments]
        now = datetime.now(UTC)
        comment = Comment(max(numbers, default=0) + 1, issue, request.account, message, now, now)
        issue.comments.append(comment)
    return comment


def _is_listed(request: Request, job: Job) -> bool:
    return is_listed(request, job.task.organization, own=is_job_staff(request.account, job))
