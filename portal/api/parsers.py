"""Parsers that limit request bodies, because DRF bypasses the limit of Django."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import ExitStack
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, FormParser, JSONParser

from portal.exceptions import Busy
from portal.thread_share import ThreadShare

# Objects and lists that a body may hold beside its frames.
OTHER_CONTAINERS = 10_000
VALUES_PER_CONTAINER = 10
LARGE_AT_ONCE = 2  # in each process: 200,000 frames take 200 MB as Python objects
# The body of an operation that takes bytes, in the schema.
BYTES = {"application/octet-stream": OpenApiTypes.BINARY}
LARGE_PATIENCE = 5.0  # seconds to wait for another large body

_large = ThreadShare(waiting=lambda: LARGE_AT_ONCE, patience=lambda: LARGE_PATIENCE)


class TooLarge(APIException):
    status_code = 413
    default_detail = "The request is too large: send fewer frames at once."
    default_code = "too_large"


class TakesFrames:
    """Mixin for views that take lists of frames in `takes_frames`, the names of methods or actions.
    Their bodies may be large; only LARGE_AT_ONCE large ones are processed at a time."""

    takes_frames = frozenset({"post"})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as until_answered:
            self.until_answered = until_answered
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            return response


class BoundedJSONParser(BaseParser):
    """Parses JSON within the limits. Not a subclass of JSONParser, for which DRF reads the body
    first, within the one limit of Django for all addresses."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        _check_length(parser_context)
        body = stream.read()
        _check_contents(body)
        try:
            return JSONParser().parse(io.BytesIO(body), media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - it is nested too deeply.") from None


class BoundedBytesParser(BaseParser):
    """Takes the body as it is, up to `largest_body` bytes of the view."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        context = parser_context or {}
        length = int(context["request"].META.get("CONTENT_LENGTH") or 0)
        if length > context["view"].largest_body:
            raise TooLarge("The body is too large: send fewer bytes at once.")
        return stream.read()


class BoundedFormParser(FormParser):
    """Parses forms within the limits."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        _check_length(parser_context)
        return super().parse(stream, media_type, parser_context)


def _check_length(context: Mapping[str, Any] | None) -> None:
    """Raises TooLarge, or Busy for a large body while others are processed."""
    if context is None:
        return
    # A WSGI server reads no body without this header.
    length = int(context["request"].META.get("CONTENT_LENGTH") or 0)
    ordinary = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if length <= ordinary:
        return
    view = context["view"]
    method = getattr(view, "action", None) or context["request"].method.lower()
    if method not in getattr(view, "takes_frames", ()) or length > settings.FRAMES_UPLOAD_MAX_SIZE:
        raise TooLarge
    if not view.until_answered.enter_context(_large.place({"all": LARGE_AT_ONCE})):
        raise Busy("The portal is working on other large requests. Try again in a few seconds.")


def _check_contents(body: bytes) -> None:
    """Raises TooLarge. Objects are counted before they are parsed, because small ones take twenty
    times their length in memory."""
    most = settings.MAX_SELECTION_FRAMES + OTHER_CONTAINERS
    containers = body.count(b"{") + body.count(b"[")
    if containers > most or body.count(b",") > most * VALUES_PER_CONTAINER:
        raise TooLarge
