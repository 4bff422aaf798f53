"""Brings the frames, several at a time, and keeps each in the build's spool folder until the
archive is done: a build that was killed goes on with what lies there."""

from __future__ import annotations

import os
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from selections.archives.planning import Fetch
from selector.cvat.client import CvatClient
from selector.cvat.exceptions import (
    CvatBroken,
    CvatForbidden,
    CvatNotFound,
    CvatRejected,
)

# What concerns one frame and not the build: it is named in the manifest, the others go on.
FRAME_ERRORS = (CvatBroken, CvatForbidden, CvatNotFound, CvatRejected)


class Stopped(Exception):
    """The build was given up while frames were being fetched."""


@dataclass(frozen=True, slots=True)
class Fetched:
    fetch: Fetch
    content: bytes
    error: str = ""  # why there is no content


class Fetcher:
    """`stop` ends the work between two requests."""

    def __init__(
        self, client: CvatClient, *, spool: Path, quality: str, threads: int, stop: Event
    ) -> None:
        self._client = client
        self._spool = spool
        self._quality = quality
        self._threads = threads
        self._stop = stop
        self._closed_tasks: set[int] = set()  # 403: go through the jobs

    def fetch(self, plan: Iterable[Fetch]) -> Iterator[Fetched]:
        """The frames in the order of the plan. Raises Stopped, or the CvatError that ends all."""
        todo = iter(plan)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="fetch") as pool:
            window: deque[Future[Fetched]] = deque()
            try:
                while True:
                    # Bounded: a slow first frame must not let the rest pile up in memory.
                    while len(window) < 2 * self._threads and (fetch := next(todo, None)):
                        window.append(pool.submit(self._one, fetch))
                    if not window:
                        return
                    yield window.popleft().result()
            finally:
                for future in window:
                    future.cancel()

    def _one(self, fetch: Fetch) -> Fetched:
        if self._stop.is_set():
            raise Stopped
        piece = self._spool / f"{fetch.task_id}_{fetch.frame}"
        if piece.exists():
            return Fetched(fetch, piece.read_bytes())
        try:
            content = self._ask(fetch)
        except FRAME_ERRORS as error:
            return Fetched(fetch, b"", str(error))
        _keep(piece, content)
        return Fetched(fetch, content)

    def _ask(self, fetch: Fetch) -> bytes:
        if fetch.task_id not in self._closed_tasks:
            try:
                return self._client.frame(
                    task_id=fetch.task_id, frame=fetch.frame, quality=self._quality
                ).content
            except CvatForbidden:
                self._closed_tasks.add(fetch.task_id)
        return self._client.job_frame(
            job_id=fetch.job_id, frame=fetch.frame, quality=self._quality
        ).content


def _keep(piece: Path, content: bytes) -> None:
    """Whole or not at all: what a killed build left half-written must not be taken for a frame."""
    # A name of its own: a worker that lost its claim may still be writing the same frame.
    part = piece.with_suffix(f".{uuid.uuid4().hex}.part")
    part.write_bytes(content)
    os.replace(part, piece)
