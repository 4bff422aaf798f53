"""Pages of the dialogue with CVAT: parse, call one service, answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from selector import browsing, services
from selector.cvat.links import Target, task_link
from selector.forms import ChooseForm, ConnectForm, TokenForm, connect_form
from selector.models import ApiToken, Connection
from selector.pages import errors_shown_in, errors_shown_on
from selector.signed_in import SignedInRequest

# The account that the sample tasks of the stand-in belong to; no secret of anyone's.
STANDIN_ACCOUNT = {"username": "demo", "password": "demo-password"}
TASKS_PER_PAGE = 30


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    connected = Connection.objects.for_user(request.user).exists()
    return redirect("selector:choose" if connected else "selector:connections")


# --- connections -------------------------------------------------------------------------------


@sensitive_post_parameters("password", "access_token")
@sensitive_variables("form")
@require_http_methods(["GET", "POST"])
def connections(request: SignedInRequest) -> HttpResponse:
    if request.method == "GET":
        return connections_page(request)
    form = ConnectForm(request.POST)
    if not form.is_valid():
        return connections_page(request, form=form, status=400)
    with errors_shown_in(form) as outcome:
        connected = services.connect(owner=request.user, **form.cleaned_data)
    if form.errors:
        return connections_page(request, form=form, status=outcome.status)
    return _connected(request, connected)


@sensitive_variables("form")
def connections_page(
    request: SignedInRequest, form: ConnectForm | None = None, status: int = 200
) -> HttpResponse:
    mine = Connection.objects.for_user(request.user).defer("credential")
    again = request.GET.get("again", "")
    chosen = get_object_or_404(mine, pk=again) if again.isdecimal() else None
    in_use = mine.filter(url=settings.STANDIN_URL, verified_at__isnull=False).exists()
    has_secret = bool(settings.CVAT_ACCESS_TOKEN or settings.CVAT_PASSWORD)
    context = {
        "connections": mine,
        "form": form or connect_form(chosen),
        "again": chosen,
        "servers": [url for url in settings.CVAT_ALLOWED_URLS if url],
        "standin_url": "" if in_use else settings.STANDIN_URL,
        "installation": settings.CVAT_URL if settings.CVAT_USERNAME and has_secret else "",
        "installation_username": settings.CVAT_USERNAME,
        "token_days": settings.CVAT_TOKEN_DAYS,
    }
    return render(request, "selector/connections.html", context, status=status)


def _connect_first(request: SignedInRequest) -> HttpResponse:
    return connections_page(request)


@require_POST
@errors_shown_on(_connect_first)
def connect_sample(request: SignedInRequest) -> HttpResponse:
    """The stand-in's sample account, while there is a stand-in."""
    account = {"url": settings.STANDIN_URL, **STANDIN_ACCOUNT}
    return _connected(request, services.connect(owner=request.user, **account))


@require_POST
@errors_shown_on(_connect_first)
def connect_installation(request: SignedInRequest) -> HttpResponse:
    """The account in the environment: `connect` takes it when nothing else is given."""
    return _connected(request, services.connect(owner=request.user))


def _connected(request: SignedInRequest, connected: services.Connected) -> HttpResponse:
    connection = connected.connection
    messages.success(request, f"Connected to {connection.url} as {connection.username}.")
    if connected.notice:
        messages.warning(request, connected.notice)
    return redirect(f"{reverse('selector:choose')}?connection={connection.pk}")


@require_POST
def disconnect(request: SignedInRequest, pk: int) -> HttpResponse:
    mine = Connection.objects.for_user(request.user).defer("credential")
    connection = get_object_or_404(mine, pk=pk)
    services.disconnect(connection=connection)
    messages.success(request, f"Disconnected from {connection.name}. Your selections are kept.")
    return redirect("selector:connections")


# --- choosing ----------------------------------------------------------------------------------


@require_GET
@errors_shown_on(_connect_first)
def choose(request: SignedInRequest) -> HttpResponseBase:
    """Something to choose from: a task or a job that is named, else the list of tasks."""
    form = ChooseForm(request.GET)
    number = request.GET.get("connection", "")
    connection = services.find_connection(
        user=request.user, connection_id=int(number) if number.isdecimal() else None
    )
    context: dict[str, Any] = {"form": form, "connection": connection, "source_link": ""}
    with errors_shown_in(form) as outcome:
        target = form.typed(connection.url) if form.words else None
        if target is not None:
            return redirect(_address(connection, target))
        context |= _named(request, form, connection)
    mine = Connection.objects.for_user(request.user).defer("credential")
    context["connections"] = mine.exclude(verified_at=None)
    return render(request, "selector/choose.html", context, status=outcome.status)


def _address(connection: Connection, target: Target) -> str:
    named = {
        "task": target.task_id,
        "job": target.job_id,
        "project": target.project_id,
        "frame": target.frame,
        "connection": connection.pk,
    }
    query = urlencode({name: value for name, value in named.items() if value is not None})
    return f"{reverse('selector:choose')}?{query}"


def _named(request: SignedInRequest, form: ChooseForm, connection: Connection) -> dict[str, Any]:
    task_id, job_id = form.number("task"), form.number("job")
    if task_id or job_id:
        source = browsing.find_source(connection=connection, task_id=task_id, job_id=job_id)
        settings_of_page = _chooser(connection, source, form.number("frame"))
        link = task_link(connection.url, source.task_id)
        return {"source": source, "source_link": link, "chooser": settings_of_page}
    number = max(form.number("page") or 1, 1)
    project_id = form.number("project")
    tasks = browsing.list_tasks(
        connection=connection,
        search=form.words,
        project_id=project_id,
        page=number,
        page_size=TASKS_PER_PAGE,
    )
    pages = Paginator(range(tasks.count), TASKS_PER_PAGE)
    return {"tasks": tasks, "page": pages.get_page(number), "project_id": project_id}


def _chooser(connection: Connection, source: browsing.Source, frame: int | None) -> dict[str, Any]:
    """What the scripts of the chooser need to know."""
    return {
        "connection": connection.pk,
        "cvatUrl": connection.url,
        "taskId": source.task_id,
        "jobId": source.job_id,
        "frame": frame,
        "loadUrl": reverse("api-load-images"),
        "drawUrl": reverse("api-random-select"),
        "selectionsUrl": reverse("api-selection-list"),
        "selectionPages": reverse("selections:list"),
        "archivePages": reverse("selections:archives"),
        "connectionsPage": reverse("selector:connections"),
    }


# --- API tokens --------------------------------------------------------------------------------


@never_cache
@sensitive_variables("value", "issued")
@require_http_methods(["GET", "POST"])
def tokens(request: SignedInRequest) -> HttpResponse:
    """The list, and once, right after it was made, the value of a new one."""
    form = TokenForm(request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        issued = ApiToken.objects.issue(owner=request.user, **form.issue_arguments())
        form = TokenForm()
    context = {
        "form": form,
        "tokens": ApiToken.objects.for_user(request.user),
        "issued": issued,
    }
    status = 400 if form.errors else 200
    return render(request, "selector/tokens.html", context, status=status)


@require_POST
def revoke_token(request: SignedInRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.for_user(request.user), pk=pk)
    services.revoke_token(token=token)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("selector:tokens")
