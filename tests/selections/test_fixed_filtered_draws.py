"""The frames of fixed draws that filters limit. Like those of test_fixed_draws.py they were worked
out without the code: the frames that pass the filters by hand, their ranks by another program."""

from __future__ import annotations

from typing import Any

import pytest

from cvat.types import Frame, FrameCatalog, Job
from selections.draws import Draw
from selections.services.drawing import draw_from
from selector.scope import NO_ASSIGNEE

# Task 1 with frames 0 to 99 in three jobs: stage, state, assignee, first and last frame.
JOBS = [
    ("annotation", "new", "ann", 0, 39),
    ("validation", "in progress", "ben", 40, 79),
    ("annotation", "completed", "", 80, 99),
]
THREE: dict[str, Any] = {"method": "random_uniform", "count": 3}
STEP = {"method": "every_nth", "settings": {"frame_step": 30}}

# In the order of their ranks with seed 7: 84 42 63 74 14 37 33 98 95 71 50 35 96 2 11 58 3 56 20 79
# 70 52 69 9 40 41 75 24 86 32 59 44 31 27 22 49 93 43 12 25 88 92 76 4 26 83 1 38 54 15 13 68 ...
DRAWS = [
    ({"assignee": "ann"}, THREE, [14, 33, 37]),
    ({"assignee": NO_ASSIGNEE}, THREE, [84, 95, 98]),
    ({"stage": "validation"}, THREE, [42, 63, 74]),
    ({"state": "completed"}, THREE, [84, 95, 98]),
    ({"stage": "annotation", "state": "new"}, THREE, [14, 33, 37]),
    ({"job_ids": (1, 3)}, THREE, [14, 37, 84]),
    ({"first_frame": 40, "last_frame": 69}, THREE, [42, 50, 63]),
    ({"first_frame": 85}, THREE, [95, 96, 98]),
    ({"last_frame": 11}, THREE, [2, 3, 11]),
    ({"filename_contains": "CAM_B 3"}, THREE, [33, 37, 63]),
    ({"filename_pattern": "*[0-4].jpg"}, THREE, [42, 63, 84]),
    ({"filename_pattern": "09?.JPG"}, THREE, [95, 96, 98]),
    ({"filename_pattern": "cam_a/0[1-3]?.jpg"}, THREE, [14, 20, 24]),
    ({"filename_pattern": "*[!0-8].jpg", "filename_contains": "cam_b/"}, THREE, [69, 79, 9]),
    (
        {"stage": "validation", "filename_pattern": "cam_a/*", "first_frame": 50},
        THREE,
        [50, 58, 74],
    ),
    (
        {"first_frame": 30, "last_frame": 89},
        {"method": "random_per_job", "count": 1},
        [37, 42, 84],
    ),
    ({"first_frame": 5}, STEP, [5, 35, 65, 95]),
    ({"filename_contains": "cam_b"}, STEP, [1, 61]),
]


def catalog() -> FrameCatalog:
    """The even frames are cam_a/000.jpg, cam_a/002.jpg ..., the odd ones cam_b/001.jpg ..."""
    jobs = tuple(
        Job(
            number, 1, "annotation", first, last, last - first + 1, stage, state, assignee,
            "annotation", "2d", 10, "imageset", "imageset",
        )
        for number, (stage, state, assignee, first, last) in enumerate(JOBS, 1)
    )  # fmt: skip
    frames = tuple(
        Frame(1, 1 + (n >= 40) + (n >= 80), n, f"cam_{'ab'[n % 2]}/{n:03}.jpg", 64, 48)
        for n in range(100)
    )
    return FrameCatalog(1, "Task", "annotation", jobs, frames, 0, 0, False)


@pytest.mark.parametrize(("limits", "amount", "expected"), DRAWS)
def test_the_frames_of_a_limited_draw(
    limits: dict[str, Any], amount: dict[str, Any], expected: list[int]
) -> None:
    draw = Draw(task_id=1, seed=7, **limits, **amount)
    assert Draw.from_json(draw.to_json()) == draw
    drawn = draw_from([catalog()], draw)
    assert [frame.frame for frame in drawn.sample.frames] == sorted(expected)
