"""From the click on "Save and download" to the file of a whole task, beside other ways to get it.

`python -m benchmarks.clicking`, which `make bench` runs in a process of its own because Django
reads its settings once. The portal is one that `manage.py serve` runs.
"""

from __future__ import annotations

import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from statistics import median_high
from typing import BinaryIO

import requests

from benchmarks import clients, own_process
from benchmarks.installation import Installation
from benchmarks.server import Server
from benchmarks.world import PHOTO, PHOTO_FRAMES, photo_world
from cvat.client import CvatClient

CONNECTIONS = (1, 2, 4, 8)
TURNS = 3
POLL_SECONDS = 0.2
BOUNDS = {
    "click_to_file_vs_best_raw": (1.5, "at most"),
    "click_to_file_vs_cvat_export": (0.8, "at most"),
}


def measure() -> dict[str, float]:
    """The time to save, build and download all frames over that of the best raw download of their
    chunks, and over that of CVAT's own export and its download, made for the first time."""
    with Server(photo_world) as server, Installation("sqlite", server.url, people=1) as portal:
        key = clients.credential(server.url)
        with CvatClient(url=server.url, credential=key) as client:
            jobs = client.jobs(PHOTO)
        person = requests.Session()
        person.headers["Authorization"] = f"Bearer {portal.tokens[0]}"

        def raw(connections: int) -> Callable[[], None]:
            frames = range(PHOTO_FRAMES)
            return lambda: clients.raw_chunks(
                server.url, key, jobs, frames, connections=connections
            )

        ways = {f"raw_{count}": raw(count) for count in CONNECTIONS}
        ways["export"] = lambda: clients.cvat_export(server.url, key, PHOTO)
        ways["click"] = lambda: _click(person, portal.url)
        seconds = {way: median_high(times) for way, times in _measured(server, ways).items()}
    best = min(seconds[f"raw_{count}"] for count in CONNECTIONS)
    for way, taken in seconds.items():
        sys.stdout.write(f"600 of 600, {way:10} {taken:6.2f} s\n")
    return {
        "click_to_file_vs_best_raw": seconds["click"] / best,
        "click_to_file_vs_cvat_export": seconds["click"] / seconds["export"],
    }


def _measured(server: Server, ways: dict[str, Callable[[], None]]) -> dict[str, list[float]]:
    """Seconds of each way in each turn, after one click that is not measured. CVAT has the chunks
    in its cache, as after a look at the task, but no file of an export."""
    server.fresh()
    ways["click"]()
    ways["raw_8"]()
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(TURNS):
        for way, run in ways.items():
            server.fresh(keeps_chunks=True)
            started = time.perf_counter()
            run()
            taken[way].append(time.perf_counter() - started)
    return taken


def _click(person: requests.Session, url: str) -> None:
    """Save a selection of all frames, have it built, and receive the ZIP meanwhile."""
    frames = [{"task_id": PHOTO, "frame": frame} for frame in range(PHOTO_FRAMES)]
    saved = person.post(f"{url}/api/selections", json={"name": "All", "frames": frames}, timeout=60)
    saved.raise_for_status()
    archives = f"{url}/api/selections/{saved.json()['id']}/archives"
    asked = person.post(archives, json={}, timeout=60)
    asked.raise_for_status()
    archive = f"{url}/api/archives/{asked.json()['id']}"
    with tempfile.TemporaryFile() as file:
        if not _received(person, f"{archive}/download?follow=true", file):
            # As the page does where the file cannot be sent before it is ready.
            while person.get(archive, timeout=60).json()["status"] in ("queued", "running"):
                time.sleep(POLL_SECONDS)
            if not _received(person, f"{archive}/download", file):
                raise RuntimeError("the archive could not be downloaded")
        if len(zipfile.ZipFile(file).namelist()) != PHOTO_FRAMES + 1:
            raise RuntimeError("the ZIP does not have all frames and the manifest")


def _received(person: requests.Session, url: str, file: BinaryIO) -> bool:
    """Write the answer to the file. False if it is refused."""
    with person.get(url, stream=True, timeout=100) as answer:
        if not answer.ok:
            return False
        for block in answer.iter_content(clients.RAW_BLOCK):
            file.write(block)
    return True


if __name__ == "__main__":
    sys.exit(own_process.main(measure, BOUNDS))
