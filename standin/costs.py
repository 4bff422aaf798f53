"""What things cost on the measured server (cvat-api 1.2 and 7.16), and a slow line.

All off by default. Time is spent while holding one of two pretended cores, so that many askers
queue as they do on the real machine.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from standin.model import Task

V = TypeVar("V")

SMALL_PICTURE = 64 * 48 * 4
FAST_PIECE = 1 << 20
# A slow line carries a body in pieces that take about so long, of at least so many bytes.
PIECE_SECONDS, SMALLEST_PIECE = 0.005, 16 << 10


class Costs:
    """Seconds per thing; every attribute may be changed while the server runs.

    `bandwidth` is in bytes per second for the whole server, 0 for no limit; `cores` counts only
    when it is given to the constructor.
    """

    def __init__(self, **seconds: float) -> None:
        self.basic = 0.0
        self.login = 0.0
        self.wrong_login = 0.0
        self.listing = 0.0
        self.detail = 0.0
        self.meta = 0.0
        self.meta_per_frame = 0.0
        self.frame = 0.0
        self.small_frame = 0.0
        self.compressed_frame = 0.0
        self.video_frame = 0.0
        self.chunk = 0.0
        self.compressed_chunk = 0.0
        self.video_chunk = 0.0
        self.cold = 0.0
        self.cold_compressed = 0.0
        self.cold_small = 0.0
        self.cold_video = 0.0
        self.chunk_gzip = 0.0
        self.poll = 0.0
        self.export_base = 0.0
        self.export_per_frame = 0.0
        self.export_per_byte = 0.0
        self.export_again = 0.0
        self.creation_base = 0.0
        self.creation_per_frame = 0.0
        self.bandwidth = 0.0
        self.cores = 2.0
        for name, value in seconds.items():
            if not hasattr(self, name):
                raise TypeError(f"no such cost: {name}")
            setattr(self, name, value)
        self._cores = threading.BoundedSemaphore(int(self.cores))
        self._line = threading.Lock()
        self._line_free_at = 0.0

    @classmethod
    def measured(cls, **changes: float) -> Costs:
        """The figures of the measured server; `changes` replaces some of them.

        Cold prices lie just below a multiple of `poll`: what was measured were whole polls.
        """
        figures: dict[str, float] = {
            "basic": 0.118,
            "login": 0.118,
            "wrong_login": 0.462,
            "listing": 0.050,
            "detail": 0.029,
            "meta": 0.030,
            "meta_per_frame": 0.0001,
            "frame": 0.087,
            "small_frame": 0.023,
            "compressed_frame": 0.049,
            "video_frame": 0.087,
            "chunk": 0.107,
            "compressed_chunk": 0.052,
            "video_chunk": 0.031,
            "cold": 0.390,
            "cold_compressed": 0.790,
            "cold_small": 0.190,
            "cold_video": 0.390,
            "chunk_gzip": 0.316,
            "poll": 0.200,
            # 2.0 s for 600 pictures of 0.5 MB, 3.9 s for 6,000 tiny ones.
            "export_base": 0.3,
            "export_per_frame": 0.0006,
            "export_per_byte": 4.2e-9,
            "export_again": 0.3,
            # 1.6 s for 180 pictures of 0.5 MB, 1.7 s for 6,000 tiny ones: mostly the same.
            "creation_base": 1.5,
            "creation_per_frame": 0.00003,
        }
        return cls(**{**figures, **changes})

    def forget_cold(self) -> None:
        """From now on chunks are made at once."""
        self.cold = self.cold_compressed = self.cold_small = self.cold_video = self.poll = 0.0

    @property
    def has_cold_builds(self) -> bool:
        """Whether it matters that a chunk was built before."""
        return max(self.cold, self.cold_compressed, self.cold_small, self.cold_video) > 0

    @contextmanager
    def core(self) -> Iterator[None]:
        with self._cores:
            yield

    def spend(self, seconds: float) -> None:
        """Pretend to compute for so long."""
        if seconds > 0:
            with self.core():
                time.sleep(seconds)

    def spend_frame(self, task: Task, quality: str) -> None:
        if task.is_video:
            self.spend(self.video_frame)
        elif _is_small(task):
            self.spend(self.small_frame)
        else:
            self.spend(self.frame if quality == "original" else self.compressed_frame)

    def spend_chunk(self, task: Task, quality: str) -> None:
        if task.is_video:
            self.spend(self.video_chunk)
        elif _is_small(task):
            self.spend(self.small_frame)
        else:
            self.spend(self.chunk if quality == "original" else self.compressed_chunk)

    def build(self, task: Task, quality: str, make: Callable[[], V]) -> V:
        """Make a chunk, taking at least as long as the worker of CVAT would, from when a core is
        free: two workers make two chunks at a time."""
        price = self._cold_price(task, quality)
        if price <= 0:
            return make()
        requested = time.monotonic()
        with self.core():
            begun = time.monotonic()
            made = make()
            time.sleep(max(0.0, price - (time.monotonic() - begun)))
        self._wait_for_poll(requested)
        return made

    def export(self, task: Task, make: Callable[[], bytes]) -> bytes:
        """Make the file of an export, taking at least as long as the worker of CVAT would."""
        with self.core():
            begun = time.monotonic()
            body = make()
            price = self.export_base + task.size * self.export_per_frame
            price += len(body) * self.export_per_byte
            time.sleep(max(0.0, price - (time.monotonic() - begun)))
        return body

    def _cold_price(self, task: Task, quality: str) -> float:
        if task.is_video:
            return self.cold_video
        if _is_small(task):
            return self.cold_small
        return self.cold if quality == "original" else self.cold_compressed

    def _wait_for_poll(self, requested: float) -> None:
        """CVAT looks whether the worker is done only every 200 ms."""
        if self.poll > 0:
            time.sleep(-(time.monotonic() - requested) % self.poll)

    def wait(self, future: Future[Any]) -> None:
        """Wait for a chunk that somebody else is building, looking at it every 200 ms."""
        while self.poll > 0 and not future.done():
            time.sleep(self.poll)
        future.exception()

    def send(self, write: Callable[[memoryview], object], body: bytes) -> None:
        """Write a body in pieces, slowly if the line is slow."""
        view = memoryview(body)
        size = FAST_PIECE
        if self.bandwidth > 0:
            size = max(min(int(self.bandwidth * PIECE_SECONDS), FAST_PIECE), SMALLEST_PIECE)
        for start in range(0, len(view), size):
            piece = view[start : start + size]
            if self.bandwidth > 0:
                time.sleep(max(0.0, self._reserve(len(piece)) - time.monotonic()))
            write(piece)

    def _reserve(self, size: int) -> float:
        """When the shared line will have carried `size` more bytes."""
        with self._line:
            # A piece that comes late by less than the time of a piece uses the line all the same:
            # a sleep takes a little longer than it should.
            begin = max(time.monotonic() - PIECE_SECONDS, self._line_free_at)
            self._line_free_at = begin + size / max(self.bandwidth, 1.0)
            return self._line_free_at


def _is_small(task: Task) -> bool:
    if task.media is None or not task.order:
        return False
    width, height = task.media.dimensions(task.order[0])
    return width * height <= SMALL_PICTURE
