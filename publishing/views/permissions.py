"""Pages of the permission to write: give it, look at it, withdraw it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from portal.pages import errors_shown_in, errors_shown_on
from portal.signed_in import SignedInRequest
from publishing import services
from publishing.forms import PermissionForm, WithdrawForm
from publishing.models import WritePermission
from publishing.views.allowing import AGAIN, page_to_return_to
from selector.models import Connection


@sensitive_post_parameters("password", "access_token")
@sensitive_variables("form")
@never_cache
@require_http_methods(["GET", "POST"])
def permission(request: SignedInRequest, pk: int) -> HttpResponse:
    connection = get_object_or_404(Connection.objects.for_user(request.user), pk=pk)
    if request.method == "GET":
        return permission_page(request, pk)
    form = PermissionForm(connection, request.POST)
    if not form.is_valid():
        return permission_page(request, pk, form=form, status=400)
    given = form.cleaned_data
    with errors_shown_in(form) as outcome:
        answer = services.give_permission(
            connection=connection, password=given["password"], access_token=given["access_token"]
        )
    if form.errors:
        response = permission_page(request, pk, form=form, status=outcome.status)
        for name, value in outcome.headers.items():
            response[name] = value
        return response
    address = page_to_return_to(request)
    then = (
        "The form is as you filled it in: send it now."
        if address
        else "If a form waits for that in another tab, go back there and send it."
    )
    messages.success(request, f"The portal may write to {connection.url} for you now. {then}")
    if answer.notice:
        messages.warning(request, answer.notice)
    return redirect(f"{address}?{AGAIN}=1" if address else request.path)


@sensitive_variables("form")
def permission_page(
    request: SignedInRequest, pk: int, form: PermissionForm | None = None, status: int = 200
) -> HttpResponse:
    own = Connection.objects.for_user(request.user).defer("credential")
    connection = get_object_or_404(own, pk=pk)
    context = {
        "connection": connection,
        "permission": WritePermission.objects.of(connection),
        "may_write_already": services.may_write_already(connection),
        "form": form or PermissionForm(connection),
        "withdraw_form": WithdrawForm(),
        "days": settings.CVAT_WRITE_TOKEN_DAYS,
        "sample_password": _sample_password(connection),
        "page_to_return_to": page_to_return_to(request),
    }
    return render(request, "publishing/permission.html", context, status=status)


def _permission_page(request: SignedInRequest, pk: int) -> HttpResponse:
    return permission_page(request, pk)


@sensitive_post_parameters("password")
@require_POST
@errors_shown_on(_permission_page)
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    own = WritePermission.objects.for_user(request.user).select_related("connection__owner")
    given = get_object_or_404(own, connection_id=pk)
    form = WithdrawForm(request.POST)
    password = form.cleaned_data["password"] if form.is_valid() else ""
    notice = services.withdraw_permission(permission=given, password=password)
    messages.success(request, f"The portal may no longer write to {given.connection.url} for you.")
    if notice:
        messages.warning(request, notice)
    return redirect("publishing:permission", pk)


def _sample_password(connection: Connection) -> str:
    """The password of the account that owns the sample tasks, "" for any other account."""
    account = settings.STANDIN_ACCOUNT
    is_sample = connection.url == settings.STANDIN_URL
    return account["password"] if is_sample and connection.username == account["username"] else ""
