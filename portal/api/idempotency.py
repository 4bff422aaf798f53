"""Idempotency-Key: a repeated request gets the first answer instead of making a second thing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from portal.exceptions import Conflict, InvalidInput, PortalError
from portal.models import KeyedAnswer
from portal.signed_in import SignedInApiRequest

LONGEST_KEY = 200  # characters
PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "Any text of at most 200 characters that the client makes up for one request, such as a "
        "UUID. The same request under the same key within a day gets the first answer again, with "
        "the header `Idempotency-Replayed: true`, and makes nothing new; another request under "
        "the key is 422, one that comes while the first is still being answered 409."
    ),
)


class KeyInUse(Conflict):
    code = "idempotency_key_in_use"  # clients repeat the request at this code alone


class KeyReused(PortalError):
    code = "idempotency_key_reused"
    status = 422


def once(request: SignedInApiRequest, create: Callable[[], Response]) -> Response:
    """The answer of `create`, or the one it gave to the same request under the same key.

    Errors are not remembered: the request can be repeated under its key.
    Raises InvalidInput, KeyInUse, KeyReused.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return create()
    if not (1 <= len(key) <= LONGEST_KEY and key.isprintable()):
        raise InvalidInput(f"Idempotency-Key must have 1 to {LONGEST_KEY} printable characters.")
    reserved, is_new = _reserve(request, key)
    if not is_new:
        headers = {"Idempotency-Replayed": "true"}
        return Response(reserved.body, status=reserved.status, headers=headers)
    try:
        answer = create()
        reserved.status = answer.status_code
        reserved.body = json.loads(json.dumps(answer.data, default=str))
        reserved.save(update_fields=["status", "body"])
    except BaseException:
        reserved.delete()
        raise
    return answer


def _reserve(request: SignedInApiRequest, key: str) -> tuple[KeyedAnswer, bool]:
    """The row of the key, and whether this request has made it."""
    fingerprint = _fingerprint(request)
    of_key = KeyedAnswer.objects.filter(user=request.user, key=key)
    of_key.outdated().delete()
    try:
        with transaction.atomic():
            return of_key.create(user=request.user, key=key, fingerprint=fingerprint), True
    except IntegrityError:
        known = of_key.first()
    if known is not None and known.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request. Send a new one.")
    if known is None or known.body is None:
        raise KeyInUse("The first request with this Idempotency-Key is not answered yet. Wait.")
    return known, False


def _fingerprint(request: SignedInApiRequest) -> str:
    data: Any = request.data
    if hasattr(data, "lists"):
        data = dict(data.lists())
    text = json.dumps([request.method, request.path, data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
