"""`make bench-annotations`: builds with annotations against builds without; writes
benchmarks/annotations.json."""

from __future__ import annotations

import json
import math
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any, cast

from benchmarks import clients, document
from benchmarks.portal import Built, Portal
from benchmarks.server import Server
from benchmarks.world import (
    PHOTO_BYTES,
    PHOTO_SIZE,
    SMALL_BYTES,
    SMALL_SIZE,
    PaddedImages,
    PreparedChunks,
)
from standin.model import Job, Task
from standin.world import World

RESULTS = Path(__file__).with_name("annotations.json")
TASK, FRAMES = 1, 10_000
LARGE, LARGE_FRAMES = 2, 10_000  # with a million objects in one job
PHOTOS, PHOTOS_FRAMES, PHOTOS_JOBS = 4, 3_000, 10  # as large as real photographs
PER_FRAME, LARGE_PER_FRAME = 10, 100
DRAWN_FRAMES = 100  # whose objects differ; a multiple of 4 objects
MANY, MANY_FRAMES, MANY_JOBS = 3, 100_000, 1_000  # with a million objects in all
FORMATS = ("cvat_images", "coco", "yolo_detection")
LABELS = tuple(f"label {number}" for number in range(PER_FRAME + 2))  # no frame has them all
FILTERS = (
    {"labels_any": ["label 1"]},
    {"labels_all": ["label 1", "label 2"], "annotated": "true"},
    {"labels_none": ["label 1"], "sources": ["manual"]},
    {"labels_any": ["label 1", "label 2"], "objects_from": 2},
)
REPEAT = 3
SHARES = (10, 1)  # percent of the photographs, at random
BOUNDS = {
    "build_ratio": (1.25, "at most"),
    "peak_mb": (600, "at most"),
    "index_peak_mb": (300, "at most"),
    "reopen_s": (0.3, "at most"),
    "filter_ms": (100, "at most"),
    "vs_whole_export_10pct": (1.5, "at least"),
    "vs_whole_export_1pct": (5, "at least"),
    "vs_sdk": (8, "at least"),
}


def annotated_world() -> World:
    world = World()
    world.chunks = PreparedChunks()
    world.add_user("demo")
    small, photo = (SMALL_SIZE, SMALL_BYTES), (PHOTO_SIZE, PHOTO_BYTES)
    for number, frames, jobs, per_frame, (size, length) in (
        (TASK, FRAMES, 10, PER_FRAME, small),
        (LARGE, LARGE_FRAMES, 1, LARGE_PER_FRAME, small),
        (PHOTOS, PHOTOS_FRAMES, PHOTOS_JOBS, PER_FRAME, photo),
    ):
        task = world.add_task(
            f"{frames} images", owner="demo", task_id=number, count=frames, size=size,
            segment_size=frames // jobs, overlap=0,
        )  # fmt: skip
        task.media = PaddedImages(frames, size, length)
        for job in task.jobs:
            job.annotations = _annotations(task, job.frames, per_frame)
    many = world.add_task(
        f"{MANY_FRAMES} images", owner="demo", task_id=MANY, count=MANY_FRAMES, size=SMALL_SIZE,
        segment_size=MANY_FRAMES // MANY_JOBS, overlap=0, labels=LABELS,
    )  # fmt: skip
    many.annotator = lambda job: _annotations(many, cast(Job, job).frames, PER_FRAME)
    return world


