"""Shared files have the bytes that a stand-in makes by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from standin.annotating import Annotator
from standin.objects import annotations_of
from standin.pictures import encode, plain
from standin.sharing import shared
from standin.shelf import Shelf
from standin.street import Street
from standin.world import World

PHOTOS: dict[str, Any] = {"count": 4, "chunk_size": 2}
FILM: dict[str, Any] = {"video": True, "count": 8, "size": (160, 90), "chunk_size": 4}
# Of each kind the first, then others that differ from it in one thing on which bytes depend.
TASKS: list[dict[str, Any]] = [
    PHOTOS,
    PHOTOS | {"pattern": "img_{:03d}.png"},
    PHOTOS | {"pattern": "img_{:03d}.png", "image_quality": 20},
    PHOTOS | {"size": (48, 64)},
    PHOTOS | {"image_quality": 20},
    PHOTOS | {"chunk_size": 3},
    PHOTOS | {"start_frame": 1},
    PHOTOS | {"step": 2},
    PHOTOS | {"orientations": {0: 6}},
    PHOTOS | {"honeypots": (1, 1), "segment_size": 2},
    PHOTOS | {"ground_truth": [0, 2]},
    PHOTOS | {"scene": Shelf(1)},
    PHOTOS | {"scene": Shelf(2)},
    PHOTOS | {"scene": Shelf(1, full=0.2)},
    PHOTOS | {"scene": Street(1)},
    PHOTOS | {"scene": Street(1, "night")},
    PHOTOS | {"scene": Street(1, has_grain=True)},
    PHOTOS | {"scene": Street(1, parked=4)},
    PHOTOS | {"scene": Street(1, crowd=9)},
    PHOTOS | {"scene": Street(1, traffic=9)},
    PHOTOS | {"scene": Street(1, cycling=9)},
    FILM,
    FILM | {"use_zip_chunks": True},
    FILM | {"use_zip_chunks": True, "image_quality": 20},
    FILM | {"segment_size": 6, "overlap": 1},
    FILM | {"step": 2},
    FILM | {"ground_truth": [0, 2]},
    FILM | {"scene": Shelf(1)},
]

STREET = Street(1, crowd=3)
STREETS: dict[str, Any] = {"scene": STREET, "labels": STREET.labels, "count": 6, "size": (320, 240)}
# As above, for annotations.
ANNOTATED: list[dict[str, Any]] = [
    STREETS,
    STREETS | {"scene": Street(2, crowd=3)},
    STREETS | {"size": (240, 320)},
    STREETS | {"labels": [{"name": "first"}, *STREET.labels]},
    STREETS | {"first_job_id": 7},
    STREETS | {"step": 2},
    STREETS | {"segment_size": 3},
    STREETS | {"segment_size": 3, "idle": [0]},
    STREETS | {"segment_size": 4, "overlap": 2},
    STREETS | {"segment_size": 3, "consensus_replicas": 1},
    STREETS | {"segment_size": 3, "consensus_replicas": 2},
    STREETS | {"segment_size": 3, "ground_truth": [0, 2]},
    STREETS | {"segment_size": 3, "honeypots": (1, 1)},
    STREETS | {"video": True},
    STREETS | {"video": True, "count": 5},
]


def annotated(options: dict[str, Any]) -> list[Any]:
    """The annotations of a new task and of its jobs."""
    idle = options.get("idle", [])
    task = World().add_task("alike", **{k: v for k, v in options.items() if k != "idle"})
    task.annotator = Annotator(options["scene"], idle)
    return [annotations_of(holder) for holder in (task, *task.jobs)]


def served(options: dict[str, Any]) -> list[bytes]:
    """Chunks and pictures of a new task."""
    world = World()
    task = world.add_task("alike", **options)
    found = [world.chunks.preview(task, 0)]
    for quality in ("original", "compressed"):
        found.append(world.chunks.task_chunk(task, 0, quality).body)
        for job in task.jobs:
            found.append(world.chunks.job_chunk(job, 0, quality).body)
            found += [
                world.chunks.frame(task, frame, quality, job).body for frame in job.frames[:2]
            ]
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shared, "folder", tmp_path)
    return tmp_path


def test_shared_as_made_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together, again = all_of(), all_of()
    monkeypatch.setattr(shared, "folder", None)
    alone = all_of()
    for options, *found in zip([*TASKS, *ANNOTATED], together, again, alone, strict=True):
        assert found[0] == found[1] == found[2], options


def all_of() -> list[list[Any]]:
    return [served(options) for options in TASKS] + [annotated(options) for options in ANNOTATED]


def test_a_second_stand_in_encodes_no_chunk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = served(FILM), served(PHOTOS)
    for name in ("encode_mp4", "decode_mp4", "numbered_zip"):
        monkeypatch.delattr(f"standin.chunks.{name}")
    assert (served(FILM), served(PHOTOS)) == before


@pytest.mark.parametrize(
    "options",
    [
        {"images": {"a.png": encode(plain(1, (64, 48)), "png")}},
        {"count": 2, "scene": lambda number, size: plain(number + 1, size)},
    ],
    ids=["given", "drawn by a function of a test"],
)
def test_pictures_of_a_test_are_not_shared(folder: Path, options: dict[str, Any]) -> None:
    assert served(options)
    assert not list(folder.iterdir())
