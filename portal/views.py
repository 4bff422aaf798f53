"""Pages for sign-in and API tokens, the health check, and the page for failures."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST
from django.views.defaults import server_error
from redis.exceptions import RedisError

from portal.database import is_busy
from portal.forms import TokenForm
from portal.lockout import Block
from portal.models import ApiToken
from portal.services import tokens as token_services
from portal.signed_in import SignedInRequest


class SignInView(auth_views.LoginView):
    """The sign-in page, which also names whom to ask for help."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"contact": settings.OPERATOR_CONTACT}


def sign_in_blocked(request: HttpRequest, *_: Any) -> HttpResponse:
    """The answer to a blocked sign-in, called by django-axes."""
    block = getattr(request, "sign_in_block", None) or Block.from_now(None)
    context = {"refusal": block, "contact": settings.OPERATOR_CONTACT}
    response = render(request, "registration/locked_out.html", context, status=429)
    response["Retry-After"] = str(block.seconds)
    return response


@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    """200 if database and broker answer, else 503; the body names the state of both."""
    parts = {"database": _database_answers(), "broker": _broker_answers()}
    status = 200 if all(parts.values()) else 503
    return JsonResponse(
        {name: "ok" if fine else "down" for name, fine in parts.items()}, status=status
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        cache.get("health")
    except (RedisError, OSError):
        return False
    return True


def failed(request: HttpRequest) -> HttpResponse:
    """The page for an unexpected exception, which Django has logged: 503 while the database is
    locked or does not answer, else 500."""
    if is_busy(sys.exc_info()[1]):
        return render(request, "503.html", status=503)
    return server_error(request)


# --- API tokens --------------------------------------------------------------------------------


@never_cache
@sensitive_variables("value", "issued")
@require_http_methods(["GET", "POST"])
def tokens(request: SignedInRequest) -> HttpResponse:
    """The list of API tokens, with the value of a new one right after it was issued."""
    form = TokenForm(request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        issued = token_services.issue(owner=request.user, **form.issue_arguments())
        form = TokenForm()
    context = {
        "form": form,
        "tokens": ApiToken.objects.for_user(request.user),
        "issued": issued,
    }
    status = 400 if form.errors else 200
    return render(request, "portal/tokens.html", context, status=status)


@require_POST
def revoke_token(request: SignedInRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.for_user(request.user), pk=pk)
    token_services.revoke(token=token)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("portal:tokens")
