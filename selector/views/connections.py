"""Pages of the connections to CVAT servers."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.pages import errors_shown_in, errors_shown_on
from portal.signed_in import SignedInRequest
from selector.forms import ConnectForm, connect_form
from selector.models import Connection
from selector.own_connections import default_or_first, own_connections
from selector.page_links import workspace_url
from selector.services import connections as service


@require_GET
def home(request: SignedInRequest) -> HttpResponse:
    connected = Connection.objects.for_user(request.user).exists()
    return redirect("selector:choose" if connected else "selector:connections")


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
        connected = service.connect(owner=request.user, **form.cleaned_data)
    if form.errors:
        response = connections_page(request, form=form, status=outcome.status)
        for name, value in outcome.headers.items():
            response[name] = value
        return response
    return _connected(request, connected)


@sensitive_variables("form")
def connections_page(
    request: SignedInRequest, form: ConnectForm | None = None, status: int = 200
) -> HttpResponse:
    own = own_connections(request.user)
    number = request.GET.get("again", "")
    renewed = None
    if number.isdecimal():
        renewed = get_object_or_404(Connection.objects.for_user(request.user), pk=number)
    in_use = any(each.url == settings.STANDIN_URL and not each.needs_reconnect for each in own)
    has_secret = bool(settings.CVAT_ACCESS_TOKEN or settings.CVAT_PASSWORD)
    context = {
        "connection": default_or_first(own),
        "connections": own,
        "form": form or connect_form(renewed),
        "again": renewed,
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
    """Connect to the stand-in with its sample account."""
    account = {"url": settings.STANDIN_URL, **settings.STANDIN_ACCOUNT}
    return _connected(request, service.connect(owner=request.user, **account))


@require_POST
@errors_shown_on(_connect_first)
def connect_installation(request: SignedInRequest) -> HttpResponse:
    """The account in the environment: `service.connect` takes it when nothing else is given."""
    return _connected(request, service.connect(owner=request.user))


def _connected(request: SignedInRequest, connected: service.Connected) -> HttpResponse:
    connection = connected.connection
    messages.success(request, connected.text)
    if connected.notice:
        messages.warning(request, connected.notice)
    return redirect(workspace_url(connection=connection.pk))


@require_POST
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    own = Connection.objects.for_user(request.user).defer("credential")
    connection = get_object_or_404(own, pk=pk)
    service.disconnect(connection=connection)
    messages.success(request, f"Disconnected from {connection.label}. Your selections are kept.")
    return redirect("selector:connections")
