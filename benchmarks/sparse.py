"""Some frames of many, on lines of different speed and delay: the engine against the better of
single frames and whole chunks with their best number of connections."""

from __future__ import annotations

import itertools
import math
import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

from benchmarks import clients, world
from benchmarks.portal import Portal
from benchmarks.server import Server
from cvat.client import CvatClient
from cvat.types import Credential, Job

SHARES = (0.01, 0.05, 0.1, 0.5)
LINES = (2e6, 20e6, 200e6)  # bytes per second
DELAYS = (0.001, 0.05, 0.2)  # seconds of each request
SLOW = 2e6
CONNECTIONS = (8, 16)
# The share at which the best number of connections of a way is found, for each line and delay.
FOUND_AT = {"frames": 0.01, "chunks": 0.5}
# About how long a way takes in a cell where it is the better one: the number of frames follows.
CELL_SECONDS = {"frames": 1.2, "chunks": 2.0}
TURNS = 3  # of a cell that is over the bound, whose medians count
FRAME_SECONDS, CHUNK_SECONDS = 0.087 / 2, 0.107 / 2  # of one of the two cores of the server
CHUNK = 36  # frames
BOUNDS = {"sparse_vs_best": (1.1, "at most"), "sparse_slow_line_vs_best": (1.1, "at most")}


@dataclass
class Cell:
    """Seconds of the engine (`ours`) and of the best other way."""

    share: float
    line: float
    delay: float
    frames: int
    best: float = math.inf
    best_way: str = ""
    connections: int = 0
    ours: float = math.inf

    @property
    def ratio(self) -> float:
        return self.ours / self.best


class TooLong(Exception):
    """Another way was faster."""


class Table:
    def __init__(self, server: Server, portal: Portal) -> None:
        self._server = server
        self._portal = portal
        self._key = clients.credential(server.url)
        self._pick = random.Random(20261126)
        self._connections: dict[tuple[str, float, float], int] = {}

    def measure(self, line: float, delay: float, share: float) -> Cell:
        """Measure a cell, and print it."""
        seconds = {"frames": _frames_seconds(share, line, delay)}
        seconds["chunks"] = _chunk_seconds(share, line, delay)
        better = min(seconds, key=seconds.__getitem__)
        among = math.ceil(CELL_SECONDS[better] / seconds[better]) * CHUNK
        frames = sorted(self._pick.sample(range(among), round(share * among)))
        cell = Cell(share, line, delay, len(frames))
        for way in sorted(seconds, key=seconds.__getitem__):
            # No way is faster than the line and the cores, which the estimates are made of.
            if 0.8 * seconds[way] * among / CHUNK < cell.best:
                self._measure(way, frames, cell)
        cell.ours = self._ours(frames, cell)
        if cell.ratio > BOUNDS["sparse_vs_best"][0]:
            self._measure_again(frames, cell)
        sys.stdout.write(f"{_row(cell)}\n")
        sys.stdout.flush()
        return cell

    def _measure(self, way: str, frames: Sequence[int], cell: Cell) -> None:
        known = (way, cell.line, cell.delay)
        is_to_find = FOUND_AT[way] == cell.share
        usual = self._connections.get(known, CONNECTIONS[0])
        for connections in CONNECTIONS if is_to_find else [usual]:
            seconds = self._seconds(way, frames, connections, cell)
            if seconds < cell.best:
                cell.best, cell.best_way, cell.connections = seconds, way, connections
        if is_to_find and cell.best_way == way:
            self._connections[known] = cell.connections

    def _seconds(self, way: str, frames: Sequence[int], connections: int, cell: Cell) -> float:
        self._fresh(cell)
        started = time.monotonic()
        client = Client(self._server.url, self._key, connections, until=started + cell.best)
        try:
            with client:
                client.frames(frames) if way == "frames" else client.chunks(frames)
        except TooLong:
            return math.inf
        return time.monotonic() - started

    def _ours(self, frames: Sequence[int], cell: Cell) -> float:
        self._fresh(cell)
        return self._portal.build(world.SPARSE, frames).seconds

    def _measure_again(self, frames: Sequence[int], cell: Cell) -> None:
        best, ours = [cell.best], [cell.ours]
        cell.best = math.inf  # not to be broken off
        for _ in range(TURNS - 1):
            best.append(self._seconds(cell.best_way, frames, cell.connections, cell))
            ours.append(self._ours(frames, cell))
        cell.best, cell.ours = median(best), median(ours)

    def _fresh(self, cell: Cell) -> None:
        self._server.fresh(bandwidth=cell.line, delay=cell.delay, is_cold=False)


