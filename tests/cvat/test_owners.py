"""Through which job each picture is fetched, and tasks some of whose jobs are hidden."""

from __future__ import annotations

import gc
import json
import time

import pytest

from cvat import reading
from cvat.exceptions import CvatForbidden, CvatNoData
from tests.cvat.fake_cvat import FakeCvat, job, owners, read


class TestOwners:
    def test_frames_no_visible_job_holds_are_left_out(self) -> None:
        found = read(FakeCvat(20, [job(1, 0, 4), job(2, 10, 14)]))
        assert list(owners(found)) == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]

    def test_a_range_longer_than_the_task(self) -> None:
        assert list(owners(read(FakeCvat(3, [job(1, 0, 10**12)])))) == [0, 1, 2]
        alone = FakeCvat(3, [job(1, 0, 10**12)], task_closed=True)
        alone.job_meta = lambda job_id: alone._meta(range(3))  # type: ignore[method-assign]
        assert list(owners(read(alone))) == [0, 1, 2]

    def test_a_covered_job_is_listed_and_holds_nothing(self) -> None:
        found = read(FakeCvat(10, [job(1, 0, 9), job(2, 3, 5)]))
        assert [j.id for j in found.jobs] == [1, 2]
        assert {frame.job_id for frame in found.frames} == {1}
        assert len(found.frames) == 10

    def test_a_job_asked_for_offers_its_overlap_too(self) -> None:
        found = read(FakeCvat(20, [job(1, 0, 9), job(2, 8, 17)]), job_id=2)
        assert owners(found) == dict.fromkeys(range(8, 18), 2)

    @pytest.mark.parametrize("kind", ["consensus_replica", "replica", "something new"])
    def test_other_types_hold_nothing(self, kind: str) -> None:
        found = read(FakeCvat(5, [job(1, 0, 9, kind), job(2, 0, 9)]))
        assert set(owners(found).values()) == {2}

    def test_a_list_of_ground_truth_holds_nothing(self) -> None:
        jobs = [job(1, 0, 9), job(2, 0, 9, "ground_truth")]
        found = read(FakeCvat(10, jobs, validation_mode="gt", included={2: (1, 2)}))
        assert set(owners(found).values()) == {1}
        assert [j.id for j in found.jobs] == [1]

    def test_deleted_frames_and_honeypots_are_counted_once(self) -> None:
        jobs = [job(1, 0, 5), job(2, 4, 9), job(3, 10, 11, "ground_truth")]
        found = read(
            FakeCvat(
                12,
                jobs,
                validation_mode="gt_pool",
                deleted=frozenset({4, 10}),
                honeypots=frozenset({4, 7}),
            )
        )
        assert list(owners(found)) == [0, 1, 2, 3, 5, 6, 8, 9, 11]
        assert (found.deleted_count, found.honeypot_count) == (2, 1)
        assert owners(found)[11] == 3

    def test_short_meta(self) -> None:
        found = read(FakeCvat(6, [job(1, 0, 5)], short_meta=4))
        assert [f.filename for f in found.frames][-3:] == ["3.jpg", "", ""]

    def test_video_through_jobs(self) -> None:
        jobs = [job(1, 0, 3, mode="interpolation"), job(2, 3, 6, mode="interpolation")]
        found = read(FakeCvat(7, jobs, mode="interpolation", task_closed=True))
        assert found.mode == "interpolation"
        assert {(f.filename, f.width) for f in found.frames} == {("", 8)}
        assert owners(found) == {0: 1, 1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 2}


class TestHiddenJobs:
    def test_none_of_the_jobs_is_shown(self) -> None:
        with pytest.raises(CvatForbidden, match="shows your account task 7 and none of its jobs"):
            read(FakeCvat(10, [], hidden_jobs=2))

    def test_some_are_not(self) -> None:
        found = read(FakeCvat(20, [job(1, 0, 9)], hidden_jobs=1))
        assert found.through_jobs
        assert found.updated_date == ""  # not to be kept: other jobs may be open soon
        assert list(owners(found)) == list(range(10))

    @pytest.mark.parametrize("mode", ["gt", "gt_pool"])
    def test_all_that_hold_pictures_are(self, mode: str) -> None:
        jobs = [job(1, 0, 9), job(2, 0, 9, "consensus_replica"), job(3, 8, 19)]
        jobs.append(job(4, 0, 19, "ground_truth"))
        cvat = FakeCvat(20, jobs, validation_mode=mode, deleted=frozenset({3}))
        assert not read(cvat).through_jobs
        cvat.hidden_jobs = 1  # a replica that was just deleted
        found = read(cvat)
        assert not found.through_jobs
        assert found.updated_date
        assert len(found.frames) == 19

    def test_only_a_replica_of_an_open_task(self) -> None:
        with pytest.raises(CvatNoData, match="only job 76: choose that job"):
            read(FakeCvat(10, [job(76, 0, 9, "consensus_replica")], hidden_jobs=1))


def seconds_for(size: int) -> float:
    """The best of three, of this thread alone and without the garbage of others."""
    gc.collect()
    gc.disable()
    try:
        return min(_seconds_for(size) for _ in range(3))
    finally:
        gc.enable()


def _seconds_for(size: int) -> float:
    jobs = [job(n, n * 95, min(n * 95 + 99, size - 1)) for n in range(-(-size // 95))]
    cvat = FakeCvat(size, jobs)
    data = {
        "size": size,
        "frames": [
            {"name": f"cam/{n:06d}.jpg", "width": 1920, "height": 1080} for n in range(size)
        ],
        "deleted_frames": list(range(0, size, 100)),
    }
    body = json.dumps(data).encode()
    started = time.thread_time()
    meta = reading.meta(body)
    cvat.task_meta = lambda task_id: meta  # type: ignore[method-assign]
    found = read(cvat)
    spent = time.thread_time() - started
    assert len(found.frames) + found.deleted_count == size
    return spent


@pytest.mark.slow
def test_time_grows_with_the_frames_and_no_faster() -> None:
    """Eight times the frames, in eight times the jobs: 64 times, if each were held against each."""
    assert seconds_for(40_000) < 20 * seconds_for(5_000)
