"""The one translation of exceptions to API answers.

The four endpoints of the specification answer {"success": false, "message", "code"}, the
resources {"detail", "code"} and, for wrong input, "fields".
"""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as default_handler

from selector.exceptions import Explained, http_status


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    fields: dict[str, Any] = {}
    if isinstance(error, Explained):
        response = Response(status=http_status(error))
        message, code = str(error), error.code
    else:
        answered = default_handler(error, context)
        if answered is None:
            return None  # a bug: Django logs it and answers 500
        response = answered
        message, code, fields = _of_rest_framework(error, response)
    if getattr(context["view"], "is_specified", False):
        response.data = {"success": False, "message": message, "code": code}
    else:
        response.data = {"detail": message, "code": code, **({"fields": fields} if fields else {})}
    return response


def _of_rest_framework(error: Exception, response: Response) -> tuple[str, str, dict[str, Any]]:
    if isinstance(error, exceptions.ValidationError):
        fields = response.data if isinstance(response.data, dict) else {}
        return " ".join(_sentences(response.data)), "invalid", fields
    detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
    return str(detail), str(getattr(detail, "code", "error")), {}


def _sentences(data: Any, field: str = "") -> list[str]:
    """`{"count": ["..."]}` as "count: ..."; nested lists name the place."""
    if isinstance(data, dict):
        return [
            sentence
            for name, value in data.items()
            for sentence in _sentences(value, "" if name == "non_field_errors" else str(name))
        ]
    if isinstance(data, list):
        return [sentence for value in data[:5] for sentence in _sentences(value, field)]
    return [f"{field}: {data}" if field else str(data)]
