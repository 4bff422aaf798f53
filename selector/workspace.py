"""The page where frames are chosen, and the list of tasks that leads to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from cvat.links import Target, task_link
from portal.pages import errors_shown_in, errors_shown_on
from portal.signed_in import SignedInRequest
from selector import browsing, searching, services
from selector.forms import ChooseForm
from selector.models import Connection
from selector.views import connections_page

TASKS_PER_PAGE = 30
MOST_RECENT = 6
HERE = "selector:choose"


def _connect_first(request: SignedInRequest) -> HttpResponse:
    return connections_page(request)


@require_GET
@errors_shown_on(_connect_first)
def choose(request: SignedInRequest) -> HttpResponseBase:
    """Something to choose from: a task or a job that is named, else the list of tasks."""
    form = ChooseForm(request.GET)
    number = request.GET.get("connection", "")
    connection = services.find_connection(
        user=request.user, connection_id=int(number) if number.isdecimal() else None
    )
    mine = Connection.objects.for_user(request.user).defer("credential")
    context: dict[str, Any] = {
        "form": form,
        "connection": connection,
        "connections": mine.exclude(verified_at=None),
        "choose_url": reverse(HERE),
        "finder": _finder(connection),
    }
    with errors_shown_in(form) as outcome:
        target = form.typed(connection.url) if form.words else None
        if target is not None:
            return redirect(_address(connection, _meant(form, target, connection)))
        context |= _named(form, connection)
    if "source" not in context:
        context["recent"] = searching.recent(connection=connection)[:MOST_RECENT]
    context["may_pass"] = outcome.status >= 500
    return render(request, "selector/workspace/page.html", context, status=outcome.status)


def _meant(form: ChooseForm, target: Target, connection: Connection) -> Target:
    """A mere number may be that of a task or of a job."""
    if target.task_id is None or not form.is_mere_number:
        return target
    return browsing.task_or_job(connection=connection, number=target.task_id)


def _address(connection: Connection, target: Target) -> str:
    named = {
        "task": target.task_id,
        "job": target.job_id,
        "project": target.project_id,
        "frame": target.frame,
        "connection": connection.pk,
    }
    query = urlencode({name: value for name, value in named.items() if value is not None})
    return f"{reverse(HERE)}?{query}"


def _named(form: ChooseForm, connection: Connection) -> dict[str, Any]:
    task_id, job_id = form.number("task"), form.number("job")
    if task_id or job_id:
        source = browsing.find_source(connection=connection, task_id=task_id, job_id=job_id)
        return {
            "source": source,
            "source_link": task_link(connection.url, source.task_id),
            "workspace": _workspace(connection, source, form),
        }
    number = max(form.number("page") or 1, 1)
    project_id = form.number("project")
    listing = browsing.look_through(
        connection=connection,
        search=form.words,
        project_id=project_id,
        page=number,
        page_size=TASKS_PER_PAGE,
    )
    pages = Paginator(range(listing.tasks.count), TASKS_PER_PAGE)
    return {
        "listing": listing,
        "tasks": listing.tasks,
        "page": pages.get_page(number),
        "project_id": project_id,
        "is_landing": number == 1 and not form.words and project_id is None,
    }


def _finder(connection: Connection) -> dict[str, Any]:
    """What the script of the field needs to know."""
    return {"connection": connection.pk, "choose": reverse(HERE), "api": reverse("api-root")}


def _workspace(connection: Connection, source: browsing.Source, form: ChooseForm) -> dict[str, Any]:
    """What the scripts of the workspace need to know."""
    return {
        "connection": connection.pk,
        "server": connection.url,
        "taskId": source.task_id,
        "jobId": source.job_id,
        "frame": form.number("frame"),
        "selection": form.number("selection"),
        "choose": reverse(HERE),
        "api": reverse("api-root"),
        "selectionPages": reverse("selections:list"),
        "connectionsPage": reverse("selector:connections"),
    }
