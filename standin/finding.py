"""One object by its id: 404 when there is none, 403 when it is not the asker's."""

from __future__ import annotations

from standin.messages import Request, forbidden, missing
from standin.model import Job, Project, Task
from standin.rights import may_see_job, may_see_project, may_see_task
from standin.site import Site


def find_project(request: Request, site: Site, number: int) -> Project:
    project = site.world.projects.get(number)
    if project is None:
        raise missing("Project")
    if not may_see_project(request.account, project):
        raise forbidden()
    return project


def find_task(request: Request, site: Site, number: int) -> Task:
    task = site.world.tasks.get(number)
    if task is None:
        raise missing("Task")
    if not may_see_task(request.account, task):
        raise forbidden()
    return task


def find_job(request: Request, site: Site, number: int) -> Job:
    job = site.world.jobs.get(number)
    if job is None:
        raise missing("Job")
    if not may_see_job(request.account, job):
        raise forbidden()
    return job
