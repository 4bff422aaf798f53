"""Which pictures a task or a job offers, and through which job each is fetched."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from selector.cvat import catalog, reading
from selector.cvat.client import CvatClient
from selector.cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatForbidden,
    CvatNoData,
    CvatNotFound,
    CvatRejected,
    CvatUnauthorized,
)
from selector.cvat.types import FrameCatalog, Job, Meta, Task
from tests.selector.replaying import FAST, Replay, html_answer, json_answer, recorded, recording


@pytest.fixture
def cvat() -> Iterator[Replay]:
    with Replay() as replay:
        yield replay


def client(cvat: Replay) -> CvatClient:
    return CvatClient(url=cvat.url, credential=None, retries=FAST)


def owners(found: FrameCatalog) -> dict[int, int]:
    assert [f.frame for f in found.frames] == sorted({f.frame for f in found.frames})
    return {frame.frame: frame.job_id for frame in found.frames}


def body(name: str) -> Any:
    return recording(name)["response"]["body"]


def route_jobs(cvat: Replay, *names: str) -> None:
    for page, name in enumerate(names, start=1):
        cvat.route("/api/jobs", recorded(name), page=page)


class TestRecordedTasks:
    def test_overlapping_jobs(self, cvat: Replay) -> None:
        cvat.replay("task-detail-images", "meta-task-images")
        route_jobs(cvat, "jobs-list-page-1", "jobs-list-page-2", "jobs-list-page-3")
        found = client(cvat).frame_catalog(19)
        assert (found.task_id, found.task_name) == (19, "plain images, segment 10, overlap 2")
        expected = [40] * 10 + [41] * 8 + [42] * 8 + [43] * 8 + [44] * 6
        assert owners(found) == dict(enumerate(expected))
        assert [job.id for job in found.jobs] == [40, 41, 42, 43, 44]
        names = [info["name"] for info in body("meta-task-images")["frames"]]
        assert [frame.filename for frame in found.frames] == names
        assert {(f.width, f.height) for f in found.frames} == {(64, 48)}
        assert not found.through_jobs

    def test_video_has_no_names(self, cvat: Replay) -> None:
        cvat.replay("task-detail-video", "meta-task-video")
        route_jobs(cvat, "jobs-list-video")
        found = client(cvat).frame_catalog(27)
        assert found.mode == "interpolation"
        assert len(found.frames) == 60
        assert {(f.filename, f.width, f.height) for f in found.frames} == {("", 96, 64)}

    def test_honeypots(self, cvat: Replay) -> None:
        cvat.replay(
            "task-detail-honeypot", "meta-task-honeypots", "validation-layout-task-honeypots"
        )
        route_jobs(cvat, "jobs-list-honeypot-task")
        found = client(cvat).frame_catalog(37)
        copies = set(body("validation-layout-task-honeypots")["honeypot_frames"])
        assert found.honeypot_count == len(copies) == 8
        assert not copies & owners(found).keys()
        names = [frame.filename for frame in found.frames]
        assert len(set(names)) == len(names) == 20  # every uploaded picture once
        assert [owners(found)[frame] for frame in (24, 25, 26, 27)] == [69] * 4
        assert [job.id for job in found.jobs] == [65, 66, 67, 68, 69]

    def test_consensus_replicas_hold_nothing(self, cvat: Replay) -> None:
        cvat.replay("task-detail-consensus")
        route_jobs(cvat, "jobs-list-consensus-task")
        size = body("task-detail-consensus")["size"]
        frames = [{"name": f"{n}.jpg", "width": 1, "height": 1} for n in range(size)]
        cvat.route("/api/tasks/39/data/meta", json_answer({"size": size, "frames": frames}))
        found = client(cvat).frame_catalog(39)
        assert all(job.is_annotation for job in found.jobs)
        assert len(found.frames) == size
        assert {f.job_id for f in found.frames} == {job.id for job in found.jobs}

    def test_meta_of_a_job(self, cvat: Replay) -> None:
        cvat.replay("job-detail-annotation", "meta-job-images-second-overlap", "task-detail-images")
        found = client(cvat).frame_catalog(job_id=41)
        assert owners(found) == dict.fromkeys(range(8, 18), 41)
        assert [f.filename for f in found.frames][:2] == ["img_008.jpg", "img_009.jpg"]
        assert found.task_name == "plain images, segment 10, overlap 2"
        assert not found.through_jobs

    def test_a_job_alone_may_be_seen(self, cvat: Replay) -> None:
        cvat.replay("job-as-assignee", "meta-job-images-second-overlap", "task-as-job-assignee-403")
        cvat.route("/api/jobs/41/validation_layout", recorded("validation-layout-none"))
        found = client(cvat).frame_catalog(job_id=41)
        assert (found.through_jobs, found.task_name, found.task_id) == (True, "Task 19", 19)
        assert owners(found) == dict.fromkeys(range(8, 18), 41)

    def test_a_honeypot_job(self, cvat: Replay) -> None:
        cvat.replay("meta-job-honeypots", "validation-layout-job-honeypots", "task-detail-honeypot")
        jobs = body("jobs-list-honeypot-task")["results"]
        cvat.route("/api/jobs/65", json_answer(jobs[0]))
        found = client(cvat).frame_catalog(job_id=65)
        assert list(owners(found)) == [0, 2, 3, 4, 5]
        assert found.honeypot_count == 2

    def test_the_pool_of_a_honeypot_task(self, cvat: Replay) -> None:
        cvat.replay("meta-gt-job-honeypot-pool", "task-detail-honeypot")
        jobs = body("jobs-list-honeypot-task")["results"]
        cvat.route("/api/jobs/69", json_answer(jobs[-1]))
        found = client(cvat).frame_catalog(job_id=69)
        assert owners(found) == dict.fromkeys(range(24, 28), 69)
        assert found.frames[0].filename == "img_002.jpg"

    def test_a_ground_truth_job_lends_from_annotation_jobs(self, cvat: Replay) -> None:
        job = body("gt-create-in-step-task-ok")
        cvat.replay("meta-gt-job-in-step-task")
        cvat.route("/api/jobs/89", json_answer(job))
        cvat.route("/api/tasks/26", json_answer({"id": 26, "name": "steps", "size": 7}))
        parts = [{**job, "type": "annotation", "id": n} for n in (49, 50)]
        parts[0] |= {"start_frame": 0, "stop_frame": 3}
        parts[1] |= {"start_frame": 4, "stop_frame": 6}
        results = [*parts, job]
        cvat.route("/api/jobs", json_answer({"count": 3, "next": None, "results": results}))
        found = client(cvat).frame_catalog(26, job_id=89)
        assert owners(found) == {0: 49, 2: 49, 6: 50}
        assert [f.filename for f in found.frames] == ["img_003.jpg", "img_011.jpg", "img_027.jpg"]
        assert [j.id for j in found.jobs] == [49, 50]

    def test_a_ground_truth_job_of_a_video(self, cvat: Replay) -> None:
        cvat.replay("job-detail-ground-truth-video", "meta-gt-job-in-video-task")
        cvat.replay("task-detail-video")
        route_jobs(cvat, "jobs-list-video")
        found = client(cvat).frame_catalog(job_id=92)
        assert owners(found) == {1: 51, 22: 51, 59: 53}
        assert {f.filename for f in found.frames} == {""}

    def test_a_replica_lends_from_its_parent(self, cvat: Replay) -> None:
        cvat.replay("job-detail-consensus-replica", "meta-consensus-replica")
        cvat.replay("task-detail-consensus")
        route_jobs(cvat, "jobs-list-consensus-task")
        found = client(cvat).frame_catalog(job_id=76)
        assert owners(found) == dict.fromkeys(range(5), 75)

    def test_deleted_frames_of_a_job(self, cvat: Replay) -> None:
        meta = body("meta-job-deleted-frames")
        job = {"id": 98, "task_id": 41, "start_frame": 0, "stop_frame": meta["size"] - 1}
        cvat.replay("meta-job-deleted-frames")
        cvat.route("/api/jobs/98", json_answer(job))
        cvat.route("/api/tasks/41", json_answer({"id": 41, "size": 12}))
        found = client(cvat).frame_catalog(job_id=98)
        assert found.deleted_count == len(meta["deleted_frames"]) > 0
        assert not set(meta["deleted_frames"]) & owners(found).keys()


class TestNothingToChoose:
    def test_no_data_does_not_ask_for_meta(self, cvat: Replay) -> None:
        cvat.replay("task-without-data-detail")
        with pytest.raises(CvatNoData, match="Task 45 has no pictures"):
            client(cvat).frame_catalog(45)
        assert not cvat.asked_for("/api/tasks/45/data/meta")

    def test_being_created(self, cvat: Replay) -> None:
        cvat.replay("task-being-created-detail")
        request = "/api/requests/action=create&target=task&target_id=51"
        cvat.route(request, recorded("request-task-creation-started-1"))
        with pytest.raises(CvatNoData, match="still preparing task 51"):
            client(cvat).frame_catalog(51)

    def test_failed(self, cvat: Replay) -> None:
        cvat.replay("task-failed-creation-detail")
        request = "/api/requests/action=create&target=task&target_id=46"
        cvat.route(request, recorded("request-failed-task-creation"))
        with pytest.raises(CvatNoData, match="failed in CVAT") as caught:
            client(cvat).frame_catalog(46)
        assert "Traceback" not in str(caught.value)

    def test_multiview(self, cvat: Replay) -> None:
        cvat.replay("multiview-task-detail")
        with pytest.raises(CvatNoData, match="Task 72 holds several views"):
            client(cvat).frame_catalog(72)

    @pytest.mark.parametrize("dimension", ["3d", "4d" * 400])
    def test_other_dimensions(self, cvat: Replay, dimension: str) -> None:
        cvat.route("/api/tasks/60", json_answer({"id": 60, "size": 2, "dimension": dimension}))
        cvat.route("/api/jobs/6", json_answer({"id": 6, "task_id": 60, "dimension": dimension}))
        with pytest.raises(CvatNoData, match="Task 60 holds") as caught:
            client(cvat).frame_catalog(60)
        assert len(str(caught.value)) < 200
        with pytest.raises(CvatNoData, match="Job 6 holds"):
            client(cvat).frame_catalog(job_id=6)

    def test_missing(self, cvat: Replay) -> None:
        cvat.replay("task-not-found-404", "job-not-found-404", "job-not-permitted-403")
        with pytest.raises(CvatNotFound, match="Task 999999 does not exist"):
            client(cvat).frame_catalog(999999)
        with pytest.raises(CvatNotFound, match="Job 999999 does not exist"):
            client(cvat).frame_catalog(job_id=999999)
        with pytest.raises(CvatForbidden, match="may not see job 41"):
            client(cvat).frame_catalog(job_id=41)

    def test_neither_task_nor_jobs_may_be_seen(self, cvat: Replay) -> None:
        cvat.replay("task-not-permitted-403", "jobs-list-of-other-task-empty")
        with pytest.raises(CvatForbidden, match="neither task 19 nor any of its jobs"):
            client(cvat).frame_catalog(19)

    def test_a_job_of_another_task(self, cvat: Replay) -> None:
        cvat.replay("job-detail-annotation")
        with pytest.raises(CvatRejected, match=r"^Job 41 belongs to task 19, not to task 9\.$"):
            client(cvat).frame_catalog(9, job_id=41)

    def test_nothing_asked_for(self, cvat: Replay) -> None:
        with pytest.raises(ValueError, match="needed"):
            client(cvat).frame_catalog()


@dataclass
class FakeCvat:
    """Answers of one task with `size` frames, open to a user who may see `visible` jobs."""

    size: int
    all_jobs: list[Job]
    task_closed: bool = False
    mode: str = "annotation"
    validation_mode: str | None = None
    deleted: frozenset[int] = frozenset()
    honeypots: frozenset[int] = frozenset()
    layout_error: CvatError | None = None
    short_meta: int | None = None
    included: dict[int, tuple[int, ...]] = field(default_factory=dict)
    step: int = 1
    start: int = 0
    hidden_jobs: int = 0
    names: dict[int, str] = field(default_factory=dict)
    layouts_asked: list[int] = field(default_factory=list)

    def task(self, task_id: int) -> Task:
        if self.task_closed:
            raise CvatForbidden("no", status=403)
        data = {
            "id": task_id,
            "name": "t",
            "size": self.size,
            "mode": self.mode,
            "validation_mode": self.validation_mode,
            "jobs": {"count": len(self.all_jobs) + self.hidden_jobs},
            "updated_date": "2026-11-01",
        }
        return reading.task(data)

    def job(self, job_id: int) -> Job:
        return next(job for job in self.all_jobs if job.id == job_id)

    def jobs(self, task_id: int) -> list[Job]:
        return self.all_jobs

    def task_meta(self, task_id: int) -> Meta:
        return self._meta(range(self.size))

    def job_meta(self, job_id: int) -> Meta:
        job = self.job(job_id)
        return self._meta(range(job.start_frame, job.stop_frame + 1), self.included.get(job_id))

    def task_honeypots(self, task_id: int) -> frozenset[int]:
        return self.honeypots

    def job_honeypots(self, job_id: int) -> frozenset[int]:
        self.layouts_asked.append(job_id)
        if self.layout_error is not None:
            raise self.layout_error
        job = self.job(job_id)
        return frozenset(n for n in self.honeypots if job.start_frame <= n <= job.stop_frame)

    def creation_status(self, task_id: int) -> str:
        return ""

    def _meta(self, numbers: range, included: tuple[int, ...] | None = None) -> Meta:
        names: Iterable[int] = numbers[: self.short_meta]
        data = {
            "size": len(numbers),
            "frames": [
                {"name": self.names.get(n, f"{n}.jpg"), "width": 2, "height": 1} for n in names
            ],
            "deleted_frames": sorted(self.deleted & set(numbers)),
            "included_frames": None if included is None else list(included),
            "start_frame": self.start + numbers.start * self.step,
            "frame_filter": f"step={self.step}",
        }
        if self.mode == "interpolation":
            data["frames"] = [{"name": "v.mp4", "width": 8, "height": 4}]
        return reading.meta(data)


def job(job_id: int, start: int, stop: int, kind: str = "annotation", **values: Any) -> Job:
    data = {
        "id": job_id,
        "task_id": 7,
        "start_frame": start,
        "stop_frame": stop,
        "type": kind,
        "mode": "annotation",
        **values,
    }
    return reading.job(data)


def read(cvat: FakeCvat, job_id: int | None = None) -> FrameCatalog:
    return catalog.read(cvat, task_id=7, job_id=job_id)


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
        assert found.frames_of(2) == ()
        assert len(found.frames_of(1)) == 10

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


class TestThroughJobs:
    def test_visible_jobs_are_merged(self) -> None:
        cvat = FakeCvat(40, [job(2, 8, 17), job(4, 16, 25)], True, deleted=frozenset({9, 20}))
        found = read(cvat)
        assert found.through_jobs
        assert found.task_name == "Task 7"
        expected = dict.fromkeys(range(8, 18), 2) | dict.fromkeys(range(18, 26), 4)
        del expected[9], expected[20]
        assert owners(found) == expected
        assert all(f.filename == f"{f.frame}.jpg" for f in found.frames)
        assert found.deleted_count == 2

    def test_honeypots_from_the_layouts_of_the_jobs(self) -> None:
        jobs = [job(1, 0, 4), job(2, 5, 9), job(3, 10, 11, "ground_truth")]
        found = read(FakeCvat(12, jobs, True, honeypots=frozenset({1, 6})))
        assert found.honeypot_count == 2
        assert set(owners(found)) == set(range(12)) - {1, 6}
        assert owners(found)[10] == 3

    @pytest.mark.parametrize("status", [400, 403, 404, 405])
    def test_a_closed_layout_is_no_obstacle(self, status: int) -> None:
        closed = CvatError("no", status=status)
        cvat = FakeCvat(10, [job(1, 0, 9)], True, honeypots=frozenset({1}), layout_error=closed)
        assert len(read(cvat).frames) == 10

    def closed(self, jobs: list[Job], names: dict[int, str], **values: Any) -> FakeCvat:
        refused = CvatForbidden("no", status=403)
        return FakeCvat(12, jobs, True, layout_error=refused, names=names, **values)

    def test_without_the_layouts_every_name_is_offered_once(self) -> None:
        jobs = [job(1, 0, 5), job(2, 4, 9)]
        cvat = self.closed(jobs, {2: "a.jpg", 4: "b.jpg", 7: "a.jpg", 8: "a.jpg", 9: "b.jpg"})
        found = read(cvat)
        assert list(owners(found)) == [0, 1, 2, 3, 4, 5, 6]
        assert (found.honeypot_count, found.deleted_count) == (3, 0)
        assert cvat.layouts_asked == [1]

    def test_a_deleted_copy_does_not_stand_for_the_others(self) -> None:
        jobs = [job(1, 0, 4), job(2, 5, 9)]
        cvat = self.closed(jobs, {2: "a.jpg", 7: "a.jpg"}, deleted=frozenset({2}))
        found = read(cvat)
        assert list(owners(found)) == [0, 1, 3, 4, 5, 6, 7, 8, 9]
        assert (found.honeypot_count, found.deleted_count) == (0, 1)

    def test_a_picture_of_the_pool_stands_for_its_copies(self) -> None:
        jobs = [job(1, 0, 9), job(2, 10, 11, "ground_truth")]
        found = read(self.closed(jobs, {2: "a.jpg", 10: "a.jpg"}))
        assert list(owners(found)) == [0, 1, *range(3, 12)]
        assert found.honeypot_count == 1

    def test_no_names_are_not_a_name(self) -> None:
        names = dict.fromkeys(range(10), "")
        assert len(read(self.closed([job(1, 0, 9)], names)).frames) == 10
        one = self.closed([job(1, 0, 9, mode="interpolation")], {}, mode="interpolation")
        assert len(read(one).frames) == 10

    def test_names_in_one_job(self) -> None:
        cvat = self.closed([job(1, 0, 9), job(2, 10, 11)], {2: "a.jpg", 7: "a.jpg", 10: "a.jpg"})
        found = read(cvat, job_id=1)
        assert list(owners(found)) == [0, 1, 2, 3, 4, 5, 6, 8, 9]
        assert found.honeypot_count == 1
        assert list(owners(read(cvat, job_id=2))) == [10, 11]

    def test_names_are_not_looked_at_where_the_layout_is_open(self) -> None:
        cvat = self.closed([job(1, 0, 9)], {2: "a.jpg", 7: "a.jpg"})
        cvat.layout_error = None
        assert len(read(cvat).frames) == 10

    def test_the_first_layout_tells_that_there_are_no_honeypots(self) -> None:
        jobs = [job(n, n, n) for n in range(1000)]
        cvat = FakeCvat(1000, jobs, True)
        assert len(read(cvat).frames) == 1000
        assert cvat.layouts_asked == [0]

    def test_of_a_honeypot_task_every_layout_is_read(self) -> None:
        jobs = [job(1, 0, 4), job(2, 5, 8), job(3, 9, 9), job(4, 10, 11, "ground_truth")]
        cvat = FakeCvat(12, jobs, True, honeypots=frozenset({1, 6, 9}))
        assert set(owners(read(cvat))) == set(range(12)) - {1, 6, 9}
        assert sorted(cvat.layouts_asked) == [1, 2, 3]

    def test_a_server_without_layouts(self, cvat: Replay) -> None:
        cvat.replay("job-as-assignee", "meta-job-images-second-overlap", "task-as-job-assignee-403")
        cvat.route("/api/jobs/41/validation_layout", html_answer(404))
        assert len(client(cvat).frame_catalog(job_id=41).frames) == 10

    @pytest.mark.parametrize("kind", [CvatUnauthorized, CvatBroken])
    def test_real_trouble_is_not_hidden(self, kind: type[CvatError]) -> None:
        cvat = FakeCvat(10, [job(1, 0, 9)], True, layout_error=kind("x", status=500))
        with pytest.raises(kind):
            read(cvat)

    def test_only_a_replica_is_visible(self) -> None:
        cvat = FakeCvat(10, [job(76, 0, 4, "consensus_replica")], True)
        with pytest.raises(CvatNoData, match="only job 76: choose that job"):
            read(cvat)
        assert owners(read(cvat, job_id=76)) == dict.fromkeys(range(5), 76)

    def test_only_the_ground_truth_job_is_visible(self) -> None:
        gt = job(5, 0, 9, "ground_truth")
        cvat = FakeCvat(10, [gt], True, included={5: (1, 8)})
        assert owners(read(cvat, job_id=5)) == {1: 5, 8: 5}
        cvat.all_jobs.append(job(6, 5, 9))
        found = read(cvat, job_id=5)
        assert owners(found) == {1: 5, 8: 6}
        assert [j.id for j in found.jobs] == [6, 5]

    def test_source_numbers_are_the_tasks(self) -> None:
        gt = job(5, 0, 9, "ground_truth")
        cvat = FakeCvat(10, [job(1, 0, 9), gt], included={5: (3, 11, 27)}, start=3, step=4)
        assert list(owners(read(cvat, job_id=5))) == [0, 2, 6]


def test_a_hundred_thousand_frames_take_little_time() -> None:
    size = 100_000
    jobs = [job(n, n * 95, min(n * 95 + 99, size - 1)) for n in range(size // 95)]
    cvat = FakeCvat(size, jobs, deleted=frozenset(range(0, size, 1000)))
    data = {
        "size": size,
        "frames": [
            {"name": f"cam/{n:06d}.jpg", "width": 1920, "height": 1080} for n in range(size)
        ],
        "deleted_frames": list(range(0, size, 1000)),
    }
    started = time.process_time()
    meta = reading.meta(data)
    cvat.task_meta = lambda task_id: meta  # type: ignore[method-assign]
    found = read(cvat)
    spent = time.process_time() - started
    assert len(found.frames) + found.deleted_count > 99_900
    assert spent < 1.0
