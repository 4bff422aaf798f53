"""What is fetched how: every wanted frame just once, and by the cheaper way."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvat.types import Job
from selections.archives.entries import WantedFrame
from selections.archives.planning import FRAME_BYTES, Arrival, Block, CostModel, Plan

TYPES = ["annotation", "annotation", "annotation", "ground_truth", "consensus_replica"]
KINDS = ["imageset", "video", ""]


def job(number: int, first: int, last: int, **values: object) -> Job:
    fields: dict[str, object] = {
        "id": number,
        "task_id": 1,
        "type": "annotation",
        "start_frame": first,
        "stop_frame": last,
        "frame_count": last - first + 1,
        "stage": "annotation",
        "state": "new",
        "assignee": "",
        "mode": "annotation",
        "dimension": "2d",
        "chunk_size": 36,
        "original_chunk_type": "imageset",
        "compressed_chunk_type": "imageset",
    }
    return Job(**{**fields, **values})


@st.composite
def jobs(draw: st.DrawFn) -> dict[int, Job]:
    made = {}
    for number in range(1, draw(st.integers(0, 6)) + 1):
        first = draw(st.integers(0, 80))
        made[number] = job(
            number,
            first,
            first + draw(st.integers(-1, 60)),
            type=draw(st.sampled_from(TYPES)),
            chunk_size=draw(st.integers(0, 40)),
            original_chunk_type=draw(st.sampled_from(KINDS)),
            compressed_chunk_type=draw(st.sampled_from(KINDS)),
        )
    return made


wanted_frames = st.dictionaries(
    st.tuples(st.integers(1, 2), st.integers(0, 150)), st.integers(1, 8), max_size=120
).map(lambda found: sorted((task, job_id, frame) for (task, frame), job_id in found.items()))


def blocks(
    wanted: list[tuple[int, int, int]], known: dict[int, Job], *, quality: str
) -> list[Block]:
    """Of the plan for these (task, job, frame), which knows the block of each."""
    frames = [WantedFrame(*each, filename="") for each in wanted]
    plan = Plan(frames, known, quality=quality)
    for frame in frames:
        assert frame.frame in plan.blocks[plan.number_of(frame)].frames
    return plan.blocks


@given(wanted_frames, jobs(), st.sampled_from(["original", "compressed"]))
@settings(deadline=None)
def test_every_frame_is_in_one_block(
    wanted: list[tuple[int, int, int]], known: dict[int, Job], quality: str
) -> None:
    wanted.sort(key=lambda each: (each[0], each[2]))
    plan = blocks(wanted, known, quality=quality)
    found = [(block.task_id, block.job_id, frame) for block in plan for frame in block.frames]
    assert sorted(found) == sorted(wanted)
    firsts = [(block.task_id, block.frames[0]) for block in plan]
    assert firsts == sorted(firsts)
    assert len({block[:3] for block in plan}) == len(plan)
    for block in plan:
        assert list(block.frames) == sorted(block.frames)
        assert_chunk_holds_its_frames(block, known)


def assert_chunk_holds_its_frames(block: Block, known: dict[int, Job]) -> None:
    if not block.size:
        assert len(block.frames) == 1
        assert not block.is_video
        return
    holder = known[block.job_id]
    assert holder.is_annotation
    assert block.first == holder.start_frame + block.chunk * holder.chunk_size
    assert block.first <= block.frames[0] <= block.frames[-1] < block.first + block.size
    assert holder.start_frame <= block.first
    assert block.first + block.size - 1 <= holder.stop_frame
    assert block.size <= holder.chunk_size


def test_the_last_chunk_of_a_job_is_shorter() -> None:
    (first, second) = blocks(
        [(1, 5, frame) for frame in (10, 45, 46, 49)], {5: job(5, 10, 49)}, quality="original"
    )
    assert first == Block(1, 5, 0, 10, 36, is_video=False, frames=(10, 45))
    assert second == Block(1, 5, 1, 46, 4, is_video=False, frames=(46, 49))


def test_the_quality_says_whether_it_is_a_film() -> None:
    known = {1: job(1, 0, 9, original_chunk_type="video", compressed_chunk_type="imageset")}
    for quality, is_video in (("original", True), ("compressed", False)):
        (block,) = blocks([(1, 1, 3)], known, quality=quality)
        assert block.is_video is is_video


def block_of(size: int = 36, *, wanted: int = 1, is_video: bool = False) -> Block:
    return Block(1, 1, 0, 0, size, is_video, tuple(range(wanted)))


def line(
    *,
    bytes_per_second: float,
    frame_bytes: int = FRAME_BYTES,
    wait: float = 0.09,
    under_way: int = 2,
) -> CostModel:
    """One that has been watched for a while: the answers arrive side by side, each on its share of
    the line."""
    model = CostModel()
    seconds = under_way * frame_bytes / bytes_per_second
    for number in range(40):
        model.observe_wait(wait, under_way=under_way)
        model.observe_body(
            frame_bytes, seconds, end=seconds + number * frame_bytes / bytes_per_second
        )
        model.observe_frames(frame_bytes, 1)
    return model


@pytest.mark.parametrize("wanted", range(2, 37))
def test_on_a_fast_line_two_frames_are_worth_the_chunk(wanted: int) -> None:
    assert CostModel().prefers_chunk(block_of(), missing=wanted)
    assert line(bytes_per_second=340e6).prefers_chunk(block_of(), missing=wanted)


def test_a_lonely_frame_comes_alone() -> None:
    for each in (CostModel(), line(bytes_per_second=340e6), line(bytes_per_second=0.5e6)):
        assert not each.prefers_chunk(block_of(), missing=1)


@given(
    st.integers(2, 500),
    st.floats(1e3, 1e10),
    st.floats(1e-4, 60),
    st.integers(1_000, 50_000_000),
)
def test_all_of_a_block_is_a_chunk_whatever_the_line(
    size: int, speed: float, wait: float, length: int
) -> None:
    learnt = line(bytes_per_second=speed, frame_bytes=length, wait=wait)
    assert learnt.prefers_chunk(block_of(size, wanted=size), missing=size)


@pytest.mark.parametrize("under_way", [1, 2, 8])
@pytest.mark.parametrize("wanted", range(1, 33))
def test_on_a_slow_line_sparse_blocks_come_frame_by_frame(wanted: int, under_way: int) -> None:
    slow = line(bytes_per_second=2e6, under_way=under_way)
    assert slow.bytes_per_second == pytest.approx(2e6, rel=0.2)
    assert not slow.prefers_chunk(block_of(), missing=wanted)


def test_many_requests_hide_the_delay_of_each() -> None:
    # 0.2 s each, 100 kB on a line of 4 MB/s: alone a frame takes 0.225 s, and a chunk 1.1 s.
    for under_way, is_chunk_cheaper in ((1, True), (8, False)):
        distant = line(bytes_per_second=4e6, frame_bytes=100_000, wait=0.2, under_way=under_way)
        assert distant.prefers_chunk(block_of(), missing=18) is is_chunk_cheaper


def test_a_film_is_always_taken_whole_and_what_has_no_chunk_never() -> None:
    slow = line(bytes_per_second=1e5)
    assert slow.prefers_chunk(block_of(is_video=True), missing=1)
    assert not slow.prefers_chunk(block_of(is_video=True), missing=0)
    assert not CostModel().prefers_chunk(block_of(0), missing=1)


def test_it_learns_the_line_and_learns_it_again() -> None:
    learning = CostModel()
    assert learning.prefers_chunk(block_of(), missing=3)
    for number in range(32):
        learning.observe_body(500_000, 1.0, end=1.0 + number)
    assert learning.bytes_per_second == pytest.approx(500_000)
    assert not learning.prefers_chunk(block_of(), missing=3)
    for number in range(32):
        learning.observe_body(500_000, 0.002, end=50.0 + number)
    assert learning.prefers_chunk(block_of(), missing=3)


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize(
    ("length", "seconds"),
    [
        (3_000_000, 5.0),  # more within less time
        (800_000, 20.0),  # less within more time
        (800_000, 5.0),
    ],
)
def test_a_repeated_request_for_a_chunk_is_observed_from_its_own_beginning(
    length: int, seconds: float, is_watched: bool
) -> None:
    costs = CostModel()
    arrival = Arrival(costs)
    for second in range(1, 11):  # breaks off then
        arrival.observe(100_000 * second, second, now=second)
    if is_watched:
        arrival.observe(length // 2, seconds / 2, now=20.0 + seconds / 2)
    arrival.end(length, seconds, now=20.0 + seconds)
    expected = (1_000_000 + length) / (10.0 + seconds)
    assert costs.bytes_per_second == pytest.approx(expected, rel=0.05)


def test_short_answers_say_nothing_of_the_line() -> None:
    learning = CostModel()
    before = learning.bytes_per_second
    for number in range(100):
        learning.observe_body(1000, 1.0, end=1.0 + number)
    assert learning.bytes_per_second == before


def test_a_few_cold_chunks_do_not_change_what_a_request_costs() -> None:
    learning = CostModel()
    for number in range(32):
        learning.observe_wait(0.5 if number % 3 else 0.08, under_way=1)
    assert learning.request_seconds == 0.08


def test_small_pictures_come_as_chunks_on_a_slow_line_as_well() -> None:
    slow = line(bytes_per_second=0.5e6, frame_bytes=2_000)
    assert slow.prefers_chunk(block_of(72), missing=4)


figures = st.floats(allow_nan=False, allow_infinity=False, min_value=0, max_value=1e12)


@given(
    st.lists(st.tuples(st.sampled_from("wbf"), figures, figures), max_size=60),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_whatever_is_observed_it_can_decide(
    observed: list[tuple[str, float, float]], size: int, missing: int
) -> None:
    learning = CostModel()
    for kind, first, second in observed:
        if kind == "w":
            learning.observe_wait(first, under_way=int(second))
        elif kind == "b":
            learning.observe_body(first, second, end=second)
        else:
            learning.observe_frames(first, max(1, int(second)))
    assert learning.bytes_per_second > 0
    assert learning.request_seconds >= 0
    assert learning.prefers_chunk(block_of(size), missing=missing) in (True, False)
    for received in (0, 10**5, 10**9):
        learning.is_too_slow(
            block_of(max(size, 1)), missing=missing, length=0, received=received, seconds=0.0
        )


def broken_off(speed: float, *, missing: int, received: int = 2**20, total: int = 36) -> bool:
    costs = line(bytes_per_second=speed)
    return costs.is_too_slow(
        block_of(total),
        missing=missing,
        length=total * FRAME_BYTES,
        received=received,
        seconds=received / speed,
    )


def test_a_chunk_that_begins_slowly_is_broken_off() -> None:
    """The beginning of a chunk tells how slow the line is, whatever was guessed before."""
    costs = CostModel()
    costs.observe_body(2**17, 0.1, end=1.0)
    assert costs.is_too_slow(
        block_of(), missing=2, length=36 * FRAME_BYTES, received=2**17, seconds=0.1
    )


def test_a_chunk_is_broken_off_only_where_that_pays() -> None:
    assert broken_off(0.5e6, missing=2)
    assert broken_off(0.5e6, missing=20)
    assert not broken_off(0.5e6, missing=36)
    assert not broken_off(0.5e6, missing=34)
    assert not broken_off(100e6, missing=2, received=30 * 2**20)
    # Nearly done: the rest is less than the frames.
    assert not broken_off(0.5e6, missing=2, received=35 * FRAME_BYTES)


@given(st.integers(1, 36), st.floats(1e4, 1e9), st.integers(1, 36 * FRAME_BYTES))
def test_breaking_off_is_cheaper_at_the_pace_seen(
    missing: int, speed: float, received: int
) -> None:
    if broken_off(speed, missing=missing, received=received):
        rest = (36 * FRAME_BYTES - received) / speed
        assert rest > missing * FRAME_BYTES / speed


def test_the_first_bytes_decide_nothing() -> None:
    assert not broken_off(1e3, missing=1, received=1000)
    assert not broken_off(1e9, missing=1, received=2**16)


def test_a_film_or_an_unknown_length_is_not_broken_off() -> None:
    slow = line(bytes_per_second=1e4)
    film = block_of(is_video=True)
    assert not slow.is_too_slow(film, missing=1, length=10**9, received=10**6, seconds=100)
    assert not slow.is_too_slow(block_of(), missing=1, length=0, received=10**6, seconds=100)


@pytest.mark.slow
def test_ten_times_the_frames_are_not_a_hundred_times_the_work() -> None:
    known = {
        number: job(number, number * 1000, number * 1000 + 999, chunk_size=36)
        for number in range(50)
    }

    def seconds(jobs: int) -> float:
        """Of this thread's own work, whatever else the machine does."""
        begun = time.thread_time()
        wanted = ((1, frame // 1000, frame) for frame in range(jobs * 1000))
        assert len(blocks(wanted, known, quality="original")) == jobs * 28
        return time.thread_time() - begun

    few, many = min(seconds(5) for _ in range(3)), min(seconds(50) for _ in range(3))
    assert many < 30 * few
