"""Numberings, holdings and chunks."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat import frames, reading
from cvat.pictures import extension
from cvat.types import Job, Meta
from tests.cvat.replaying import recorded_body
from tests.recorded import FOLDER, recording


def job(job_id: int, start: int, stop: int, *, chunk_size: int = 4) -> Job:
    data = {"id": job_id, "task_id": 1, "start_frame": start, "stop_frame": stop}
    return replace(reading.job(data), chunk_size=chunk_size)


def meta_of(body: object) -> Meta:
    return reading.meta(json.dumps(body).encode())


def held(*jobs: Job) -> list[tuple[int, int, int]]:
    return [(h.job.id, h.first, h.last) for h in frames.holdings(jobs)]


def test_source_numbers_of_the_recorded_task() -> None:
    meta = meta_of(recording("meta-task-images-start3-step4").response["body"])
    for t, info in enumerate(meta.frames):
        source = frames.source_number(t, start=meta.first_source, step=meta.step)
        assert info.name == f"img_{source:03d}.jpg"
        assert frames.task_frame(source, start=meta.first_source, step=meta.step) == t


def test_included_frames_of_the_recorded_job() -> None:
    meta = meta_of(recording("meta-gt-job-in-step-task").response["body"])
    assert frames.included_frames(meta) == [0, 2, 6]
    names = [info.name for info in meta.frames]
    assert [t for t, name in enumerate(names) if name != "placeholder.jpg"] == [0, 2, 6]


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("step=4", 4),
        ("", 1),
        ("step=0", 1),
        ("step=x", 1),
        ("step = 7", 7),
        ("frame%4", 1),
        ("step=12.5", 12),
        ("  step\t=\n30 frames", 30),
        ("frame_step=6", 6),
        ("step=" + "9" * 5_000, 10**18 - 1),
    ],
)
def test_step(text: str, step: int) -> None:
    assert meta_of({"frame_filter": text}).step == step


def test_the_first_of_overlapping_jobs_holds() -> None:
    assert held(job(1, 0, 9), job(2, 8, 17), job(3, 16, 20)) == [
        (1, 0, 9),
        (2, 10, 17),
        (3, 18, 20),
    ]


def test_order_is_by_frame_then_id() -> None:
    assert held(job(9, 5, 9), job(2, 0, 4), job(1, 5, 9)) == [(2, 0, 4), (1, 5, 9)]


def test_a_job_inside_another_holds_nothing() -> None:
    assert held(job(1, 0, 9), job(2, 3, 5), job(3, 8, 12)) == [(1, 0, 9), (3, 10, 12)]


def test_gaps_stay_gaps() -> None:
    assert held(job(1, 0, 3), job(2, 8, 9)) == [(1, 0, 3), (2, 8, 9)]
    assert held() == []
    assert held(job(1, 5, 4)) == []


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=8))
def test_every_frame_is_held_once_by_its_first_job(ranges: list[tuple[int, int]]) -> None:
    jobs = [job(n, start, start + length) for n, (start, length) in enumerate(ranges)]
    expected: dict[int, int] = {}
    for each in sorted(jobs, key=lambda j: (j.start_frame, j.id)):
        for t in range(each.start_frame, each.stop_frame + 1):
            expected.setdefault(t, each.id)
    pairs = [(t, h.job.id) for h in frames.holdings(jobs) for t in range(h.first, h.last + 1)]
    assert dict(pairs) == expected
    assert len(pairs) == len(expected)


class TestChunks:
    def test_blocks_of_a_job(self) -> None:
        j = job(41, 8, 17)
        assert [list(frames.chunk_frames(j, i)) for i in range(3)] == [
            [8, 9, 10, 11],
            [12, 13, 14, 15],
            [16, 17],
        ]

    @given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 20))
    def test_index_and_frames_agree(self, start: int, length: int, chunk_size: int) -> None:
        j = job(1, start, start + length, chunk_size=chunk_size)
        blocks = [frames.chunk_frames(j, i) for i in range(length // chunk_size + 1)]
        assert [t for block in blocks for t in block] == list(range(start, start + length + 1))
        for i, block in enumerate(blocks):
            assert {frames.chunk_index(j, t) for t in block} == {i}

    @pytest.mark.parametrize("index", [-1, 3, 99])
    def test_no_such_chunk(self, index: int) -> None:
        with pytest.raises(ValueError, match="has no chunk"):
            frames.chunk_frames(job(1, 8, 17), index)

    @pytest.mark.parametrize("frame", [7, 18])
    def test_no_such_frame(self, frame: int) -> None:
        with pytest.raises(ValueError, match="in no chunk"):
            frames.chunk_index(job(1, 8, 17), frame)

    def test_a_job_without_data(self) -> None:
        empty = job(1, 0, 9, chunk_size=0)
        with pytest.raises(ValueError, match="in no chunk"):
            frames.chunk_index(empty, 0)
        with pytest.raises(ValueError, match="has no chunk"):
            frames.chunk_frames(empty, 0)


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("frame-jpg-original", ".jpg"),
        ("frame-png-original", ".png"),
        ("frame-bmp-original", ".bmp"),
        ("frame-gif-original", ".gif"),
        ("frame-tif-original", ".tif"),
        ("frame-video-original", ".png"),
        ("chunk-job-by-index-jpg-original", ""),
    ],
)
def test_extension_of_recorded_pictures(name: str, suffix: str) -> None:
    assert (FOLDER / f"{name}.json").exists()
    assert extension(recorded_body(name)) == suffix


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", ".webp"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", ""),
        (b"MM\x00*\x00\x00", ".tif"),
        (b"", ""),
        (b"\xff", ""),
        (b"<html>", ""),
    ],
)
def test_extension(content: bytes, suffix: str) -> None:
    assert extension(content) == suffix
