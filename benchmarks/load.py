"""`make bench-load`: measure 200 people at a time; prints a table and writes load.json.

The portal as `manage.py serve` runs it, once with SQLite and its private broker and once with
PostgreSQL and Redis, against a stand-in with the costs of the measured server. Load generator,
stand-in and portal share the cores; the CPU seconds of each are printed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks import people
from benchmarks.installation import Installation
from benchmarks.people import WITHOUT_CVAT, Plan, Sample
from benchmarks.server import Server
from benchmarks.world import LOAD_TASKS, load_world

RESULTS = Path(__file__).with_name("load.json")
DATABASES = ("sqlite", "postgresql")
PEOPLE = 200
THINKING = 8.0
# Seconds. In the first warm-up CVAT makes the chunks of the tasks, which takes long; in those of
# the next runs the people come into step.
FIRST_WARM_UP, WARM_UP, MEASURED = 50.0, 10.0, 60.0
# CVAT answers after SLOW_ANSWER seconds; SLOW_AFTER seconds later as many requests wait for it as
# may.
SLOW_ANSWER, SLOW_AFTER, SLOW_MEASURED = 30.0, 8.0, 30.0
BOUND_MS = 300
FEWER = (150, 100, 75, 50, 25)  # people, tried in this order when PEOPLE are too many


class Generator:
    """A separate process that plays the people."""

    def __enter__(self) -> Generator:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=people.serve, args=(theirs,), daemon=True)
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.send(None)
        self._process.join(10)

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @contextmanager
    def at_work(self, plan: Plan) -> Iterator[list[Sample]]:
        """Start the people; the list has their samples when the block has ended."""
        samples: list[Sample] = []
        self._pipe.send(plan)
        yield samples
        samples.extend(self._pipe.recv())


class Bench:
    def __init__(self, portal: Installation, server: Server, generator: Generator) -> None:
        self._portal = portal
        self._server = server
        self._generator = generator
        self._parts: dict[str, Callable[[], float]] = {
            "portal": portal.cpu_seconds,
            "stand-in": lambda: cpu_of(server.pid),
            "people": lambda: cpu_of(generator.pid),
        }

    def run(
        self,
        count: int,
        measured: float,
        *,
        warm_up: float = WARM_UP,
        slow_after: float | None = None,
    ) -> tuple[list[Sample], Any]:
        """The samples of the measured seconds, and the CPU seconds of each part in them.

        With `slow_after` CVAT answers slowly from so many seconds before the measuring on.
        """
        stop_at = time.time() + warm_up + (slow_after or 0) + measured
        plan = Plan(
            self._portal.url, self._portal.tokens[:count], list(LOAD_TASKS), THINKING, 1, stop_at
        )
        with self._generator.at_work(plan) as samples:
            time.sleep(warm_up)
            if slow_after is not None:
                self._server.delay(SLOW_ANSWER)
                time.sleep(slow_after)
            before = self._cpu()
            time.sleep(measured)
            after = self._cpu()
        since = stop_at - measured
        cpu = {name: round(after[name] - before[name], 1) for name in after}
        return [each for each in samples if since <= each.ended_at <= stop_at], cpu

    def _cpu(self) -> dict[str, float]:
        parts = {name: seconds() for name, seconds in self._parts.items()}
        return parts | self._portal.cpu_by_service()


def summary(samples: list[Sample], cpu: dict[str, float], seconds: float) -> dict[str, Any]:
    """Figures of one run: rates, errors, percentiles of each kind of request in milliseconds."""
    by_kind: dict[str, list[float]] = {}
    for sample in samples:
        by_kind.setdefault(sample.kind, []).append(sample.seconds * 1000)
    builds = by_kind.pop("build finished", [])
    p95 = {kind: percentile(times, 95) for kind, times in sorted(by_kind.items())}
    return {
        "requests_per_s": round(sum(map(len, by_kind.values())) / seconds, 1),
        "builds_per_min": round(len(builds) / seconds * 60, 1),
        "build_p50_ms": percentile(builds, 50) if builds else None,
        "errors": sum(bool(sample.error) for sample in samples),
        "error_kinds": Counter(f"{s.kind}: {s.error[:120]}" for s in samples if s.error),
        "p50_ms": {kind: percentile(times, 50) for kind, times in sorted(by_kind.items())},
        "p95_ms": p95,
        "worst_p95_ms": max(p95.values(), default=0),
        "cpu_seconds": cpu | {"of": round(seconds * (os.cpu_count() or 1), 1)},
    }


def percentile(values: list[float], share: int) -> float:
    if len(values) < 2:
        return round(max(values, default=0), 1)
    return round(statistics.quantiles(values, n=100, method="inclusive")[share - 1], 1)


def cpu_of(pid: int) -> float:
    """CPU seconds of a process, those of its ended children included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def measure(database: str, count: int, measured: float, *, find_largest: bool) -> dict[str, Any]:
    with (
        Server(load_world) as server,
        Installation(database, server.url, people=count) as portal,
        Generator() as generator,
    ):
        server.fresh()
        bench = Bench(portal, server, generator)
        figures = summary(*bench.run(count, measured, warm_up=FIRST_WARM_UP), measured)
        figures["people"] = count
        if find_largest and figures["worst_p95_ms"] > BOUND_MS:
            figures["people_at_300_ms"] = _largest(bench, measured)
        figures["lone_ms"] = _lone(portal)
        slow, _ = bench.run(count, SLOW_MEASURED, slow_after=SLOW_AFTER)
    without = [each for each in slow if each.kind in WITHOUT_CVAT]
    of_slow = summary(without, {}, SLOW_MEASURED)
    figures["worst_p95_ms_slow_cvat"] = of_slow["worst_p95_ms"]
    figures["p95_ms_slow_cvat"] = of_slow["p95_ms"]
    figures["errors_slow_cvat"] = of_slow["errors"]
    return figures


