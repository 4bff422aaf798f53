from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError


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
