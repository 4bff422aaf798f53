"""What comes in, bounded: DRF reads a body by itself and passes Django's own check by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import FormParser, JSONParser


class TooLarge(APIException):
    status_code = 413
    default_detail = "The request is too large: send fewer frames at once."
    default_code = "too_large"


class BoundedJSONParser(JSONParser):
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        _check_length(parser_context)
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - it is nested too deeply.") from None


class BoundedFormParser(FormParser):
    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        _check_length(parser_context)
        return super().parse(stream, media_type, parser_context)


def _check_length(context: Mapping[str, Any] | None) -> None:
    # A body without a length is read by no WSGI server: the header is the whole truth.
    length = context["request"].META.get("CONTENT_LENGTH") if context else None
    if int(length or 0) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or float("inf")):
        raise TooLarge
