"""The workspace, where frames are chosen, and the list of tasks that leads to it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from cvat.links import project_link, task_link
from portal.compiled_queries import rows_for
from portal.pages import errors_shown_in, errors_shown_on
from portal.signed_in import SignedInRequest
from selector.forms import ChooseForm
from selector.models import Connection, SavedSearch
from selector.own_connections import accepted_connections
from selector.page_links import tasks_url, workspace_url
from selector.scope import Scope, scope_json
from selector.services import catalogs, connections, scopes, searching, task_lists
from selector.views.connections import connections_page

TASKS_PER_PAGE = 30
MAX_RECENT = 6


def _connect_first(request: SignedInRequest) -> HttpResponse:
    return connections_page(request)


@require_GET
@errors_shown_on(_connect_first)
def choose(request: SignedInRequest) -> HttpResponseBase:
    """Something to choose from: a task or a job that is named, else the list of tasks."""
    form = ChooseForm(request.GET)
    number = request.GET.get("connection", "")
    connection = connections.find_connection(
        user=request.user, connection_id=int(number) if number.isdecimal() else None
    )
    context: dict[str, Any] = {
        "form": form,
        "connection": connection,
        "connections": accepted_connections(request.user),
        "finder": _finder(connection),
    }
    status = 200 if form.is_valid() else 400
    if form.is_valid():
        with errors_shown_in(form) as outcome:
            target = form.target(connection.url)
            if target is not None:
                target = searching.resolve_number(connection=connection, target=target)
                return redirect(
                    workspace_url(
                        task=target.task_id,
                        job=target.job_id,
                        project=target.project_id,
                        frame=target.frame,
                        connection=connection.pk,
                    )
                )
            if (scope := form.scope) is not None:
                context |= _several(scope, form.cleaned_data, connection)
            else:
                context |= _named(form, connection)
        status = outcome.status
    if "source" not in context:
        context["recent"] = catalogs.recent_tasks(connection=connection, limit=MAX_RECENT)
        context["searches"] = _searches(request.user, connection)
    context["is_temporary"] = status >= 500
    return render(request, "selector/workspace/page.html", context, status=status)


def _named(form: ChooseForm, connection: Connection) -> dict[str, Any]:
    given, criteria = form.cleaned_data, form.criteria
    if given["task"] or given["job"]:
        source = searching.find_source(
            connection=connection, task_id=given["task"], job_id=given["job"]
        )
        return {
            "source": source,
            "source_link": task_link(connection.url, source.task_id),
            "workspace": _workspace(connection, given, source),
        }
    number = given["page"] or 1
    overview = task_lists.overview(
        connection=connection,
        search=criteria,
        page=number,
        page_size=TASKS_PER_PAGE,
    )
    pages = Paginator(range(overview.tasks.count), TASKS_PER_PAGE)
    return {
        "overview": overview,
        "tasks": overview.tasks,
        "page": pages.get_page(number),
        "project_id": given["project"],
        "criteria": criteria,
        "is_landing": number == 1 and not criteria.in_words,
    }


def _searches(user: User, connection: Connection) -> list[dict[str, Any]]:
    """The user's saved searches for such tasks, each with the address of the list of tasks."""
    return [
        {"saved": each, "tasks_url": tasks_url(each.criteria, connection.pk)}
        for each in rows_for(user, SavedSearch.objects.for_user)
        if (each.url, each.organization) == (connection.url, connection.organization)
    ]


def _several(scope: Scope, given: dict[str, Any], connection: Connection) -> dict[str, Any]:
    several = scopes.list_several(connection=connection, scope=scope)
    link = "" if scope.project_id is None else project_link(connection.url, scope.project_id)
    tasks = [{"id": each.id, "name": each.name, "size": each.size} for each in several.tasks]
    shared = _workspace(connection, given)
    return {
        "source": several,
        "source_link": link,
        "workspace": shared | {"tasks": tasks, "scope": scope_json(scope)},
    }


def _finder(connection: Connection) -> dict[str, Any]:
    """What the script of the search field needs to know."""
    return {
        "connection": connection.pk,
        "choose": reverse("selector:choose"),
        "api": reverse("api-root"),
    }


def _workspace(
    connection: Connection, given: dict[str, Any], source: searching.Source | None = None
) -> dict[str, Any]:
    """What the scripts of the workspace need to know. `source`: the one task or job."""
    return _finder(connection) | {
        "server": connection.url,
        "taskId": source.task_id if source else None,
        "jobId": source.job_id if source else None,
        "frame": given["frame"],
        "selection": given["selection"],
        "results": given["results"],
        "selectionPages": reverse("selections:list"),
        "connectionsPage": reverse("selector:connections"),
    }
