"""The stand-in in a separate process, controlled over a pipe: caches, costs, bandwidth."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType

from benchmarks.world import bench_world
from standin.costs import Costs
from standin.server import StandIn
from standin.world import World


def _serve(pipe: Connection, make_world: Callable[[], World]) -> None:
    with StandIn(make_world(), throttle=None) as server:
        pipe.send(server.url)
        while (order := pipe.recv()) is not None:
            if isinstance(order, str):
                pipe.send(len(server.requests.matching(order)))
                continue
            if isinstance(order, int):
                pipe.send(_creation_seconds(server, order))
                continue
            if isinstance(order, float):
                server.faults.delay("/api/", order)
                pipe.send("done")
                continue
            with_costs, bandwidth, delay, is_cold, keeps_chunks = order
            if not keeps_chunks:
                server.world.chunks.clear()
            server.site.exports.clear()
            # What is measured as 87 ms includes the making of the PNG, which the stand-in really
            # does and which takes it about 30 ms.
            server.costs = Costs.measured(video_frame=0.057) if with_costs else Costs()
            if not is_cold:
                server.costs.forget_cold()
            server.costs.bandwidth = bandwidth
            server.faults.clear()
            if delay:
                server.faults.delay("/api/", delay)
            server.requests.clear()
            pipe.send("done")


def _creation_seconds(server: StandIn, task_id: int) -> float:
    creation = server.site.creations.get(f"action=create&target=task&target_id={task_id}")
    if creation is None or creation.started is None or creation.finished is None:
        raise RuntimeError(f"the creation of task {task_id} is not over")
    return (creation.finished - creation.started).total_seconds()


class Server:
    """The stand-in server. Call `fresh()` before every measurement, which empties its caches."""

    def __init__(self, make_world: Callable[[], World] = bench_world) -> None:
        self._make_world = make_world

    def __enter__(self) -> Server:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._make_world), daemon=True)
        self._process.start()
        self.url: str = self._pipe.recv()
        return self

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pipe.send(None)
        self._process.join(10)

    def fresh(
        self,
        *,
        costs: bool = True,
        bandwidth: float = 0,
        delay: float = 0,
        is_cold: bool = True,
        keeps_chunks: bool = False,
    ) -> None:
        """Empty all caches, unless CVAT `keeps_chunks` that of its chunks, and set the costs;
        `bandwidth` in bytes per second, 0 for no limit. `delay` in seconds for each request; unless
        `is_cold`, chunks are made at no cost."""
        self._pipe.send((costs, bandwidth, delay, is_cold, keeps_chunks))
        self._pipe.recv()

    def delay(self, seconds: float) -> None:
        """Delay every further answer."""
        self._pipe.send(float(seconds))
        self._pipe.recv()

    def creation_seconds(self, task_id: int) -> float:
        """How long it took to make the frames and jobs of a task that has its pictures."""
        self._pipe.send(task_id)
        return float(self._pipe.recv())

    def requests(self, pattern: str) -> int:
        """The number of requests since `fresh()` whose target matches the pattern."""
        self._pipe.send(pattern)
        return int(self._pipe.recv())
