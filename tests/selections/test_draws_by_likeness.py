"""Draws that look at the pictures: what is read from CVAT, stored, answered and drawn again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from selections.models import Selection
from selector.models import Connection, PictureReading
from selector.services import likeness, picture_reading
from selector.services.catalogs import load_catalog
from standin.server import StandIn
from tests.conftest import api_of, connect

# The heartbeat of a worker has a database connection of its own, which must see the row.
read_by_a_worker = pytest.mark.usefixtures("transactional_db")
TASK = 1
ALL = {
    "task_id": TASK,
    "frame_selection_method": "no_near_duplicates",
    "frame_share": 1,
    "max_hash_distance": 16,
    "random_seed": 7,
}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.THUMBNAILS_DIR = tmp_path / "thumbnails"
    return settings.THUMBNAILS_DIR


@pytest.fixture(autouse=True)
def small_pictures(standin: StandIn) -> None:
    """Like those of the samples, and read in a fraction of their time."""
    standin.world.tasks[TASK].media.size = (160, 90)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No task is too large to be read by a request."""
    monkeypatch.setattr(likeness, "MOST_CHUNKS_AT_ONCE", 100)


def draw(api: APIClient, **values: Any) -> dict[str, Any]:
    answer = api.post("/api/random-select", {**ALL, **values})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def frames_in(answer: dict[str, Any]) -> list[int]:
    return [image["frame"] for image in answer["images"]]


def chunks_read(standin: StandIn) -> int:
    return sum(seen.query.get("type") == "chunk" for seen in standin.requests)


