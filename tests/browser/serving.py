"""The live server's handler: static files that browsers keep, and a count of what is under way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.http import HttpRequest, HttpResponseBase


class UnderWay:
    """How many requests are being answered. Safe for threads."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def begin(self) -> None:
        with self._changed:
            self._count += 1

    def end(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_for_none(self, seconds: float = 60) -> None:
        with self._changed:
            is_idle = self._changed.wait_for(lambda: self._count == 0, seconds)
        assert is_idle, f"{self._count} requests are not answered after {seconds} s"


class _Answer:
    """The body of an answer, which ends its request when it is closed."""

    def __init__(self, body: Any, end: Callable[[], None]) -> None:
        self._body = body
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            self._body.close()
        finally:
            self._end()


class PortalHandler(StaticFilesHandler):
    """Static files are kept by browsers, as they are in production."""

    under_way = UnderWay()

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        self.under_way.begin()
        try:
            body = super().__call__(environ, start_response)
        except BaseException:
            self.under_way.end()
            raise
        return _Answer(body, self.under_way.end)

    def serve(self, request: HttpRequest) -> HttpResponseBase:
        answer = super().serve(request)
        answer["Cache-Control"] = "max-age=86400, immutable"
        return answer
