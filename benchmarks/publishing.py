"""`make bench-publishing`: photographs published as a new task, against the download and the upload
alone; writes benchmarks/publishing.json."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
import uuid
import zipfile
from collections import defaultdict
from pathlib import Path
from statistics import median

from benchmarks import clients, document
from benchmarks.portal import Portal
from benchmarks.server import Server
from benchmarks.world import PHOTO_BYTES, PHOTO_SIZE, PaddedImages, PreparedChunks
from cvat.client import CvatClient
from cvat.writing import FileOnDisk, NewTask, TaskData, TaskWriter
from standin.world import World

RESULTS = Path(__file__).with_name("publishing.json")
TASK, FRAMES, JOBS = 1, 3_000, 10
COMPARED = 50  # frames of the new task, byte for byte
POLL_SECONDS = 0.05
REPEAT = 3
BOUNDS = {
    "pace_ratio": (1.25, "at most"),
    "transfer_ratio": (1.25, "at most"),
    "peak_mb": (250, "at most"),
    "differing": (0, "at most"),
}


def photographs() -> World:
    world = World()
    world.chunks = PreparedChunks()
    world.add_user("demo")
    task = world.add_task(
        f"{FRAMES} photographs", owner="demo", task_id=TASK, count=FRAMES, size=PHOTO_SIZE,
        segment_size=FRAMES // JOBS, overlap=0,
    )  # fmt: skip
    task.media = PaddedImages(FRAMES, PHOTO_SIZE, PHOTO_BYTES)
    return world


def main() -> int:
    taken: dict[str, list[float]] = defaultdict(list)
    peaks: list[int] = []
    differing = 0
    with Server(photographs) as server, Portal(server.url) as portal:
        portal.build(TASK, range(100))  # warms the worker up
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            path = Path(folder) / "pictures.zip"
            names = _pack(path)
            for _ in range(REPEAT):
                server.fresh(costs=True)
                _note(taken, "download", portal.build(TASK, range(FRAMES)).seconds)
                server.fresh(costs=True)
                upload_seconds, task_id = _upload(server.url, path, names)
                _note(taken, "upload", upload_seconds)
                _note(taken, "upload_creation", server.creation_seconds(task_id))
                server.fresh(costs=True)
                published, task_id = portal.publish(TASK, range(FRAMES))
                _note(taken, "publish", published.seconds)
                _note(taken, "creation", server.creation_seconds(task_id))
                peaks.append(published.peak_bytes)
                server.fresh(costs=False)
                differing += _differing(server.url, task_id)
    seconds = {part: median(times) for part, times in taken.items()}
    uploaded = seconds["upload"] - seconds["upload_creation"]
    transferred = seconds["publish"] - seconds["creation"]
    ratios = {
        "pace_ratio": seconds["publish"] / max(seconds["download"], seconds["upload"]),
        "transfer_ratio": transferred / max(seconds["download"], uploaded),
        "peak_mb": max(peaks) / 1e6,
        "differing": float(differing),
    }
    for name, value in ratios.items():
        bound, direction = BOUNDS[name]
        sys.stdout.write(f"{name:28} {value:7.2f}   ({direction} {bound})\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    results = {"ratios": ratios, "seconds": seconds, "frames": FRAMES, "machine": machine}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    document.update_rows(RESULTS.name, ratios)
    return 0


def _note(taken: dict[str, list[float]], part: str, seconds: float) -> None:
    taken[part].append(seconds)
    sys.stdout.write(f"{FRAMES:,} photographs, {part:15} {seconds:6.2f} s\n")
    sys.stdout.flush()


def _pack(path: Path) -> list[str]:
    """A ZIP of the photographs; their names in order."""
    images = PaddedImages(FRAMES, PHOTO_SIZE, PHOTO_BYTES)
    names = [images.name(position) for position in range(FRAMES)]
    with zipfile.ZipFile(path, "w") as out:
        for position, name in enumerate(names):
            out.writestr(name, images.original(position))
    return names


def _upload(url: str, path: Path, names: list[str]) -> tuple[float, int]:
    """Seconds from the request for a task until CVAT has made it of the ZIP; the id of the task,
    which is deleted then."""
    credential = clients.credential(url, read_only=False)
    started = time.perf_counter()
    with CvatClient(url=url, credential=credential) as client:
        writer = TaskWriter(client)
        task = NewTask("uploaded", f"https://example.com/{uuid.uuid4()}", labels=({"name": "car"},))
        task_id = writer.ensure_task(task)
        request_id = writer.upload_pictures(
            task_id, FileOnDisk(path), lambda: TaskData((tuple(names),))
        )
        while not (state := writer.request_state(request_id)).is_over:
            time.sleep(POLL_SECONDS)
        if state.status != "finished":
            raise RuntimeError(state.message)
        seconds = time.perf_counter() - started
        writer.ensure_task_deleted(task_id)
    return seconds, task_id


def _differing(url: str, task_id: int) -> int:
    """How many of some frames of the published task have other bytes than the photographs; the task
    is deleted then."""
    images = PaddedImages(FRAMES, PHOTO_SIZE, PHOTO_BYTES)
    credential = clients.credential(url, read_only=False)
    with CvatClient(url=url, credential=credential) as client:
        differing = sum(
            client.frame(task_id=task_id, frame=frame).content != images.original(frame)
            for frame in range(0, FRAMES, max(1, FRAMES // COMPARED))
        )
        TaskWriter(client).ensure_task_deleted(task_id)
    return differing


if __name__ == "__main__":
    sys.exit(main())
