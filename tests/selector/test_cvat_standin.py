"""The client against the stand-in: whole dialogues, and rights."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from selector.cvat import frames
from selector.cvat.client import CvatClient, log_in
from selector.cvat.exceptions import (
    CvatForbidden,
    CvatLoginRefused,
    CvatNoData,
    CvatNotFound,
    CvatTimeout,
    CvatUnauthorized,
)
from selector.cvat.http import INTERACTIVE
from selector.cvat.pictures import extension
from selector.cvat.types import CredentialKind, FrameCatalog, Login
from selector.sampling import sample_per_job
from standin.model import Task
from standin.samples import sample_world
from standin.server import StandIn

QUICK = replace(INTERACTIVE, backoff=0.01)


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn(sample_world()) as running:
        yield running


def login(site: StandIn, name: str = "demo", previous: int | None = None) -> Login:
    return log_in(
        url=site.url,
        username=name,
        password=f"{name}-password",
        token_name="portal",
        token_days=30,
        previous_token_id=previous,
        retries=QUICK,
    )


def client(site: StandIn, name: str = "demo", organization: str = "") -> CvatClient:
    credential = login(site, name).credential
    return CvatClient(url=site.url, credential=credential, organization=organization, retries=QUICK)


def held(found: FrameCatalog) -> dict[int, int]:
    return {frame.frame: frame.job_id for frame in found.frames}


class TestSignIn:
    def test_it_works(self, site: StandIn) -> None:
        made = login(site)
        assert made.credential.kind is CredentialKind.ACCESS_TOKEN
        assert made.notice == ""
        with CvatClient(url=site.url, credential=made.credential) as cvat:
            assert cvat.whoami().username == "demo"
            assert cvat.server_version() == "2.54.1"

    def test_reconnecting_revokes_the_former_token(self, site: StandIn) -> None:
        first = login(site)
        second = login(site, previous=first.access_token_id)
        assert second.access_token_id != first.access_token_id
        with pytest.raises(CvatUnauthorized, match="connect again"):
            CvatClient(url=site.url, credential=first.credential).whoami()
        assert CvatClient(url=site.url, credential=second.credential).whoami().id > 0
        assert login(site, previous=first.access_token_id).notice == ""

    def test_other_holders_of_the_key_go_on(self, site: StandIn) -> None:
        key = site.world.login_token("demo")
        login(site)
        assert site.world.login_token("demo") == key

    def test_the_token_may_only_read(self, site: StandIn) -> None:
        login(site)
        (token,) = site.world.access_tokens.values()
        assert token.read_only
        assert token.expiry_date is not None

    def test_by_address(self, site: StandIn) -> None:
        made = log_in(
            url=site.url,
            username="demo@example.com",
            password="demo-password",
            token_name="portal",
            token_days=1,
        )
        assert CvatClient(url=site.url, credential=made.credential).whoami().username == "demo"

    def test_wrong_password(self, site: StandIn) -> None:
        with pytest.raises(CvatLoginRefused):
            log_in(
                url=site.url, username="demo", password="nope", token_name="portal", token_days=1
            )

    def test_an_older_server(self) -> None:
        with StandIn(sample_world(), version="2.40.0", access_tokens=False) as site:
            made = login(site, previous=3)
            assert made.credential.kind is CredentialKind.LOGIN_TOKEN
            assert made.access_token_id is None
            assert "2.48" in made.notice
            with CvatClient(url=site.url, credential=made.credential) as cvat:
                assert cvat.server_version() == "2.40.0"
                assert cvat.whoami().username == "demo"

    def test_throttled(self) -> None:
        with StandIn(sample_world(), throttle=1) as site:
            CvatClient(url=site.url, credential=None).server_version()
            with pytest.raises(CvatTimeout, match=r"try again in \d+ seconds"):
                login(site)


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
        monkeypatch.setattr("selector.cvat.client.PAGE_SIZE", 3)
        jobs = client(site).jobs(8)
        assert [job.id for job in jobs] == sorted(job.id for job in site.world.tasks[8].jobs)

    def test_a_draw_from_each_job(self, site: StandIn) -> None:
        found = client(site).frame_catalog(1)
        drawn = sample_per_job(found, count=10, seed=1)
        assert {each.selected for each in drawn.jobs} == {10}
        assert sum(each.total for each in drawn.jobs) == 227
        assert set(Counter(f.job_id for f in drawn.frames).values()) == {10}


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
        assert cvat.labels(job_id=job.id)

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

    def test_a_task_elsewhere_is_read_all_the_same(self, site: StandIn) -> None:
        cvat = client(site, organization="acme")
        assert len(cvat.frame_catalog(1).frames) == 227
        assert [task.id for task in cvat.project_tasks(2)] == [12, 13]


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
    """alice is a maintainer of acme: to CVAT that counts in lists which name acme (api-facts 3)."""

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
        shared.jobs[0].assignee = site.world.user("carol")
        found = client(site, "carol").frame_catalog(shared.id)
        assert held(found) == dict.fromkeys(range(10), shared.jobs[0].id)

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
        assert [each.id for each in cvat.project_tasks(project.id)] == [task.id]
        assert [each.id for each in cvat.tasks(project_id=project.id).results] == [task.id]


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
        last = frames.chunk_count(job) - 1
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
