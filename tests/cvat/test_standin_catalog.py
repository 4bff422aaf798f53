"""The client against the stand-in: the frames of every sample task, and their bytes."""

from __future__ import annotations

import io
import zipfile
from collections import Counter

import pytest

from cvat import frames
from cvat.exceptions import CvatNoData
from cvat.pictures import extension
from standin.samples import sample_world
from standin.server import StandIn
from tests.cvat.standin_clients import client, held
from tests.selections.sampling import draw_per_job


class TestCatalog:
    @pytest.mark.parametrize("task_id", [1, 2, 3, 4, 5, 6, 7, 8, 11, 12])
    def test_every_picture_once_from_a_job_that_holds_it(self, site: StandIn, task_id: int) -> None:
        task = site.world.tasks[task_id]
        found = client(site).frame_catalog(task_id)
        gone = set(task.deleted) | set(task.honeypots)
        assert list(held(found)) == [n for n in range(task.size) if n not in gone]
        for frame in found.frames[:: max(1, len(found.frames) // 50)]:
            job = site.world.jobs[frame.job_id]
            assert job.holds(frame.frame)
            assert not job.recompresses
            assert job.parent is None
            name = "" if task.is_video else site.world.filename(task_id, frame.frame)
            assert frame.filename == name

    def test_counts(self, site: StandIn) -> None:
        assert client(site).frame_catalog(1).deleted_count == 3
        assert client(site).frame_catalog(6).honeypot_count == len(site.world.tasks[6].honeypots)

    def test_few_requests(self, site: StandIn) -> None:
        cvat = client(site)
        site.requests.clear()
        cvat.frame_catalog(8)
        assert len(site.requests) == 3

    @pytest.mark.parametrize("task_id", [5, 6, 7])
    def test_one_job_of_any_type(self, site: StandIn, task_id: int) -> None:
        whole = held(client(site).frame_catalog(task_id))
        for job in site.world.tasks[task_id].jobs:
            found = held(client(site).frame_catalog(job_id=job.id))
            copies = site.world.tasks[task_id].honeypots
            assert list(found) == [n for n in job.frames if n not in copies]
            assert found.items() <= whole.items()

    def test_the_whole_range_of_an_overlapping_job(self, site: StandIn) -> None:
        job = site.world.tasks[1].jobs[1]
        found = client(site).frame_catalog(1, job_id=job.id)
        expected = [n for n in job.frames if n not in site.world.tasks[1].deleted]
        assert held(found) == dict.fromkeys(expected, job.id)

    @pytest.mark.parametrize(("task_id", "text"), [(9, "no pictures"), (14, "3D point clouds")])
    def test_nothing_to_choose(self, site: StandIn, task_id: int, text: str) -> None:
        with pytest.raises(CvatNoData, match=text):
            client(site).frame_catalog(task_id)

    def test_being_created_and_failed(self, site: StandIn) -> None:
        site.world.add_task("New", task_id=50, owner="demo", readiness="creating")
        site.world.add_task("Bad", task_id=51, owner="demo", readiness="failed")
        for task_id in (50, 51):
            with pytest.raises(CvatNoData, match=f"Task {task_id} has no pictures"):
                client(site).frame_catalog(task_id)

    def test_below_a_sub_path(self) -> None:
        with StandIn(sample_world(), prefix="/cvat") as site:
            cvat = client(site)
            assert len(cvat.frame_catalog(1).frames) == 227
            assert len(cvat.jobs(8)) == 20

    def test_pages_are_counted_to_the_end(
        self, site: StandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cvat.lists.PAGE_SIZE", 3)
        jobs = client(site).jobs(8)
        assert [job.id for job in jobs] == sorted(job.id for job in site.world.tasks[8].jobs)

    def test_a_draw_from_each_job(self, site: StandIn) -> None:
        found = client(site).frame_catalog(1)
        drawn = draw_per_job(found.frames, found.jobs, count=10, seed=1)
        assert {each.selected for each in drawn.jobs} == {10}
        assert [each.total for each in drawn.jobs] == [48, 50, 49, 50, 50]
        assert drawn.total == 227
        assert set(Counter(f.job_id for f in drawn.frames).values()) == {10}


class TestBytes:
    def test_pictures_are_the_uploads(self, site: StandIn) -> None:
        cvat = client(site)
        for frame in cvat.frame_catalog(4).frames[:8]:
            through_task = cvat.frame(task_id=4, frame=frame.frame).content
            through_job = cvat.job_frame(job_id=frame.job_id, frame=frame.frame).content
            assert through_task == through_job
            assert extension(through_task)
        assert cvat.frame(task_id=4, frame=0).content == site.world.original_bytes(4, 0)

    def test_a_chunk_holds_the_frames_we_count(self, site: StandIn) -> None:
        cvat = client(site)
        job = cvat.job(site.world.tasks[1].jobs[1].id)
        last = frames.chunk_index(job, job.stop_frame)
        file = io.BytesIO()
        cvat.job_chunk(job_id=job.id, index=last, into=file)
        with zipfile.ZipFile(file) as members:
            contents = [members.read(name) for name in sorted(members.namelist())]
        numbers = frames.chunk_frames(job, last)
        assert contents == [site.world.original_bytes(1, number) for number in numbers]

    @pytest.mark.parametrize("kind", ["cut", "short", "checksum"])
    def test_a_damaged_chunk_is_fetched_again(self, site: StandIn, kind: str) -> None:
        cvat = client(site)
        job = cvat.job(site.world.tasks[1].jobs[0].id)
        clean, file = io.BytesIO(), io.BytesIO()
        cvat.job_chunk(job_id=job.id, index=0, into=clean)
        rule = site.faults.damage("type=chunk", kind)
        cvat.job_chunk(job_id=job.id, index=0, into=file)
        assert rule.hits == 1
        assert file.getvalue() == clean.getvalue()
