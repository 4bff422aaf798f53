from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.defaults import server_error
from redis.exceptions import RedisError

from selector.database import is_busy
from selector.lockout import Block


class SignInView(auth_views.LoginView):
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"contact": settings.OPERATOR_CONTACT}


def sign_in_blocked(request: HttpRequest, *_: Any) -> HttpResponse:
    """The answer to a sign-in that is refused whatever the password; django-axes asks for it."""
    block = getattr(request, "sign_in_block", None) or Block.from_now(None)
    context = {"refusal": block, "contact": settings.OPERATOR_CONTACT}
    response = render(request, "registration/locked_out.html", context, status=429)
    response["Retry-After"] = str(block.seconds)
    return response


@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    """200 when database and broker answer, 503 naming the part that does not."""
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
    """The page for an exception that nothing else answers: 503 while the database is locked or
    away, else 500. Django has logged it."""
    if is_busy(sys.exc_info()[1]):
        return render(request, "503.html", status=503)
    return server_error(request)
