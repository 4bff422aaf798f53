"""The cases of `make bench`: each is measured in several ways, all in one run."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from benchmarks import clients, world
from benchmarks.portal import Built, Portal
from benchmarks.server import Server
from cvat.client import CvatClient
from cvat.types import Job

SLOW = 2e6  # bytes per second


@dataclass
class Case:
    """Seconds of each way; `ours` is the engine, whose CPU seconds and peak memory are kept too."""

    name: str
    frames: int
    seconds: dict[str, float] = field(default_factory=dict)
    bytes: int = 0
    cpu_seconds: float = 0
    peak_mb: float = 0


class Bench:
    def __init__(self, server: Server, portal: Portal) -> None:
        self._server = server
        self._portal = portal
        self._key = clients.credential(server.url)
        self._jobs: dict[int, list[Job]] = {}
        self.cases: list[Case] = []

    def case(
        self,
        name: str,
        task_id: int,
        frames: Sequence[int],
        *ways: str,
        repeat: int = 1,
        costs: bool = True,
        bandwidth: float = 0,
    ) -> Case:
        """Measure a case: the median of `repeat` turns. Each turn measures all ways one after the
        other, so that a machine that becomes slower affects all of them."""
        case = Case(name, len(frames))
        taken: dict[str, list[float]] = {way: [] for way in (*ways, "ours")}
        for _ in range(repeat):
            for way in taken:
                self._server.fresh(costs=costs, bandwidth=bandwidth)
                taken[way].append(self._measure(way, task_id, frames, case))
        case.seconds = {way: sorted(times)[len(times) // 2] for way, times in taken.items()}
        self.cases.append(case)
        sys.stdout.write(f"{_row(case)}\n")
        sys.stdout.flush()
        return case

    def _measure(self, way: str, task_id: int, frames: Sequence[int], case: Case) -> float:
        if way == "ours":
            built = self._portal.build(task_id, frames)
            _note(case, built)
            return built.seconds
        url = self._server.url
        run: dict[str, Callable[[], None]] = {
            "sequential": lambda: clients.sequential(url, task_id, frames),
            "sdk": lambda: clients.sdk(url, task_id, frames),
            "frames": lambda: clients.single_frames(url, self._key, task_id, frames),
            "chunks": lambda: clients.raw_chunks(url, self._key, self._jobs_of(task_id), frames),
        }
        self._jobs_of(task_id)
        started = time.perf_counter()
        run[way]()
        return time.perf_counter() - started

    def _jobs_of(self, task_id: int) -> list[Job]:
        if task_id not in self._jobs:
            with CvatClient(url=self._server.url, credential=self._key) as client:
                self._jobs[task_id] = client.jobs(task_id)
        return self._jobs[task_id]


def _note(case: Case, built: Built) -> None:
    case.bytes = built.size
    case.cpu_seconds = built.cpu_seconds
    case.peak_mb = max(case.peak_mb, built.peak_bytes / 1e6)


def _row(case: Case) -> str:
    ways = "  ".join(f"{way} {seconds:7.2f} s" for way, seconds in case.seconds.items())
    return f"{case.name:38} {ways}   {case.peak_mb:4.0f} MB"


def run(bench: Bench, *, quick: bool) -> dict[str, float]:
    """Run all cases. Returns the ratios."""
    photo, film, small = world.PHOTO, world.FILM, world.SMALL
    pick = random.Random(20261120)
    all_frames = range(600)
    sparse = sorted(pick.sample(all_frames, 60))
    per_job = sorted(n for job in range(0, 600, 60) for n in pick.sample(range(job, job + 60), 10))
    sixty = sorted(pick.sample(range(world.FILM_FRAMES), 60))
    turns = 1 if quick else 3

    case = bench.case
    case("warm-up", photo, range(36), costs=False)
    fast = case("600 of 600", photo, all_frames, "chunks", repeat=turns)
    simple = case("600 of 600, the other ways", photo, all_frames, "sequential", "sdk")
    few = case("60 of 600", photo, sparse, "frames", "chunks", repeat=turns)
    case("10 per job of 10 jobs", photo, per_job, "frames", "chunks")
    video = case("60 of 300 video frames", film, sixty, "sequential", "chunks", repeat=turns)
    case("20,000 small frames", small, range(20_000), "chunks")

    slow = case("60 of 600, slow line", photo, sparse, "frames", "chunks", bandwidth=SLOW)
    case("10 per job, slow line", photo, per_job, "frames", bandwidth=SLOW)
    case("60 video frames, slow line", film, sixty, "chunks", bandwidth=SLOW)
    case("20,000 small frames, slow line", small, range(20_000), "chunks", bandwidth=SLOW)
    if not quick:
        case("600 of 600, slow line", photo, all_frames, "chunks", bandwidth=SLOW)

    thousand, hundred = range(1_000), range(100_000)
    short = case("1,000 frames, no costs", world.THOUSAND, thousand, repeat=5, costs=False)
    long = case("100,000 frames, no costs", world.HUNDRED_THOUSAND, hundred, costs=False)
    gigabytes = range(world.GIGABYTES_FRAMES)
    case("5 GB, no costs", world.GIGABYTES, gigabytes, "chunks", costs=False)
    return {
        "all_vs_sequential": simple.seconds["sequential"] / fast.seconds["ours"],
        "all_vs_sdk": simple.seconds["sdk"] / fast.seconds["ours"],
        "all_vs_raw_chunks": fast.seconds["ours"] / fast.seconds["chunks"],
        "sparse_vs_best": _against_best(few),
        "sparse_slow_line_vs_best": _against_best(slow),
        "video_vs_sequential": video.seconds["sequential"] / video.seconds["ours"],
        "time_per_frame_100k_vs_1k": _per_frame(long) / _per_frame(short),
    }


def _against_best(case: Case) -> float:
    return case.seconds["ours"] / min(case.seconds["frames"], case.seconds["chunks"])


def _per_frame(case: Case) -> float:
    return case.seconds["ours"] / case.frames


def as_json(cases: list[Case]) -> list[dict[str, object]]:
    """With CPU seconds per GB, where there was a GB to speak of."""
    rows = []
    for case in cases:
        row = asdict(case)
        if case.bytes > 100e6:
            row["cpu_seconds_per_gb"] = case.cpu_seconds / (case.bytes / 1e9)
        rows.append(row)
    return rows
