"""The client against the stand-in: what assignees and colleagues in an organization may see."""

from __future__ import annotations

import pytest

from cvat.exceptions import CvatForbidden, CvatNoData, CvatNotFound
from standin.model import Task
from standin.server import StandIn
from tests.cvat.standin_clients import client, held


class TestRights:
    """carol is nothing but the assignee of the third job of task 1."""

    def test_her_job_through_the_task(self, site: StandIn) -> None:
        job = site.world.tasks[1].jobs[2]
        found = client(site, "carol").frame_catalog(1)
        assert found.through_jobs
        assert found.task_name == "Task 1"
        assert [each.id for each in found.jobs] == [job.id]
        assert list(held(found)) == [n for n in job.frames if n not in (17, 18, 104)]
        assert found.frames[0].filename == site.world.filename(1, job.start)
        assert found.deleted_count == 1

    def test_her_job_by_its_number(self, site: StandIn) -> None:
        job = site.world.tasks[1].jobs[2]
        cvat = client(site, "carol")
        found = cvat.frame_catalog(job_id=job.id)
        assert found.through_jobs
        assert held(found) == held(cvat.frame_catalog(1))
        picture = cvat.job_frame(job_id=job.id, frame=job.start)
        assert picture.content == site.world.original_bytes(1, job.start)
        with pytest.raises(CvatForbidden, match=f"may not see frame {job.start} of task 1"):
            cvat.frame(task_id=1, frame=job.start)

    def test_what_is_closed_to_her(self, site: StandIn) -> None:
        cvat = client(site, "carol")
        with pytest.raises(CvatForbidden, match="neither task 2 nor any of its jobs"):
            cvat.frame_catalog(2)
        with pytest.raises(CvatForbidden, match="may not see job"):
            cvat.frame_catalog(job_id=site.world.tasks[1].jobs[0].id)
        with pytest.raises(CvatNotFound, match="Task 999 does not exist"):
            cvat.frame_catalog(999)

    def test_honeypots_of_an_assignee_are_told_by_their_names(self, site: StandIn) -> None:
        """The layout is closed to her: of each picture she may see, she is offered one frame."""
        task = site.world.tasks[6]
        own = [job for job in task.jobs if job.type == "annotation"]
        for job in own:
            job.assignee = site.world.user("carol")
        seen = [frame for job in own for frame in job.frames]
        names = {site.world.filename(6, frame) for frame in seen}
        assert len(names) < len(seen)
        with client(site, "carol") as cvat:
            site.requests.clear()
            found = cvat.frame_catalog(6)
        assert found.through_jobs
        assert {frame.filename for frame in found.frames} == names
        assert len(found.frames) == len(names)
        assert found.honeypot_count == len(seen) - len(names)
        layouts = [asked for asked in site.requests if "validation_layout" in asked.path]
        assert [asked.status for asked in layouts] == [403]
        alone = client(site, "carol").frame_catalog(job_id=own[0].id)
        assert len(alone.frames) == len({site.world.filename(6, n) for n in own[0].frames})

    def test_a_replica_alone(self, site: StandIn) -> None:
        replica = next(job for job in site.world.tasks[7].jobs if job.parent is not None)
        replica.assignee = site.world.user("carol")
        with pytest.raises(CvatNoData, match=f"only job {replica.id}: choose that job"):
            client(site, "carol").frame_catalog(7)
        found = client(site, "carol").frame_catalog(job_id=replica.id)
        assert held(found) == dict.fromkeys(replica.frames, replica.id)


class TestOrganizations:
    def test_lists(self, site: StandIn) -> None:
        everything = {task.id for task in client(site).tasks(page_size=100).results}
        inside = {task.id for task in client(site, organization="acme").tasks().results}
        assert inside == {10}
        assert inside < everything

    def test_unknown(self, site: StandIn) -> None:
        with pytest.raises(CvatNotFound, match="There is no organization nope"):
            client(site, organization="nope").tasks()

    def test_not_a_member_any_more(self, site: StandIn) -> None:
        cvat = client(site, "carol", "acme")
        for ask in (cvat.tasks, cvat.projects, cvat.my_jobs):
            with pytest.raises(CvatForbidden, match="not belong to the organization acme"):
                ask()
        assert cvat.assigned_jobs(username="carol").results

    def test_a_task_elsewhere_is_read_all_the_same(self, site: StandIn) -> None:
        cvat = client(site, organization="acme")
        assert len(cvat.frame_catalog(1).frames) == 227
        assert {task.id for task in cvat.tasks(project_id=2).results} == {12, 13}


