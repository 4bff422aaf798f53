from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.defaults import server_error
from redis.exceptions import RedisError

from selector.database import is_busy


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
