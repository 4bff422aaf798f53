"""Typed answers, against recordings of a real server."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from selector.cvat import client as client_module
from selector.cvat.client import CvatClient
from selector.cvat.exceptions import CvatBroken, CvatForbidden, CvatNotFound, CvatRejected
from selector.cvat.pictures import extension
from selector.cvat.types import (
    Credential,
    CredentialKind,
    Organization,
    Project,
    User,
)
from tests.selector.replaying import (
    FAST,
    Replay,
    json_answer,
    path_of,
    recorded,
    recorded_body,
    recording,
)

TOKEN = Credential(CredentialKind.ACCESS_TOKEN, "abcdefgh.secret")


@pytest.fixture
def cvat() -> Iterator[Replay]:
    with Replay() as replay:
        yield replay


def client(cvat: Replay, organization: str = "") -> CvatClient:
    return CvatClient(url=cvat.url, credential=TOKEN, organization=organization, retries=FAST)


def results(*ids: int, following: bool = False, count: int = 99) -> dict[str, object]:
    jobs = [{"id": number, "task_id": 7} for number in ids]
    return {
        "count": count,
        "next": "http://elsewhere.invalid/" if following else None,
        "results": jobs,
    }


def test_who_and_where(cvat: Replay) -> None:
    cvat.replay("server-about-anonymous", "users-self", "organizations-list")
    with client(cvat) as c:
        assert c.server_version() == "2.54.1"
        assert c.whoami() == User(id=2, username="alice")
        assert c.organizations() == [Organization(id=1, slug="acme", name="Acme")]


@pytest.mark.parametrize(
    ("about", "version"),
    [
        ({"name": "CVAT", "version": "2.54.1"}, "2.54.1"),
        ({"version": "develop+dirty"}, "develop+dirty"),
        ({"name": "Computer Vision Annotation Tool"}, ""),
        ({"name": "CVAT", "version": None}, ""),
        ({"name": "CVAT", "version": 2}, ""),
    ],
)
def test_version_is_lenient(cvat: Replay, about: dict[str, object], version: str) -> None:
    cvat.route("/api/server/about", json_answer(about))
    assert client(cvat).server_version() == version


@pytest.mark.parametrize("about", [{"status": "ok"}, [], "2.54", None])
def test_other_json_is_not_cvat(cvat: Replay, about: object) -> None:
    cvat.route("/api/server/about", json_answer(about))
    with pytest.raises(CvatBroken, match="does not look like CVAT"):
        client(cvat).server_version()


def test_projects(cvat: Replay) -> None:
    cvat.replay("projects-list", "project-detail")
    newest, road = client(cvat).projects(search="scene", limit=20)
    assert newest.name == "Acme project"
    assert road == Project(
        id=1,
        name="Road scenes",
        owner="alice",
        tasks_count=1,
        updated_date="2026-11-20T06:59:41.948770Z",
    )
    assert cvat.asked[0].query == {"page_size": "20", "sort": "-id", "search": "scene"}
    assert client(cvat).project(1) == road


def test_a_task(cvat: Replay) -> None:
    cvat.replay("task-detail-images", "task-without-data-detail")
    task = client(cvat).task(19)
    assert (task.name, task.size, task.mode, task.owner) == (
        "plain images, segment 10, overlap 2",
        40,
        "annotation",
        "alice",
    )
    assert task.jobs_count == recording("task-detail-images")["response"]["body"]["jobs"]["count"]
    assert client(cvat).task(45).size == 0


def test_a_job(cvat: Replay) -> None:
    cvat.replay("job-as-assignee")
    job = client(cvat).job(41)
    assert (job.task_id, job.start_frame, job.stop_frame, job.frame_count) == (19, 8, 17, 10)
    assert (job.type, job.assignee, job.chunk_size) == ("annotation", "bob", 4)
    assert (job.original_chunk_type, job.compressed_chunk_type) == ("imageset", "imageset")
    assert job.is_annotation


def test_meta_keeps_the_numberings_apart(cvat: Replay) -> None:
    cvat.replay("meta-gt-job-in-step-task", "meta-task-deleted-frames")
    meta = client(cvat).job_meta(89)
    assert (meta.first_source, meta.last_source, meta.step) == (3, 27, 4)
    assert meta.included_sources == (3, 11, 27)
    deleted = client(cvat).task_meta(41)
    body = recording("meta-task-deleted-frames")["response"]["body"]
    assert deleted.deleted_frames == frozenset(body["deleted_frames"]) != frozenset()
    assert deleted.included_sources is None


def test_a_page_of_tasks(cvat: Replay) -> None:
    cvat.replay("tasks-list-page-1")
    page = client(cvat).tasks(search="a b&c", page=1, page_size=3)
    body = recording("tasks-list-page-1")["response"]["body"]
    assert page.count == body["count"]
    assert [task.id for task in page.results] == [task["id"] for task in body["results"]]
    assert cvat.asked[0].query == {
        "page": "1",
        "page_size": "3",
        "sort": "-id",
        "search": "a b&c",
    }


def test_a_page_beyond_the_end(cvat: Replay) -> None:
    cvat.replay("tasks-list-page-beyond-404")
    with pytest.raises(CvatNotFound, match="Page 18 of the tasks does not exist"):
        client(cvat).tasks(page=18, page_size=3)


def test_labels_of_task_and_job(cvat: Replay) -> None:
    cvat.replay("labels-with-attributes-and-skeleton")
    cvat.route("/api/labels", recorded("labels-of-job"), job_id=131)
    cvat.route("/api/labels", recorded("labels-of-foreign-task-403"), task_id=19)
    assert [label.name for label in client(cvat).labels(job_id=131)] == ["car", "person"]
    with pytest.raises(CvatForbidden, match="may not see the labels of task 19"):
        client(cvat).labels(task_id=19)
    with pytest.raises(ValueError, match="needed"):
        client(cvat).labels()


class TestAllPages:
    def test_recorded_pages_by_number(self, cvat: Replay) -> None:
        for page in (1, 2, 3):
            cvat.route("/api/jobs", recorded(f"jobs-list-page-{page}"), page=page)
        jobs = client(cvat).jobs(19)
        assert [job.id for job in jobs] == sorted(job.id for job in jobs)
        assert len(jobs) == recording("jobs-list-page-1")["response"]["body"]["count"]
        pages = cvat.asked_for("/api/jobs")
        assert {asked.query["sort"] for asked in pages} == {"id"}
        assert [asked.query["page"] for asked in pages] == ["1", "2", "3"]

    def test_the_list_shrank_meanwhile(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer(results(1, 2, following=True)), page=1)
        cvat.route("/api/jobs", recorded("jobs-list-page-beyond-404"), page=2)
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2]

    def test_the_same_object_twice_counts_once(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer(results(1, 2, following=True)), page=1)
        cvat.route("/api/jobs", json_answer(results(2, 3)), page=2)
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2, 3]

    def test_a_server_that_never_ends(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer(results(1, 2, following=True)))
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2]
        assert len(cvat.asked_for("/api/jobs")) == 2

    def test_a_server_that_caps_the_page_size(
        self, cvat: Replay, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "PAGE_SIZE", 500)
        for page in (1, 2, 3):
            following = page < 3
            cvat.route("/api/jobs", json_answer(results(page, following=following)), page=page)
        assert [job.id for job in client(cvat).jobs(7)] == [1, 2, 3]

    def test_an_ignored_filter_lets_no_foreign_job_in(self, cvat: Replay) -> None:
        jobs = [{"id": 1, "task_id": 7}, {"id": 2, "task_id": 8}]
        cvat.route("/api/jobs", json_answer({"count": 2, "next": None, "results": jobs}))
        assert [job.id for job in client(cvat).jobs(7)] == [1]

    def test_no_page_at_all_is_an_error(self, cvat: Replay) -> None:
        cvat.replay("tasks-list-unknown-org-404")
        with pytest.raises(CvatNotFound, match="There is no organization nope on"):
            client(cvat, "nope").tasks()

    def test_not_a_list(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", json_answer({"results": {"id": 1}}))
        with pytest.raises(CvatBroken, match="not known"):
            client(cvat).jobs(7)


class TestOrganization:
    def test_unset_it_is_left_out(self, cvat: Replay) -> None:
        cvat.replay("tasks-list-page-1")
        client(cvat).tasks()
        assert "org" not in cvat.asked[0].query

    def test_set_it_narrows_the_lists_one_browses(self, cvat: Replay) -> None:
        cvat.replay("tasks-list-org", "projects-list")
        client(cvat, "acme").tasks()
        client(cvat, "acme").projects()
        assert [asked.query["org"] for asked in cvat.asked] == ["acme", "acme"]

    def test_what_is_asked_for_by_id_may_lie_in_another(self, cvat: Replay) -> None:
        cvat.route("/api/jobs", recorded("jobs-list-page-3"))
        cvat.route("/api/tasks", recorded("tasks-search"))
        cvat.replay("task-detail-images", "organizations-list")
        c = client(cvat, "acme")
        c.jobs(19)
        c.task(19)
        c.project_tasks(3)
        c.tasks(project_id=3)
        c.organizations()
        assert not [asked for asked in cvat.asked if "org" in asked.query]
        assert not [asked for asked in cvat.asked if "x-organization" in asked.headers]


class TestListsOfAnObject:
    """CVAT judges a list by the organization it names: that of the task or the project."""

    @staticmethod
    def asked(cvat: Replay, path: str) -> list[str | None]:
        return [asked.query.get("org_id") for asked in cvat.asked_for(path)]

    @pytest.mark.parametrize("key", ["organization_id", "organization"])
    @pytest.mark.parametrize("organization", ["", "other"])
    def test_jobs(self, cvat: Replay, key: str, organization: str) -> None:
        cvat.route("/api/tasks/7", json_answer({"id": 7, key: 3}))
        cvat.route("/api/jobs", json_answer(results(1)))
        with client(cvat, organization) as c:
            for _ in range(2):
                assert [job.id for job in c.jobs(7)] == [1]
        assert self.asked(cvat, "/api/jobs") == ["3", "3"]
        assert not [asked for asked in cvat.asked if "org" in asked.query]
        assert len(cvat.asked_for("/api/tasks/7")) == 1

    def test_a_task_that_was_read_is_not_read_again(self, cvat: Replay) -> None:
        cvat.route("/api/tasks/63", json_answer({"id": 63, "organization_id": 1}))
        cvat.route("/api/jobs", json_answer(results()))
        c = client(cvat)
        assert c.task(63).organization_id == 1
        c.jobs(63)
        assert self.asked(cvat, "/api/jobs") == ["1"]
        assert len(cvat.asked_for("/api/tasks/63")) == 1

    def test_in_no_organization(self, cvat: Replay) -> None:
        cvat.replay("task-detail-images")
        cvat.route("/api/jobs", recorded("jobs-list-page-3"))
        client(cvat).jobs(19)
        assert self.asked(cvat, "/api/jobs") == [None]

    @pytest.mark.parametrize("name", ["task-not-permitted-403", "task-not-found-404"])
    def test_a_task_that_is_closed(self, cvat: Replay, name: str) -> None:
        number = int(path_of(name).rpartition("/")[2])
        cvat.replay(name)
        cvat.route("/api/jobs", json_answer(results()))
        c = client(cvat)
        with pytest.raises((CvatForbidden, CvatNotFound)):
            c.task(number)
        assert c.jobs(number) == []
        assert self.asked(cvat, "/api/jobs") == [None]
        assert len(cvat.asked_for(f"/api/tasks/{number}")) == 1

    @pytest.mark.parametrize("status", [403, 404])
    def test_no_member_of_it(self, cvat: Replay, status: int) -> None:
        cvat.route("/api/tasks/7", json_answer({"id": 7, "organization_id": 3}))
        cvat.route("/api/jobs", json_answer(results(1)))
        cvat.route("/api/jobs", json_answer({"message": "no member"}, status), org_id=3)
        assert [job.id for job in client(cvat).jobs(7)] == [1]
        assert self.asked(cvat, "/api/jobs") == ["3", None]

    def test_other_trouble_is_not_hidden(self, cvat: Replay) -> None:
        cvat.route("/api/tasks/7", json_answer({}, 400))
        with pytest.raises(CvatRejected):
            client(cvat).jobs(7)
        cvat.route("/api/tasks/7", json_answer({"id": 7, "organization_id": 3}))
        cvat.route("/api/jobs", json_answer({}, 400))
        with pytest.raises(CvatRejected):
            client(cvat).jobs(7)

    def test_tasks_of_a_project(self, cvat: Replay) -> None:
        cvat.route("/api/projects/2", json_answer({"id": 2, "organization_id": 1}))
        cvat.route("/api/tasks", json_answer(results(63)))
        c = client(cvat, "other")
        assert [task.id for task in c.project_tasks(2)] == [63]
        assert [task.id for task in c.tasks(project_id=2, search="x").results] == [63]
        assert self.asked(cvat, "/api/tasks") == ["1", "1"]
        assert cvat.asked[-1].query["search"] == "x"
        assert len(cvat.asked_for("/api/projects/2")) == 1

    def test_a_page_beyond_the_end_of_a_project(self, cvat: Replay) -> None:
        cvat.route("/api/projects/2", json_answer({"id": 2, "organization_id": 1}))
        cvat.replay("tasks-list-page-beyond-404")
        with pytest.raises(CvatNotFound, match="Page 18"):
            client(cvat).tasks(project_id=2, page=18)


class TestPictures:
    @pytest.mark.parametrize(
        ("name", "suffix"), [("jpg", ".jpg"), ("png", ".png"), ("bmp", ".bmp"), ("tif", ".tif")]
    )
    def test_bytes_as_cvat_sends_them(self, cvat: Replay, name: str, suffix: str) -> None:
        name = f"frame-{name}-original"
        cvat.replay(name)
        request = recording(name)["request"]
        task_id = int(request["path"].split("/")[3])
        picture = client(cvat).frame(task_id=task_id, frame=int(request["query"]["number"]))
        assert picture.content == recorded_body(name)
        assert extension(picture.content) == suffix
        assert cvat.asked[0].query == request["query"]

    def test_through_the_job(self, cvat: Replay) -> None:
        cvat.route("/api/jobs/41/data", recorded("frame-jpg-original"))
        client(cvat).job_frame(job_id=41, frame=8, quality="compressed")
        query = {"type": "frame", "number": "8", "quality": "compressed"}
        assert cvat.asked[0].query == query

    def test_gzip_in_spite_of_identity_is_decoded(self, cvat: Replay) -> None:
        body = recorded_body("frame-with-gzip-content-encoding")
        cvat.replay("frame-with-gzip-content-encoding")
        assert client(cvat).frame(task_id=19, frame=5).content == body

    def test_preview(self, cvat: Replay) -> None:
        cvat.replay("preview-task", "preview-job")
        assert client(cvat).preview(task_id=19).content == recorded_body("preview-task")
        assert client(cvat).preview(job_id=41).content_type == "image/jpeg"
        with pytest.raises(ValueError, match="needed"):
            client(cvat).preview()

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("frame-out-of-range-400", "Invalid frame '40'"),
            ("frame-outside-job-400", "Incorrect requested frame number"),
        ],
    )
    def test_a_frame_that_is_not_there(self, cvat: Replay, name: str, text: str) -> None:
        cvat.route("/api/tasks/19/data", recorded(name))
        with pytest.raises(CvatRejected, match=text):
            client(cvat).frame(task_id=19, frame=40)


class TestChunks:
    def test_written_and_verified(self, cvat: Replay) -> None:
        cvat.replay("chunk-job-by-index-jpg-original")
        file = io.BytesIO()
        chunk = client(cvat).job_chunk(job_id=41, index=0, into=file)
        assert file.getvalue() == recorded_body("chunk-job-by-index-jpg-original")
        assert chunk.length == len(file.getvalue())
        assert chunk.content_type == "application/zip"
        assert chunk.updated_date == "2026-11-20T06:52:31.064779Z"
        assert cvat.asked[0].query == {"type": "chunk", "index": "0", "quality": "original"}

    def test_what_the_file_held_before_stays(self, cvat: Replay) -> None:
        cvat.replay("chunk-job-by-index-jpg-original")
        file = io.BytesIO(b"head")
        file.seek(4)
        client(cvat).job_chunk(job_id=41, index=0, into=file)
        assert file.getvalue() == b"head" + recorded_body("chunk-job-by-index-jpg-original")

    def test_video(self, cvat: Replay) -> None:
        cvat.route("/api/jobs/52/data", recorded("chunk-task-video-original"))
        chunk = client(cvat).job_chunk(job_id=52, index=0, into=io.BytesIO())
        assert chunk.content_type == "video/mp4"

    def test_out_of_range(self, cvat: Replay) -> None:
        cvat.replay("chunk-out-of-range-job-400")
        with pytest.raises(CvatRejected, match=r"Invalid chunk number '99'"):
            client(cvat).job_chunk(job_id=41, index=99, into=io.BytesIO())


@pytest.mark.parametrize("body", [[], "text", None, 3, {}, {"id": None}, {"id": "12"}])
def test_hostile_shapes_are_refused(cvat: Replay, body: object) -> None:
    cvat.route("/api/tasks/12", json_answer(body))
    with pytest.raises(CvatBroken):
        client(cvat).task(12)


@pytest.mark.parametrize(
    "body",
    [
        {"id": 12},
        {"id": 12, "name": None, "size": None, "jobs": None, "owner": "alice", "mode": 3},
        {"id": 12, "size": "40", "jobs": [], "owner": [], "project_id": 0, "unknown": {"a": 1}},
    ],
)
def test_missing_and_odd_values_get_defaults(cvat: Replay, body: object) -> None:
    cvat.route("/api/tasks/12", json_answer(body))
    task = client(cvat).task(12)
    assert (task.id, task.name, task.size, task.jobs_count, task.owner) == (12, "", 0, 0, "")
    assert (task.project_id, task.dimension, task.validation_mode) == (None, "2d", None)


@pytest.mark.parametrize("frames", [None, {}, [None, 3, {"name": None, "width": "x"}]])
def test_odd_meta(cvat: Replay, frames: object) -> None:
    body = {"size": 3, "frames": frames, "deleted_frames": ["1", None, 2, True], "chunk_size": None}
    cvat.route("/api/tasks/12/data/meta", json_answer(body))
    meta = client(cvat).task_meta(12)
    assert meta.deleted_frames == {2}
    assert all((info.name, info.width, info.height) == ("", 0, 0) for info in meta.frames)


def test_deeply_nested_json(cvat: Replay) -> None:
    answer = json_answer(0)
    bomb = type(answer)(200, b"[" * 200_000, answer.headers)
    cvat.route("/api/tasks/12", bomb)
    with pytest.raises(CvatBroken, match="cannot be read"):
        client(cvat).task(12)