def _largest(bench: Bench, measured: float) -> int:
    """The largest number of people for which every kind stays within the bound; 0: none tried."""
    for count in FEWER:
        if count < PEOPLE:
            run = summary(*bench.run(count, measured / 2), measured / 2)
            if run["worst_p95_ms"] <= BOUND_MS:
                return count
    return 0


def _lone(portal: Installation) -> dict[str, float]:
    """Median milliseconds of 20 requests on an otherwise idle portal."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {portal.tokens[0]}"
        return {
            path: _median(session, portal.url + path) for path in ("/api/selections", "/health")
        }


def _median(session: requests.Session, url: str) -> float:
    times = []
    for _ in range(20):
        started = time.perf_counter()
        session.get(url, timeout=30).raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(times), 1)


def show(database: str, figures: dict[str, Any]) -> None:
    out = sys.stdout.write
    out(f"\n{database}: {figures['people']} people, {figures['requests_per_s']} requests/s, ")
    out(f"{figures['builds_per_min']} builds/min, {figures['errors']} errors\n")
    for kind, milliseconds in figures["p95_ms"].items():
        slow = figures.get("p95_ms_slow_cvat", {}).get(kind, "")
        out(f"  {kind:20} p95 {milliseconds:8.1f} ms   {slow}\n")
    out(f"  worst {figures['worst_p95_ms']} ms, beside a slow CVAT ")
    out(f"{figures.get('worst_p95_ms_slow_cvat')} ms; lone requests {figures.get('lone_ms')}\n")
    out(f"  CPU seconds {figures['cpu_seconds']}\n")
    for kind, times in figures["error_kinds"].items():
        out(f"  error {times} times: {kind}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=DATABASES, help="only this one, nothing is written")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=MEASURED)
    parser.add_argument("--output", type=Path, help="where the figures of one database go")
    options = parser.parse_args()
    if options.database:
        figures = measure(
            options.database,
            options.people,
            options.seconds,
            find_largest=options.output is not None,
        )
        show(options.database, figures)
        if options.output:
            options.output.write_text(json.dumps(figures))
        return 0
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for database in DATABASES:
            output = Path(folder) / database
            # A process for each: Django's settings are read once.
            command = [sys.executable, "-m", "benchmarks.load", "--database", database]
            subprocess.run([*command, "--output", str(output)], check=True)
            results[database] = json.loads(output.read_text())
    results["machine"] = {"cores": os.cpu_count(), "python": platform.python_version()}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