def _annotations(task: Task, frames: Sequence[int], per_frame: int) -> dict[str, Any]:
    """Boxes, and a polygon of twelve points in four objects. DRAWN_FRAMES frames are drawn, the
    others show the same, because to draw a million objects takes longer than to read them."""
    assert task.media is not None
    drawn = _drawn(task.media.dimensions(0), per_frame)
    shapes = [
        {
            **drawn[number % len(drawn)],
            "id": number + 1,
            "label_id": task.labels[number % len(task.labels)].id,
            "frame": frames[number // per_frame],
        }
        for number in range(len(frames) * per_frame)
    ]
    return {"version": 0, "tags": [], "shapes": shapes, "tracks": []}


@lru_cache
def _drawn(size: tuple[int, int], per_frame: int) -> list[dict[str, Any]]:
    """The objects of DRAWN_FRAMES frames, without what differs from frame to frame."""
    pick = random.Random(1)
    width, height = size
    shapes = []
    for number in range(DRAWN_FRAMES * per_frame):
        x, y = pick.random() * width / 2, pick.random() * height / 2
        is_box = number % 4
        corners = [x, y, x + width / 4, y + height / 4]
        shapes.append(
            {
                "type": "rectangle" if is_box else "polygon",
                "group": 0,
                "source": "manual",
                "occluded": False,
                "outside": False,
                "z_order": 0,
                "rotation": 0.0,
                "points": corners if is_box else _outline(pick, x, y),
                "attributes": [],
                "elements": [],
            }
        )
    return shapes


def _outline(pick: random.Random, x: float, y: float) -> list[float]:
    """Twelve points around a place that is up to 9 pixels from (x, y), in turn: like most of what
    people draw, the polygon does not cross itself."""
    points: list[float] = []
    for number in range(12):
        radius, angle = 1.5 + 3 * pick.random(), number * math.tau / 12
        points += (x + 4.5 + radius * math.cos(angle), y + 4.5 + radius * math.sin(angle))
    return points


def main() -> int:
    with Server(annotated_world) as server, Portal(server.url) as portal:
        portal.build(TASK, range(100))  # warms the worker up

        def build(task: int, frames: int, **options: str) -> Built:
            server.fresh(costs=True)
            return portal.build(task, range(frames), **options)

        seconds = _seconds(build)
        others = _Others(server, portal).measure()
        large = build(LARGE, LARGE_FRAMES, annotations="cvat_images")
        server.fresh(costs=False)
        many = portal.index(MANY, filters=FILTERS, repeat=REPEAT)
    plain = seconds["none"]
    ratios = {
        "build_ratio": max(seconds[key] for key in FORMATS) / plain,
        "peak_mb": large.peak_bytes / 1e6,
        "index_peak_mb": many.peak_bytes / 1e6,
        "reopen_s": many.reopen_seconds,
        "filter_ms": many.filter_seconds * 1000,
        **{
            f"vs_whole_export_{share}pct": others[f"export_{share}pct"] / others[f"ours_{share}pct"]
            for share in SHARES
        },
        "vs_sdk": others["sdk_job"] / others["ours_job"],
    }
    for name, value in ratios.items():
        bound, direction = BOUNDS[name]
        sys.stdout.write(f"{name:28} {value:7.2f}   ({direction} {bound})\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    results = {
        "ratios": ratios,
        "seconds": seconds | others | {"million": large.seconds, "index": many.seconds},
    }
    RESULTS.write_text(json.dumps(results | {"machine": machine}, indent=1) + "\n")
    document.update_rows(RESULTS.name, ratios)
    return 0


def _seconds(build: Callable[..., Built]) -> dict[str, float]:
    """The median of each way, which are measured in turns."""
    taken: dict[str, list[float]] = {way: [] for way in ("none", *FORMATS)}
    for _ in range(REPEAT):
        for way, times in taken.items():
            times.append(build(TASK, FRAMES, annotations=way).seconds)
            sys.stdout.write(f"{FRAMES:,} frames, annotations {way:16} {times[-1]:6.2f} s\n")
            sys.stdout.flush()
    return {way: median(times) for way, times in taken.items()}


class _Others:
    """Builds of some photographs with their annotations against other ways to get these. CVAT has
    the chunks in its cache, as after a look at the task, but no file of an export."""

    def __init__(self, server: Server, portal: Portal) -> None:
        self._server, self._portal = server, portal
        self._key = clients.credential(server.url)
        self._seconds: dict[str, list[float]] = {}

    def measure(self) -> dict[str, float]:
        """Seconds of each way: of ours the median of turns, of the others, which take long, one."""
        url, key = self._server.url, self._key
        job = range(PHOTOS_FRAMES // PHOTOS_JOBS)
        for turn in range(REPEAT):
            for share in SHARES:
                count = PHOTOS_FRAMES * share // 100
                frames = sorted(random.Random(share).sample(range(PHOTOS_FRAMES), count))
                self._build(f"ours_{share}pct", frames)
                if not turn:
                    with self._timed(f"export_{share}pct"):
                        clients.cvat_export(url, key, PHOTOS, frozenset(frames))
            self._build("ours_job", job)
            if not turn:
                with self._timed("sdk_job"):
                    clients.sdk(url, PHOTOS, job, with_annotations=True)
        return {way: median(times) for way, times in self._seconds.items()}

    @contextmanager
    def _timed(self, way: str) -> Iterator[None]:
        self._server.fresh(costs=True, is_cold=False)
        started = time.perf_counter()
        yield
        self._note(way, time.perf_counter() - started)

    def _build(self, way: str, frames: Sequence[int]) -> None:
        self._server.fresh(costs=True, is_cold=False)
        self._note(way, self._portal.build(PHOTOS, frames, annotations="cvat_images").seconds)

    def _note(self, way: str, seconds: float) -> None:
        self._seconds.setdefault(way, []).append(seconds)
        sys.stdout.write(f"{PHOTOS_FRAMES:,} photographs, {way:16} {seconds:6.2f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