def _frames_seconds(share: float, line: float, delay: float) -> float:
    """About how long the wanted frames of one chunk take, frame by frame."""
    pause = delay / CONNECTIONS[0]
    return CHUNK * share * max(FRAME_SECONDS, pause, world.SPARSE_BYTES / line)


def _chunk_seconds(share: float, line: float, delay: float) -> float:
    """About how long a chunk takes, if a frame of it is wanted."""
    pause = delay / CONNECTIONS[0]
    is_wanted = 1 - (1 - share) ** CHUNK
    return is_wanted * max(CHUNK_SECONDS, pause, CHUNK * world.SPARSE_BYTES / line)


class Client:
    """The other ways. Both read first what every way needs: the task, its jobs, and the names of
    the frames."""

    def __init__(self, url: str, key: Credential, connections: int, *, until: float) -> None:
        self._url = url
        self._key = key
        self._until = until
        self._session = clients.Session(key, connections)
        self._pool = ThreadPoolExecutor(connections)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._session.close()

    def frames(self, frames: Sequence[int]) -> None:
        """Frame by frame, written to a stored ZIP."""
        path = f"/api/tasks/{world.SPARSE}/data"
        with tempfile.TemporaryFile() as file, zipfile.ZipFile(file, "w") as out:
            self._read_task()
            bodies = self._pool.map(lambda n: self._body(path, type="frame", number=n), frames)
            for frame, body in zip(frames, bodies, strict=True):
                out.writestr(f"{frame}.jpg", b"".join(body))

    def chunks(self, frames: Sequence[int]) -> None:
        """The chunks that hold the frames, and nothing else: no file, no ZIP."""
        jobs = self._read_task()
        wanted = clients.chunks_of(jobs, frames)

        def fetch(chunk: tuple[int, int]) -> int:
            job_id, index = chunk
            body = self._body(f"/api/jobs/{job_id}/data", type="chunk", index=index)
            return sum(map(len, body))

        for length in self._pool.map(fetch, sorted(wanted)):
            assert length

    def _read_task(self) -> list[Job]:
        with CvatClient(url=self._url, credential=self._key) as client:
            jobs = client.jobs(world.SPARSE)
        self._pool.submit(self._read_names)
        return jobs

    def _read_names(self) -> None:
        with CvatClient(url=self._url, credential=self._key) as client:
            client.task_meta(world.SPARSE)

    def _body(self, path: str, **params: str | int) -> list[bytes]:
        """The blocks of an answer."""
        self._check()
        params |= {"quality": "original"}
        with self._session.get(self._url + path, params=params, timeout=400, stream=True) as answer:
            answer.raise_for_status()
            blocks = []
            for block in answer.iter_content(clients.RAW_BLOCK):
                blocks.append(block)
                self._check()
            return blocks

    def _check(self) -> None:
        if time.monotonic() > self._until:
            raise TooLong


def _row(cell: Cell) -> str:
    return (
        f"{cell.share:4.0%} of {cell.frames / cell.share:5.0f}  {cell.line / 1e6:3.0f} MB/s "
        f"{cell.delay * 1000:3.0f} ms  {cell.best_way:6} ({cell.connections:2}) {cell.best:6.2f} s"
        f"  ours {cell.ours:6.2f} s  {cell.ratio:.2f}"
    )


def run(server: Server, portal: Portal) -> list[Cell]:
    """Measure all cells. Those in which the best number of connections is found come first."""
    table = Table(server, portal)
    order = sorted(SHARES, key=lambda share: share not in FOUND_AT.values())
    return [table.measure(*place) for place in itertools.product(LINES, DELAYS, order)]


def ratios(cells: Sequence[Cell]) -> dict[str, float]:
    """The worst of all cells, and of those on the slow line."""
    return {
        "sparse_vs_best": max(cell.ratio for cell in cells),
        "sparse_slow_line_vs_best": max(cell.ratio for cell in cells if cell.line == SLOW),
    }
