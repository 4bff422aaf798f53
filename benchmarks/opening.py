"""Opening tasks of 100,000 frames: the time beside CVAT's own answer, and the memory it takes.

`python -m benchmarks.opening`, which `make bench` runs in a process of its own because Django reads
its settings once. The catalogue of a task is requested from a portal that `manage.py serve` runs.
"""

from __future__ import annotations

import sys
import time

import requests

from benchmarks import own_process
from benchmarks.clients import credential
from benchmarks.installation import Installation
from benchmarks.server import Server
from benchmarks.world import SMALL_SIZE
from standin.world import World

FRAMES, FRAMES_PER_JOB = 100_000, 1_000
TIMED_TASKS = range(1, 3)
MEMORY_TASKS = range(3, 23)
SETTLED = 3  # tasks after which a process has what it needs for one of them
BOUNDS = {
    "open_100k_vs_cvat": (1.15, "at most"),
    "open_100k_mb": (250, "at most"),
    "open_100k_growth_mb": (25, "at most"),
}


def opening_world() -> World:
    world = World()
    world.add_user("demo")
    for number in (*TIMED_TASKS, *MEMORY_TASKS):
        world.add_task(
            f"Drive {number}", owner="demo", task_id=number, count=FRAMES, size=SMALL_SIZE,
            segment_size=FRAMES_PER_JOB, overlap=0,
        )  # fmt: skip
    return world


def measure() -> dict[str, float]:
    """- `open_100k_vs_cvat`: the time until the portal has sent a catalogue over the time until
      CVAT has sent the meta, for TIMED_TASKS together;
    - `open_100k_mb`: the peak memory of a web process in which MEMORY_TASKS are opened one after
      the other;
    - `open_100k_growth_mb`: how much more it holds after the last of them than after SETTLED.
    """
    with (
        Server(opening_world) as server,
        Installation("sqlite", server.url, people=1) as portal,
        requests.Session() as cvat,
        requests.Session() as person,
    ):
        cvat.headers["Authorization"] = f"Bearer {credential(server.url).value}"
        person.headers["Authorization"] = f"Bearer {portal.tokens[0]}"
        times = [_times(server, portal, cvat, person, task) for task in TIMED_TASKS]
        server.fresh(costs=False)
        resident = []
        for task in MEMORY_TASKS:
            _seconds(person, f"{portal.url}/api/catalog?task_id={task}")
            resident.append(portal.web_memory_mb("VmRSS"))
        peak = portal.web_memory_mb("VmHWM")
    return {
        "open_100k_vs_cvat": sum(opened for _, opened in times) / sum(alone for alone, _ in times),
        "open_100k_mb": peak,
        "open_100k_growth_mb": resident[-1] - resident[SETTLED - 1],
    }


def _times(
    server: Server,
    portal: Installation,
    cvat: requests.Session,
    person: requests.Session,
    task: int,
) -> tuple[float, float]:
    """Seconds of CVAT's own answer, and of the portal's."""
    meta = f"{server.url}/api/tasks/{task}/data/meta"
    server.fresh(costs=False)
    _seconds(cvat, meta)  # the stand-in makes the answer once
    server.fresh()
    alone = _seconds(cvat, meta)
    opened = _seconds(person, f"{portal.url}/api/catalog?task_id={task}")
    sys.stdout.write(f"100,000 frames, task {task}: CVAT {alone:.2f} s, portal {opened:.2f} s\n")
    return alone, opened


def _seconds(session: requests.Session, url: str) -> float:
    started = time.perf_counter()
    session.get(url, timeout=120).raise_for_status()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(own_process.main(measure, BOUNDS))
