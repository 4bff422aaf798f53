"""What an assignee is offered, to whom CVAT shows the jobs and not the task."""

from __future__ import annotations

from typing import Any

import pytest

from cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatForbidden,
    CvatNoData,
    CvatUnauthorized,
)
from cvat.types import Job
from tests.cvat.fake_cvat import FakeCvat, job, owners, read
from tests.cvat.replaying import Replay, client, html_answer


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
