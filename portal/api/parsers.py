"""Request bodies within bounds: DRF reads a body by itself and passes Django's own check by."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import ExitStack
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, FormParser, JSONParser

from portal.exceptions import Busy
from portal.thread_share import ThreadShare

# Beside its frames, what else the body of a request may hold.
OTHER_CONTAINERS = 10_000
VALUES_PER_CONTAINER = 10
LARGE_AT_ONCE = 2  # of each process: 200,000 frames take 200 MB as Python objects
LARGE_PATIENCE = 5.0  # seconds

_large = ThreadShare(waiting=lambda: LARGE_AT_ONCE, patience=lambda: LARGE_PATIENCE)


class TooLarge(APIException):
    status_code = 413
    default_detail = "The request is too large: send fewer frames at once."
    default_code = "too_large"


class TakesFrames:
    """A view that takes lists of frames, by the methods or actions named: their bodies may be
    large, and only a few large ones are worked on at a time."""

    takes_frames = frozenset({"post"})

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as until_answered:
            self.until_answered = until_answered
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            return response


class BoundedJSONParser(BaseParser):
    """Not a JSONParser itself: before those DRF reads the body, within Django's one bound for all
    addresses."""

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
    """Raises TooLarge, and Busy for a large body while others are worked on."""
    if context is None:
        return
    # A body without a length is read by no WSGI server: the header is the whole truth.
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
    """Raises TooLarge. Small objects take twenty times their length in memory: they are counted
    before they are made."""
    most = settings.MAX_SELECTION_FRAMES + OTHER_CONTAINERS
    containers = body.count(b"{") + body.count(b"[")
    if containers > most or body.count(b",") > most * VALUES_PER_CONTAINER:
        raise TooLarge
