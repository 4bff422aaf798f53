"""Turn exceptions into answers of the API.

The four endpoints of the specification answer {"success": false, "message", "code"}; all others
{"detail", "code"} and, for wrong input, "fields". `code` tells errors of one status apart: with
status 401 it is `not_authenticated` or `authentication_failed` for the sign-in to the portal, and
`cvat_...` if CVAT refuses.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from portal.api.parsers import TooLarge
from portal.database import is_busy
from portal.exceptions import Explained, http_status, message_in_api, retry_headers

logger = logging.getLogger(__name__)

SIGN_IN = "Sign in to the portal, or send an API token: Authorization: Bearer cis_..."
DATABASE_BUSY = "The portal's database is busy. Try again in a moment."
MAX_SENTENCES = 5  # of errors in one message
_NO_ROW = re.compile(r"No (\w+) matches the given query\.")
_WORD = re.compile("[A-Z][a-z]*")


class DatabaseBusy(exceptions.APIException):
    status_code = 503
    default_detail = DATABASE_BUSY
    # Not "busy": part of the request may have been written, so pages must not repeat it.
    default_code = "database_busy"


class BrokerDown(exceptions.APIException):
    status_code = 503
    default_detail = "The portal's message broker does not answer. Try again in a moment."
    default_code = "broker_down"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception in a view; None for a bug, which Django logs and answers 500."""
    fields: dict[str, Any] = {}
    if isinstance(error, Explained):
        response = Response(status=http_status(error), headers=retry_headers(error))
        message, code = message_in_api(error), error.code
    else:
        answered = default_handler(_as_api_error(error), context)
        if answered is None:
            return None
        response = answered
        message, code, fields = _describe(error, response)
    is_specified = getattr(context["view"], "is_specified", False)
    response.data = shape(code, message, fields, is_specified=is_specified)
    return response


def shape(
    code: str, message: str, fields: dict[str, Any] | None = None, *, is_specified: bool
) -> dict[str, Any]:
    """The body of an error, in the shape of the endpoint."""
    if is_specified:
        return {"success": False, "message": message, "code": code}
    return {"detail": message, "code": code, **({"fields": fields} if fields else {})}


def _as_api_error(error: Exception) -> Exception:
    """The API error for an exception of Django, the cache, Celery or the database."""
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, Http404):
        return exceptions.NotFound(_nothing_there(str(error)))
    if isinstance(error, SuspiciousOperation):
        return exceptions.ParseError(str(error))
    if isinstance(error, (RedisError, BrokerError)):
        logger.error("the broker does not answer: %s", error)
        return BrokerDown()
    if is_busy(error):
        logger.exception("the database is locked or does not answer")
        return DatabaseBusy()
    return error


def _nothing_there(message: str) -> str:
    """`message` of a Http404. That of get_object_or_404 names the model, in Django's words: "No
    SavedSearch matches the given query."."""
    named = _NO_ROW.fullmatch(message)
    kind = " ".join(_WORD.findall(named[1])).lower() if named else "thing"
    if message and not named:
        return message
    return f"There is no such {kind}, or you may not see it or change it."


def _describe(error: Exception, response: Response) -> tuple[str, str, dict[str, Any]]:
    """Message, code and fields of an error of REST framework."""
    if isinstance(error, exceptions.ValidationError):
        fields = response.data if isinstance(response.data, dict) else {}
        sentences = _sentences(response.data)
        more = ["…"] if len(sentences) > MAX_SENTENCES else []
        return " ".join(sentences[:MAX_SENTENCES] + more), "invalid", fields
    if isinstance(error, exceptions.NotAuthenticated):
        return SIGN_IN, "not_authenticated", {}
    detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
    return str(detail), str(getattr(detail, "code", "error")), {}


def _sentences(data: Any, place: str = "") -> list[str]:
    """Sentences such as "frames[3].task_id: ..." for {"frames": {3: {"task_id": ["..."]}}}."""
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
