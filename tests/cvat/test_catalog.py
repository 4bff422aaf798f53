"""Which pictures a recorded task or job offers, and what is said where there are none."""

from __future__ import annotations

from typing import Any

import pytest

from cvat.exceptions import CvatForbidden, CvatNoData, CvatNotFound, CvatRejected
from tests.cvat.fake_cvat import owners
from tests.cvat.replaying import Replay, client, json_answer, recorded
from tests.recorded import recording


def body(name: str) -> Any:
    return recording(name).response["body"]


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

    @pytest.mark.parametrize("dimension", ["1d", "3d", "4d" * 400])
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
