"""The cases of `make bench`: each is measured in several ways, all in one run."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median_high

from benchmarks import clients, world
from benchmarks.portal import Built, Portal
from benchmarks.server import Server
from cvat.client import CvatClient
from cvat.types import Job

SLOW = 2e6  # bytes per second
CONNECTIONS = (1, 2, 4, 8)
RAW = tuple(f"raw_{count}" for count in CONNECTIONS)
SAVED = "saved_4"
OURS = "ours"
WAYS = ("frames", "chunks")
AGAIN = "export_again"  # of what CVAT has made already


@dataclass
class Case:
    """Seconds of each way; `ours` is the engine, whose CPU seconds and peak memory are kept too."""

    name: str
    frames: int
    seconds: dict[str, float] = field(default_factory=dict)
    bytes: int = 0
    cpu_seconds: float = 0
    peak_mb: float = 0

    @property
    def best_raw(self) -> float:
        return min(self.seconds[way] for way in RAW if way in self.seconds)


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
        warm: bool = False,
        bandwidth: float = 0,
    ) -> Case:
        """Measure a case: the median of `repeat` turns. Each turn measures all ways one after the
        other, so that a machine that becomes slower affects all of them. `warm`: CVAT has the
        chunks in its cache."""
        case = Case(name, len(frames))
        taken: dict[str, list[float]] = {way: [] for way in (*ways, OURS)}
        built: list[Built] = []
        if warm:
            self._server.fresh(costs=costs, bandwidth=bandwidth)
            self._measure("raw_8", task_id, frames)
        for _ in range(repeat):
            for way in taken:
                if way != AGAIN:
                    self._server.fresh(costs=costs, bandwidth=bandwidth, keeps_chunks=warm)
                if way == OURS:
                    built.append(self._portal.build(task_id, frames))
                    taken[way].append(built[-1].seconds)
                else:
                    taken[way].append(self._measure(way, task_id, frames))
        case.seconds = {way: median_high(times) for way, times in taken.items()}
        case.bytes = built[-1].size
        case.cpu_seconds = median_high(each.cpu_seconds for each in built)
        case.peak_mb = max(each.peak_bytes for each in built) / 1e6
        self.cases.append(case)
        sys.stdout.write(f"{_row(case)}\n")
        sys.stdout.flush()
        return case

    def _measure(self, way: str, task_id: int, frames: Sequence[int]) -> float:
        """Seconds of another way than ours."""
        url, key, jobs = self._server.url, self._key, self._jobs_of(task_id)
        name, _, count = way.partition("_")
        run: dict[str, Callable[[], None]] = {
            "sequential": lambda: clients.sequential(url, task_id, frames),
            "sdk": lambda: clients.sdk(url, task_id, frames),
            "frames": lambda: clients.single_frames(url, key, task_id, frames),
            "chunks": lambda: clients.raw_chunks(url, key, jobs, frames),
            "raw": lambda: clients.raw_chunks(url, key, jobs, frames, connections=int(count)),
            "saved": lambda: clients.saved_chunks(url, key, jobs, frames, connections=int(count)),
            "export": lambda: clients.cvat_export(url, key, task_id),
        }
        started = time.perf_counter()
        run[name]()
        return time.perf_counter() - started

    def _jobs_of(self, task_id: int) -> list[Job]:
        if task_id not in self._jobs:
            with CvatClient(url=self._server.url, credential=self._key) as client:
                self._jobs[task_id] = client.jobs(task_id)
        return self._jobs[task_id]


def _row(case: Case) -> str:
    ways = "  ".join(f"{way} {seconds:6.2f} s" for way, seconds in case.seconds.items())
    cpu = f"{case.cpu_seconds / (case.bytes / 1e9):5.2f} CPU s/GB"
    return f"{case.name:34} {case.peak_mb:4.0f} MB {cpu}  {ways}"


def run(bench: Bench, *, thorough: bool) -> dict[str, float]:
    """Run the cases. Returns the ratios. `thorough`: the slow ways with all frames instead of some,
    and cases that say little new."""
    photo, film, small = world.PHOTO, world.FILM, world.SMALL
    pick = random.Random(20261120)
    all_frames = range(600)
    sparse = sorted(pick.sample(all_frames, 60))
    per_job = sorted(n for job in range(0, 600, 60) for n in pick.sample(range(job, job + 60), 10))
    sixty = sorted(pick.sample(range(world.FILM_FRAMES), 60))
    thousand, hundred = range(1_000), range(100_000)

    case = bench.case
    case("warm-up", photo, range(36), costs=False)
    whole = case("600 of 600", photo, all_frames, *RAW, "export", AGAIN, repeat=2)
    warm = case("600 of 600, warm chunks", photo, all_frames, *RAW, warm=True, repeat=3)
    # What a frame costs these two does not depend on how many there are.
    some = all_frames if thorough else range(60)
    simple = case(f"{len(some)} of 600, slow ways", photo, some, "sequential", "sdk")
    case("60 of 600", photo, sparse, "frames", "chunks")
    video = case("60 of 300 video frames", film, sixty, "sequential", "chunks")
    case("6,000 tiny frames", world.TINY, range(6_000), "raw_4", "raw_8", "export", AGAIN)

    if thorough:
        case("10 per job of 10 jobs", photo, per_job, "frames", "chunks")
        case("60 of 600, slow line", photo, sparse, "frames", "chunks", bandwidth=SLOW)
        case("20,000 small frames", small, range(20_000), "chunks")
        case("10 per job, slow line", photo, per_job, "frames", bandwidth=SLOW)
        case("60 video frames, slow line", film, sixty, "chunks", bandwidth=SLOW)
        case("20,000 small frames, slow line", small, range(20_000), "chunks", bandwidth=SLOW)
        case("600 of 600, slow line", photo, all_frames, "chunks", bandwidth=SLOW)

    short = case("1,000 frames, no costs", world.THOUSAND, thousand, repeat=5, costs=False)
    long = case("100,000 frames, no costs", world.HUNDRED_THOUSAND, hundred, costs=False)
    gigabytes = range(world.GIGABYTES_FRAMES)
    large = case("5 GB, no costs", world.GIGABYTES, gigabytes, SAVED, costs=False)
    part = len(all_frames) / len(some)
    return {
        "build_vs_best_raw": max(_against_raw(whole), _against_raw(warm)),
        "build_5gb_vs_saved": large.seconds[OURS] / large.seconds[SAVED],
        "all_vs_sequential": part * simple.seconds["sequential"] / whole.seconds[OURS],
        "all_vs_sdk": part * simple.seconds["sdk"] / whole.seconds[OURS],
        "video_vs_sequential": video.seconds["sequential"] / video.seconds[OURS],
        "time_per_frame_100k_vs_1k": _per_frame(long) / _per_frame(short),
        "cpu_s_per_gb": large.cpu_seconds / (large.bytes / 1e9),
        "peak_mb": max(each.peak_mb for each in bench.cases),
    }


def _against_raw(case: Case) -> float:
    return case.seconds[OURS] / case.best_raw


def _per_frame(case: Case) -> float:
    return case.seconds[OURS] / case.frames


def as_json(cases: list[Case]) -> list[dict[str, object]]:
    """With CPU seconds per GB, where there was a GB to speak of."""
    rows = []
    for case in cases:
        row = asdict(case)
        if case.bytes > 100e6:
            row["cpu_seconds_per_gb"] = case.cpu_seconds / (case.bytes / 1e9)
        rows.append(row)
    return rows