@pytest.fixture
def shared(site: StandIn) -> Task:
    """demo's task in acme, of which bob, a worker there, is assigned one job."""
    acme = site.world.organizations[1]
    return site.world.add_task(
        "Gate 7",
        owner="demo",
        organization=acme,
        count=30,
        segment_size=10,
        jobs={1: {"assignee": "bob"}},
    )


class TestTasksOfColleagues:
    """alice is a maintainer of acme, which counts in lists that name acme (cvat-api 3.2)."""

    @pytest.mark.parametrize("organization", ["", "acme"])
    def test_a_maintainer_has_every_job_and_every_frame(
        self, site: StandIn, shared: Task, organization: str
    ) -> None:
        cvat = client(site, "alice", organization)
        found = cvat.frame_catalog(shared.id)
        assert not found.through_jobs
        assert list(held(found)) == list(range(30))
        assert [job.id for job in cvat.jobs(shared.id)] == [job.id for job in shared.jobs]
        with client(site, "alice", organization) as fresh:
            assert len(fresh.jobs(shared.id)) == 3

    def test_with_another_organization_set(self, site: StandIn, shared: Task) -> None:
        site.world.add_organization("elsewhere", "alice")
        assert len(client(site, "alice", "elsewhere").frame_catalog(shared.id).frames) == 30

    def test_one_job_of_it_assigned_to_her(self, site: StandIn, shared: Task) -> None:
        shared.jobs[2].assignee = site.world.user("alice")
        assert len(client(site, "alice").frame_catalog(shared.id).frames) == 30

    def test_a_ground_truth_job_borrows_from_all_jobs(self, site: StandIn, shared: Task) -> None:
        truth = site.world.add_ground_truth(shared, [3, 12, 28])
        found = client(site, "alice").frame_catalog(job_id=truth.id)
        assert held(found) == {3: shared.jobs[0].id, 12: shared.jobs[1].id, 28: shared.jobs[2].id}

    @pytest.mark.parametrize("organization", ["", "acme"])
    def test_a_worker_has_the_job_assigned_to_him(
        self, site: StandIn, shared: Task, organization: str
    ) -> None:
        found = client(site, "bob", organization).frame_catalog(shared.id)
        assert found.through_jobs
        assert held(found) == dict.fromkeys(range(10, 20), shared.jobs[1].id)

    def test_no_member_and_assigned(self, site: StandIn, shared: Task) -> None:
        """CVAT lists the job and does not open it (cvat-api 3.6)."""
        shared.jobs[0].assignee = site.world.user("carol")
        cvat = client(site, "carol")
        assert [job.id for job in cvat.jobs(shared.id)] == [shared.jobs[0].id]
        with pytest.raises(CvatForbidden, match=r"does not belong to .* to invite you"):
            cvat.frame_catalog(shared.id)
        with pytest.raises(CvatForbidden, match=f"may not see job {shared.jobs[0].id}"):
            cvat.frame_catalog(job_id=shared.jobs[0].id)

    def test_few_requests(self, site: StandIn, shared: Task) -> None:
        cvat = client(site, "alice")
        site.requests.clear()
        cvat.frame_catalog(shared.id)
        assert len(site.requests) == 3

    def test_what_she_browses(self, site: StandIn, shared: Task) -> None:
        assert shared.id not in {task.id for task in client(site, "alice").tasks().results}
        inside = client(site, "alice", "acme").tasks().results
        assert {task.id for task in inside} == {10, shared.id}
        assert {task.id for task in client(site, "bob", "acme").tasks().results} == set()

    @pytest.mark.parametrize("organization", ["", "acme"])
    def test_the_tasks_of_a_project(self, site: StandIn, organization: str) -> None:
        acme = site.world.organizations[1]
        project = site.world.add_project("Gates", "demo", organization=acme)
        task = site.world.add_task("Gate 8", owner="demo", project=project, count=2)
        cvat = client(site, "alice", organization)
        assert [each.id for each in cvat.tasks(project_id=project.id).results] == [task.id]
