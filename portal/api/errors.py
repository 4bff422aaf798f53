"""The one translation of exceptions to API answers.

The four endpoints of the specification answer {"success": false, "message", "code"}, the
resources {"detail", "code"} and, for wrong input, "fields". `code` tells errors of one status
apart: 401 is `not_authenticated` or `authentication_failed` when it is about the portal's own
sign-in, `cvat_...` when CVAT refuses.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from portal.api.parsers import TooLarge
from portal.database import is_busy
from portal.exceptions import Explained, http_status, retry_headers

logger = logging.getLogger(__name__)

SIGN_IN = "Sign in to the portal, or send an API token: Authorization: Bearer cis_..."
DATABASE_BUSY = "The portal's database is busy. Try again in a moment."
SENTENCES = 5  # as many as a person reads


class DatabaseBusy(exceptions.APIException):
    status_code = 503
    default_detail = DATABASE_BUSY
    # Not "busy": something may have been written before, so pages must not send it again.
    default_code = "database_busy"


class BrokerDown(exceptions.APIException):
    status_code = 503
    default_detail = "The portal's message broker does not answer. Try again in a moment."
    default_code = "broker_down"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    fields: dict[str, Any] = {}
    if isinstance(error, Explained):
        response = Response(status=http_status(error), headers=retry_headers(error))
        message, code = str(error), error.code
    else:
        answered = default_handler(_of_others(error), context)
        if answered is None:
            return None  # a bug: Django logs it and answers 500
        response = answered
        message, code, fields = _of_rest_framework(error, response)
    is_specified = getattr(context["view"], "is_specified", False)
    response.data = shape(code, message, fields, is_specified=is_specified)
    return response


def shape(
    code: str, message: str, fields: dict[str, Any] | None = None, *, is_specified: bool
) -> dict[str, Any]:
    """The body of an error, in the shape of the address's family."""
    if is_specified:
        return {"success": False, "message": message, "code": code}
    return {"detail": message, "code": code, **({"fields": fields} if fields else {})}


def _of_others(error: Exception) -> Exception:
    """What Django, the cache and Celery raise on the way, as the error it is for the caller."""
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, SuspiciousOperation):
        return exceptions.ParseError(str(error))
    if isinstance(error, (RedisError, BrokerError)):
        logger.error("the broker does not answer: %s", error)
        return BrokerDown()
    if is_busy(error):
        logger.exception("the database is locked or does not answer")
        return DatabaseBusy()
    return error


def _of_rest_framework(error: Exception, response: Response) -> tuple[str, str, dict[str, Any]]:
    if isinstance(error, exceptions.ValidationError):
        fields = response.data if isinstance(response.data, dict) else {}
        sentences = _sentences(response.data)
        more = ["…"] if len(sentences) > SENTENCES else []
        return " ".join(sentences[:SENTENCES] + more), "invalid", fields
    if isinstance(error, exceptions.NotAuthenticated):
        return SIGN_IN, "not_authenticated", {}
    detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
    return str(detail), str(getattr(detail, "code", "error")), {}


def _sentences(data: Any, place: str = "") -> list[str]:
    """`{"frames": {3: {"task_id": ["..."]}}}` as "frames[3].task_id: ..."."""
    if isinstance(data, dict):
        return [
            sentence
            for name, value in data.items()
            for sentence in _sentences(value, _inside(place, name))
        ]
    if isinstance(data, list):
        return [sentence for value in data for sentence in _sentences(value, place)]
    return [f"{place}: {data}" if place else str(data)]


def _inside(place: str, name: Any) -> str:
    if name == "non_field_errors":
        return place
    if str(name).isdecimal():
        return f"{place}[{name}]"
    return f"{place}.{name}" if place else str(name)