@pytest.mark.usefixtures("at_once")
def test_what_looks_alike_is_left_out_and_told(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    answer = draw(api)
    left_out = answer["near_duplicates_count"]
    assert left_out > 0
    assert answer["count"] + left_out == answer["total_available"] == answer["requested"]
    for job in answer["job_summary"]:  # these overlap
        elsewhere = sum(each["frames_count"] for each in job["counted_for_other_jobs"])
        assert job["selected"] + elsewhere + job["near_duplicates"] == job["total"]
    assert answer["unseen_count"] == 0
    drawn = set(frames_in(answer))
    pairs = answer["near_duplicates"]
    assert len(pairs) == min(left_out, 200)
    for pair in pairs:
        assert pair["frame"]["frame"] not in drawn
        assert pair["like"]["frame"] in drawn
        assert pair["distance"] <= 16
    assert frames_in(draw(api, max_hash_distance=0)) != frames_in(answer)
    read = chunks_read(standin)
    assert read > 0
    assert draw(api) == answer
    assert chunks_read(standin) == read  # what is stored is not read again


@pytest.mark.usefixtures("at_once")
def test_it_is_stored_beside_the_thumbnails(
    api: APIClient, connection: Connection, standin: StandIn, folder: Path
) -> None:
    """Computed with them, and again from them when it is gone."""
    job = standin.world.tasks[TASK].jobs[0]
    assert api.get(f"/api/jobs/{job.id}/thumbnails/0").status_code == 200
    [stored] = folder.glob("*/*.likeness")
    content = stored.read_bytes()
    asked = {"task_id": None, "job_id": job.id}
    before = draw(api, **asked)
    stored.write_bytes(content[:-1])  # damaged
    read = chunks_read(standin)
    assert draw(api, **asked) == before
    assert chunks_read(standin) == read
    assert stored.read_bytes() == content


@read_by_a_worker
def test_a_worker_reads_large_tasks(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    answer = api.post("/api/random-select", ALL)
    assert (answer.status_code, answer.json()["code"]) == (503, "pictures_not_read")
    assert answer["Retry-After"] == "3"
    assert "0 of 227 frames" in answer.json()["message"]
    assert api.post("/api/random-select", ALL).status_code == 503
    [work] = PictureReading.objects.all()  # not begun again
    assert str(work).startswith("Pictures of ")
    assert picture_reading.read_pictures(work.pk)
    work.refresh_from_db()
    assert (work.status, work.frames_done) == ("ready", 227)
    read = chunks_read(standin)
    assert draw(api)["near_duplicates_count"] > 0
    assert chunks_read(standin) == read


def test_workers_read_so_many_tasks(
    api: APIClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(likeness, "MOST_TASKS", 0)
    answer = api.post("/api/random-select", ALL)
    assert answer.status_code == 400
    assert "pictures of 1 tasks are more than can be read at once (0)" in answer.json()["message"]
    assert not PictureReading.objects.exists()


@pytest.mark.usefixtures("at_once")
def test_it_is_kept_with_the_selection_and_drawn_again(
    api: APIClient, client: Client, alice: User, connection: Connection
) -> None:
    for method in ({}, {"frame_selection_method": "most_varied", "frame_share": 0.1}):
        asked = {**ALL, **method, "name": f"Drawn {method}"}
        if method:
            del asked["max_hash_distance"]
        answer = api.post("/api/selections", asked)
        assert answer.status_code == 201, answer.content
        saved = Selection.objects.get(pk=answer.json()["id"])
        again = api.post(f"/api/selections/{saved.pk}/draw-again").json()
        assert (again["same"], again["new"]) == (saved.frames.count(), 0)
        client.force_login(alice)
        page = client.get(saved.get_absolute_url()).content.decode()
        assert ("as varied as can be" if method else "without near-duplicates") in page


@pytest.mark.usefixtures("at_once")
def test_only_what_one_may_see_is_compared(bob: User, standin: StandIn) -> None:
    """carol is assignee of the third job of the task, nothing else."""
    connect(bob, standin, "carol")
    job = standin.world.tasks[TASK].jobs[2]
    answer = draw(api_of(bob))
    own = set(range(job.start, job.stop + 1))
    assert answer["total_available"] <= len(own)
    for pair in answer["near_duplicates"]:
        assert {pair["frame"]["frame"], pair["like"]["frame"]} <= own


@pytest.mark.usefixtures("at_once")
def test_pictures_that_cvat_cannot_read_are_told_and_not_left_out(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    job = standin.world.tasks[TASK].jobs[1]
    standin.faults.fail(f"/jobs/{job.id}/data\\?", status=500)
    catalog = load_catalog(connection=connection, task_id=TASK)
    others = [each for each in catalog.jobs if each.id != job.id]
    unseen = {
        frame.frame
        for frame in catalog.frames
        if not any(each.start_frame <= frame.frame <= each.stop_frame for each in others)
    }
    answer = draw(api)
    assert answer["unseen_count"] == len(unseen) > 0
    assert unseen <= set(frames_in(answer))


@read_by_a_worker
def test_pictures_that_cvat_never_reads_do_not_end_a_later_draw(
    api: APIClient, connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading them once more leaves the same ones missing, beside others."""
    monkeypatch.setattr(likeness, "MOST_CHUNKS_AT_ONCE", 0)
    standin.faults.fail(f"/jobs/{standin.world.tasks[TASK].jobs[1].id}/data\\?", status=400)
    answers = []
    for _ in "12":
        assert api.post("/api/random-select", ALL).status_code == 503
        work = PictureReading.objects.get(finished_at=None)
        assert picture_reading.read_pictures(work.pk)
        answers.append(draw(api))
        PictureReading.objects.update(finished_at=timezone.now() - timedelta(minutes=5))
    assert answers[0] == answers[1]
    assert answers[0]["unseen_count"] > 0


@pytest.mark.parametrize("failing", [1, 2])
@read_by_a_worker
def test_tasks_of_which_cvat_reads_no_picture(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    failing: int,
) -> None:
    """They do not end a draw that has the pictures of another task."""
    monkeypatch.setattr(likeness, "MOST_CHUNKS_AT_ONCE", 0)
    added = [standin.world.add_task(name, owner="demo", count=4) for name in "ab"]
    for task in added[:failing]:
        standin.faults.fail(f"/jobs/{task.jobs[0].id}/data\\?", status=400)
    asked = {**ALL, "task_id": None, "task_ids": [task.id for task in added]}
    assert api.post("/api/random-select", asked).status_code == 503
    for task in added:  # the first one leaves nothing, which is not yet the end
        assert api.post("/api/random-select", asked).status_code == 503
        assert picture_reading.read_pictures(PictureReading.objects.get(task_id=task.id).pk)
    answer = api.post("/api/random-select", asked)
    if failing == 1:
        assert answer.json()["unseen_count"] == 4
    else:
        assert answer.status_code == 409
        assert "The pictures of 2 tasks were read, but nothing of them" in answer.json()["message"]
