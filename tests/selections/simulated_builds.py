"""Builds in simulated time: the planner and the number of requests, without CVAT and threads.

The server answers after a delay, works on two requests at once, and sends over one line that all
answers share. Nothing here takes real time, so the results are the same on every machine.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from selections.archives.concurrency import Concurrency
from selections.archives.planning import EARLY_SECONDS, Arrival, Block, CostModel

CHUNK = 36  # frames
FRAME_WORK, CHUNK_WORK, TASK_WORK, JOBS_WORK = (
    0.087,
    0.107,
    0.029,
    0.050,
)  # seconds of one of two cores (cvat-api 7.16)
PIECE = 2**16  # bytes of a body that a client reads at once
THREADS = 9  # of a build, with the defaults of FETCH_THREADS and CVAT_MAX_REQUESTS

# Of a thread. Each value: until when it sleeps; None: it waits at the gate.
Steps = Generator[float | None, None, None]


@dataclass(frozen=True)
class Line:
    bandwidth: float  # bytes per second
    delay: float  # seconds of each request
    frame_bytes: int = 100_000


class FixedLimit:
    """A Concurrency that does not change."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def note_answer(self, length: int, *, now: float) -> None:
        pass


class OneWay(CostModel):
    """A cost model that prefers chunks always, or never."""

    def __init__(self, *, chunks: bool) -> None:
        super().__init__()
        self._chunks = chunks

    def prefers_chunk(self, block: Block, *, missing: int) -> bool:
        return self._chunks

    def is_too_slow(self, block: Block, **_: float) -> bool:
        return False


class Simulation:
    """One build."""

    def __init__(
        self,
        line: Line,
        blocks: Sequence[Block],
        *,
        costs: CostModel,
        concurrency: Concurrency | FixedLimit,
        threads: int = THREADS,
    ) -> None:
        self.chunks = self.frames = 0  # requests that were answered
        self._line = line
        self._costs = costs
        self._concurrency = concurrency
        self._threads = threads
        self._idle = 0
        self._now = 0.0
        self._cores = [0.0, 0.0]  # when each is free
        self._line_free = 0.0
        self._under_way = 0
        self._gate: deque[Steps] = deque()
        self._work: deque[Steps] = deque(self._bring(block) for block in blocks)
        self._sleeping: list[tuple[float, int, Steps]] = []
        self._numbers = itertools.count()

    def run(self, *, early: bool = False) -> float:
        """The seconds of the build. `early`: a frame besides is fetched while the task and its jobs
        are read."""
        self._step(self._start(self._bring_early() if early else None))
        while self._sleeping:
            self._now, _, steps = heapq.heappop(self._sleeping)
            self._step(steps)
        return self._now

    def _start_idle_threads(self) -> None:
        while self._idle and self._work:
            self._idle -= 1
            self._step(self._work.popleft())

    def _step(self, steps: Steps) -> None:
        try:
            until = next(steps)
        except StopIteration:
            self._idle += 1
            self._start_idle_threads()
            return
        if until is None:
            self._gate.append(steps)
        else:
            heapq.heappush(self._sleeping, (until, next(self._numbers), steps))

    def _open_gate(self) -> None:
        for _ in range(min(self._concurrency.limit - self._under_way, len(self._gate))):
            heapq.heappush(self._sleeping, (self._now, next(self._numbers), self._gate.popleft()))

    def change(self, line: Line, *, at: float) -> None:
        """From that time on the line is another one."""

        def changed() -> Steps:
            yield at
            self._line = line

        self._step(changed())

    def _start(self, early: Steps | None) -> Steps:
        self._is_early_under_way = early is not None
        if early is not None:
            self._step(early)
        yield 2 * self._line.delay + TASK_WORK + JOBS_WORK
        end = self._now + EARLY_SECONDS
        while self._is_early_under_way and self._now < end:
            yield self._now + 0.001
        self._idle = self._threads
        self._start_idle_threads()

    def _bring_early(self) -> Steps:
        yield from self._bring_frames([0])
        self._is_early_under_way = False

    # --- threads ---

    def _bring(self, block: Block) -> Steps:
        missing = len(block.frames)
        if self._costs.prefers_chunk(block, missing=missing):
            is_whole = yield from self._bring_chunk(block, missing)
            if is_whole:
                return
        frames = list(block.frames)
        for _ in range(min(self._threads, missing - 1)):
            self._work.append(self._bring_frames(frames))
        self._start_idle_threads()
        yield from self._bring_frames(frames)

    def _bring_chunk(self, block: Block, missing: int) -> Generator[float | None, None, bool]:
        arrival = Arrival(self._costs)

        def is_too_slow(received: int, length: int, seconds: float) -> bool:
            arrival.observe(received, seconds, now=self._now)
            return self._costs.is_too_slow(
                block, missing=missing, length=length, received=received, seconds=seconds
            )

        length = block.size * self._line.frame_bytes
        is_whole, seconds = yield from self._request(CHUNK_WORK, length, is_too_slow)
        if is_whole:
            arrival.end(length, seconds, now=self._now)
            self._costs.observe_frames(length, block.size)
            self.chunks += 1
        return is_whole

    def _bring_frames(self, frames: list[int]) -> Steps:
        while frames:
            frames.pop()
            length = self._line.frame_bytes
            _, seconds = yield from self._request(FRAME_WORK, length, lambda *_: False)
            self._costs.observe_body(length, seconds, end=self._now)
            self._costs.observe_frames(length, 1)
            self.frames += 1

    def _request(
        self, work: float, length: int, is_too_slow: Callable[[int, int, float], bool]
    ) -> Generator[float | None, None, tuple[bool, float]]:
        """Whether all of the body arrived, and within how many seconds."""
        while self._under_way >= self._concurrency.limit:
            yield None
        self._under_way += 1
        begun = self._now
        yield self._now + self._line.delay
        ready = max(self._now, heapq.heappop(self._cores)) + work
        heapq.heappush(self._cores, ready)
        yield ready
        first, received = self._now, 0
        while received < length and not is_too_slow(received, length, self._now - first):
            piece = min(PIECE, length - received)
            self._line_free = max(self._line_free, self._now) + piece / self._line.bandwidth
            yield self._line_free
            received += piece
        if received == length:
            self._costs.observe_wait(first - begun, under_way=self._under_way)
            self._concurrency.note_answer(length, now=self._now)
        self._under_way -= 1
        self._open_gate()
        return received == length, self._now - first


def blocks_at_random(share: float, *, among: int, seed: int = 1) -> list[Block]:
    """The blocks of a share of so many chunks of one job."""
    count = among * CHUNK
    wanted = sorted(random.Random(seed).sample(range(count), round(share * count)))
    grouped = itertools.groupby(wanted, lambda frame: frame // CHUNK)
    return [
        Block(1, 1, index, index * CHUNK, CHUNK, is_video=False, frames=tuple(frames))
        for index, frames in grouped
    ]


def portal(line: Line, blocks: Sequence[Block]) -> Simulation:
    return Simulation(line, blocks, costs=CostModel(), concurrency=Concurrency(THREADS))


def seconds_of_best(line: Line, blocks: Sequence[Block]) -> float:
    """The better of single frames and whole chunks, with the best number of connections."""
    return min(
        Simulation(
            line,
            blocks,
            costs=OneWay(chunks=chunks),
            concurrency=FixedLimit(connections),
            threads=connections,
        ).run()
        for chunks in (False, True)
        for connections in (2, 4, 8, 12, 16)
    )
