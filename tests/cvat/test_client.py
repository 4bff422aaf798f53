"""Typed answers, against recordings of a real server; odd and hostile ones."""

from __future__ import annotations

import pytest

from cvat.exceptions import CvatBroken
from cvat.types import Organization, Project, User
from tests.cvat.replaying import Replay, client, json_answer
from tests.recorded import recording


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
    newest, road = client(cvat).projects(search="scene", limit=20).results
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
    assert task.jobs_count == recording("task-detail-images").response["body"]["jobs"]["count"]
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
    body = recording("meta-task-deleted-frames").response["body"]
    assert deleted.deleted_frames == frozenset(body["deleted_frames"]) != frozenset()
    assert deleted.included_sources is None


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
