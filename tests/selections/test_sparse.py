"""Some frames of many: about as fast as the better of single frames and whole chunks, on any line.
Simulated; `make bench` measures the same with real processes."""

from __future__ import annotations

import itertools
import math

import pytest

from selections.archives.entries import WantedFrame
from selections.archives.planning import telling_frame
from tests.selections.simulated_builds import (
    CHUNK,
    CHUNK_WORK,
    FRAME_WORK,
    Line,
    blocks_at_random,
    portal,
    seconds_of_best,
)

SHARES = (0.01, 0.05, 0.1, 0.5)
LINES = (2e6, 20e6, 200e6)
DELAYS = (0.001, 0.05, 0.2)
SECONDS = 1.5  # about, of each build


def chunks_for(line: Line, share: float) -> int:
    """Of how many chunks the share is fetched in about SECONDS."""
    frame = max(FRAME_WORK / 2, line.delay / 8, line.frame_bytes / line.bandwidth)
    chunk = max(CHUNK_WORK / 2, line.delay / 8, CHUNK * line.frame_bytes / line.bandwidth)
    is_wanted = 1 - (1 - share) ** CHUNK
    return math.ceil(SECONDS / min(CHUNK * share * frame, is_wanted * chunk))


@pytest.mark.parametrize(
    ("bandwidth", "delay", "share"), list(itertools.product(LINES, DELAYS, SHARES))
)
def test_a_build_is_about_as_fast_as_the_better_way(
    bandwidth: float, delay: float, share: float
) -> None:
    line = Line(bandwidth, delay)
    blocks = blocks_at_random(share, among=chunks_for(line, share))
    assert portal(line, blocks).run(early=True) <= 1.1 * seconds_of_best(line, blocks)


@pytest.mark.parametrize("share", SHARES)
def test_a_build_that_lasts_is_as_fast_without_an_early_frame(share: float) -> None:
    """The frame may be late, or be refused."""
    line = Line(2e6, 0.05)
    blocks = blocks_at_random(share, among=5 * chunks_for(line, share))
    assert portal(line, blocks).run() <= 1.1 * seconds_of_best(line, blocks)


def test_a_line_that_becomes_slow_is_noticed() -> None:
    blocks = blocks_at_random(0.1, among=200)
    build = portal(Line(200e6, 0.001), blocks)
    build.change(Line(2e6, 0.001), at=1.0)
    build.run(early=True)
    assert build.chunks
    assert build.frames > 400


# --- the telling frame ----------------------------------------------------------------------------


def wanted(*frames: int, task_id: int = 1, filename: str = "a.jpg") -> list[WantedFrame]:
    return [WantedFrame(task_id, 1, frame, filename) for frame in frames]


def test_the_last_of_sparse_frames_is_the_telling_one() -> None:
    frames = wanted(3, 5, 9)
    assert telling_frame(frames) == frames[-1]


@pytest.mark.parametrize(
    "frames",
    [
        [],
        wanted(7),
        wanted(*range(100)),
        wanted(0, 1, 3, 4),
        wanted(0, 20, 40, filename=""),  # of a video
        wanted(0, 20, 40) + wanted(5, 6, 7, task_id=2),
    ],
)
def test_where_the_way_is_clear_no_frame_is_fetched_early(frames: list[WantedFrame]) -> None:
    assert telling_frame(frames) is None
