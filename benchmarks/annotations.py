"""`make bench-annotations`: builds with annotations against builds without; writes
benchmarks/annotations.json."""

from __future__ import annotations

import json
import os
import platform
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, cast

from benchmarks.portal import Built, Portal
from benchmarks.server import Server
from benchmarks.world import SMALL_BYTES, SMALL_SIZE, PaddedImages, PreparedChunks
from standin.model import Job, Task
from standin.world import World

RESULTS = Path(__file__).with_name("annotations.json")
TASK, FRAMES = 1, 10_000
LARGE, LARGE_FRAMES = 2, 10_000  # with a million objects in one job
PER_FRAME, LARGE_PER_FRAME = 10, 100
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
# What must hold: at most.
BOUNDS = {
    "build_ratio": 1.25,
    "peak_mb": 600,
    "index_peak_mb": 300,
    "reopen_s": 0.3,
    "filter_ms": 100,
}


def annotated_world() -> World:
    world = World()
    world.chunks = PreparedChunks()
    world.add_user("demo")
    for number, frames, jobs, per_frame in (
        (TASK, FRAMES, 10, PER_FRAME),
        (LARGE, LARGE_FRAMES, 1, LARGE_PER_FRAME),
    ):
        task = world.add_task(
            f"{frames} images", owner="demo", task_id=number, count=frames, size=SMALL_SIZE,
            segment_size=frames // jobs, overlap=0,
        )  # fmt: skip
        task.media = PaddedImages(frames, SMALL_SIZE, SMALL_BYTES)
        for job in task.jobs:
            job.annotations = _annotations(task, job.frames, per_frame)
    many = world.add_task(
        f"{MANY_FRAMES} images", owner="demo", task_id=MANY, count=MANY_FRAMES, size=SMALL_SIZE,
        segment_size=MANY_FRAMES // MANY_JOBS, overlap=0, labels=LABELS,
    )  # fmt: skip
    many.annotator = lambda job: _annotations(many, cast(Job, job).frames, PER_FRAME)
    return world


def _annotations(task: Task, frames: Sequence[int], per_frame: int) -> dict[str, Any]:
    """Boxes, and a polygon of twelve points in four objects."""
    pick = random.Random(frames[0])
    width, height = SMALL_SIZE
    shapes = []
    for number in range(len(frames) * per_frame):
        x, y = pick.random() * width / 2, pick.random() * height / 2
        is_box = number % 4
        corners = [x, y, x + width / 4, y + height / 4]
        outline = [
            part for _ in range(12) for part in (x + pick.random() * 9, y + pick.random() * 9)
        ]
        shapes.append(
            {
                "id": number + 1,
                "label_id": task.labels[number % len(task.labels)].id,
                "type": "rectangle" if is_box else "polygon",
                "frame": frames[number // per_frame],
                "group": 0,
                "source": "manual",
                "occluded": False,
                "outside": False,
                "z_order": 0,
                "rotation": 0.0,
                "points": corners if is_box else outline,
                "attributes": [],
                "elements": [],
            }
        )
    return {"version": 0, "tags": [], "shapes": shapes, "tracks": []}


def main() -> int:
    with Server(annotated_world) as server, Portal(server.url) as portal:
        portal.build(TASK, range(100))  # warms the worker up

        def build(task: int, frames: int, **options: str) -> Built:
            server.fresh(costs=True)
            return portal.build(task, range(frames), **options)

        seconds = _seconds(build)
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
    }
    for name, value in ratios.items():
        sys.stdout.write(f"{name:28} {value:7.2f}   (at most {BOUNDS[name]})\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    results = {
        "ratios": ratios,
        "seconds": seconds | {"million": large.seconds, "index": many.seconds},
    }
    RESULTS.write_text(json.dumps(results | {"machine": machine}, indent=1) + "\n")
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


if __name__ == "__main__":
    sys.exit(main())
