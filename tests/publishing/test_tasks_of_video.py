"""A new task made of one uploaded video: its frames are counted by CVAT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from publishing.models import Publication, Upload, WritePermission
from publishing.services.making_tasks import NOT_MADE
from selector.models import Connection
from standin.media import numbered
from standin.server import StandIn
from standin.video import encode_mp4
from tests.conftest import api_of
from tests.making import make_upload
from tests.publishing.making import LOST, carried_out, lose_answers, truths
from tests.publishing.test_tasks_given_up import cancel_in_cvat
from tests.publishing.test_tasks_of_files import ask, left, made, names, picture, zipped

pytestmark = pytest.mark.usefixtures("places", "transactional_db", "sent")

FRAMES = 30


@pytest.fixture(scope="module")
def video() -> bytes:
    return encode_mp4((numbered(number, (96, 64)) for number in range(FRAMES)), quality=20)


def alone(video: bytes) -> dict[str, bytes]:
    return {"drive.mp4": video}


def beside_junk(video: bytes) -> dict[str, bytes]:
    return {"day/.DS_Store": b"junk", "day/drive.mp4": video, "day/notes.txt": b"text"}


def in_zip(video: bytes) -> dict[str, bytes]:
    return zipped(beside_junk(video))


@pytest.mark.parametrize("files", [alone, beside_junk, in_zip])
def test_it_works(
    alice: User,
    connection: Connection,
    permission: WritePermission,
    standin: StandIn,
    places: Path,
    video: bytes,
    files: Any,
) -> None:
    publication = ask(connection, make_upload(alice, files(video)), frames_per_job=12)
    done = carried_out(publication)
    assert (done.status, done.error) == ("ready", "")
    assert (done.frames_total, done.frames_done) == (FRAMES, FRAMES)
    task = made(standin, done)
    assert (task.mode, set(names(task))) == ("interpolation", {"drive.mp4"})
    assert [list(job.frames) for job in task.jobs] == [
        list(range(12)),
        list(range(12, 24)),
        list(range(24, 30)),
    ]
    assert left(places) == []
    assert not Upload.objects.exists()
    assert done.steps[1]["text"] == "Upload the video “drive.mp4”, in jobs of 12 frames"


def test_a_part_of_it_with_shared_frames_and_a_ground_truth_job(
    alice: User,
    connection: Connection,
    permission: WritePermission,
    standin: StandIn,
    video: bytes,
) -> None:
    part = {"start_frame": 5, "stop_frame": 21, "frame_step": 3}
    jobs = {"frames_per_job": 4, "overlap": 1, "ground_truth_count": 2}
    done = carried_out(ask(connection, make_upload(alice, alone(video)), **part, **jobs))
    assert (done.status, done.error, done.frames_total) == ("ready", "", 6)
    task = made(standin, done)
    assert list(task.order) == [5, 8, 11, 14, 17, 20]
    assert [list(job.frames) for job in task.jobs if job.type == "annotation"] == [
        [0, 1, 2, 3],
        [3, 4, 5],
    ]
    assert [len(frames) for frames in truths(task)] == [2]


@pytest.mark.parametrize(("status", "is_late"), LOST)
def test_any_answer_may_be_lost(
    alice: User,
    connection: Connection,
    permission: WritePermission,
    standin: StandIn,
    places: Path,
    video: bytes,
    status: int | None,
    is_late: bool,
) -> None:
    for skip in range(20):
        publication = ask(connection, make_upload(alice, alone(video)), frames_per_job=20)
        lost = lose_answers(standin, skip=skip, status=status, is_late=is_late)
        done = carried_out(publication)
        is_over = not any(rule.hits for rule in lost)
        standin.faults.clear()
        assert (done.status, done.error) == ("ready", ""), skip
        task = made(standin, done)
        assert (task.size, len(task.jobs)) == (FRAMES, 2)
        assert left(places) == []
        task.bug_tracker = ""
        if is_over:
            assert skip > 1
            return
    raise AssertionError("there is no end of requests")


def test_a_file_that_is_no_video_leaves_no_task(
    alice: User, connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    upload = make_upload(alice, {"drive.mp4": b"text" * 100})
    failed = carried_out(ask(connection, upload))
    assert (failed.status, failed.result_task_id) == ("failed", None)
    assert not any(task.bug_tracker for task in standin.world.tasks.values())
    assert Upload.objects.filter(pk=upload.pk).exists()


def test_a_video_whose_frames_are_not_made_any_more_is_no_task_without_frames(
    alice: User,
    connection: Connection,
    permission: WritePermission,
    standin: StandIn,
    video: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publication = ask(connection, make_upload(alice, alone(video)))
    with monkeypatch.context() as patched:
        cancel_in_cvat(patched)
        failed = carried_out(publication)
    assert (failed.status, failed.error) == ("failed", NOT_MADE)
    assert not any(task.bug_tracker for task in standin.world.tasks.values())


def test_a_part_behind_its_end_leaves_no_task(
    alice: User, connection: Connection, permission: WritePermission, standin: StandIn, video: bytes
) -> None:
    failed = carried_out(ask(connection, make_upload(alice, alone(video)), start_frame=FRAMES))
    assert (failed.status, failed.result_task_id) == ("failed", None)
    assert failed.error.startswith("The video ends before the first frame that was asked for.")
    assert not any(task.bug_tracker for task in standin.world.tasks.values())


def test_the_api_and_the_page_say_what_it_is(
    alice: User, web: Client, connection: Connection, permission: WritePermission, video: bytes
) -> None:
    upload = make_upload(alice, beside_junk(video))
    api, place = api_of(alice), f"/api/uploads/{upload.pk}"
    contents = api.get(f"{place}/contents").json()
    assert (contents["video"], contents["pictures_count"]) == ("day/drive.mp4", 0)
    assert (contents["size"], contents["left_out_count"]) == (len(video), 2)
    body = {"label_schema": [{"name": "car", "attributes": []}], "frame_step": 5, "dry_run": True}
    creation, data = api.post(f"{place}/new-task", body, format="json").json()["requests"]
    assert creation["body"]["overlap"] == 0
    assert data["text"] == "Upload the video “drive.mp4”, in one job"
    assert data["body"] == {"image_quality": 70, "frame_filter": "step=5"}
    page = f"/publications/files/{upload.pk}"
    text = web.get(page).text
    assert "day/drive.mp4" in text
    assert "those that CVAT counts when it makes the task" in text
    form = {"name": "Drive", "image_quality": 70, "label_schema": '[{"name": "car"}]'}
    wrong = web.post(page, form | {"start_frame": 9, "stop_frame": 8})
    assert wrong.status_code == 400
    assert "The last frame comes before the first one" in wrong.text
    wrong = web.post(page, form | {"stop_frame": 0})
    assert wrong.status_code == 400
    assert "CVAT takes 0 as the last frame for the end of the video" in wrong.text
    web.post(page, form | {"start_frame": 9, "stop_frame": 20, "frame_step": 2})
    publication = Publication.objects.get()
    options = publication.get_new_task_options()
    assert (options.start_frame, options.stop_frame, options.frame_step) == (9, 20, 2)
    card = web.get(publication.get_absolute_url()).text
    assert "those of the video drive.mp4, which CVAT counts" in card


def test_videos_beside_others_are_named(
    alice: User, connection: Connection, permission: WritePermission, video: bytes
) -> None:
    api = api_of(alice)
    mixed = make_upload(alice, {"a.mp4": video, "b.png": picture()})
    contents = api.get(f"/api/uploads/{mixed.pk}/contents").json()
    assert (contents["video"], contents["pictures_count"]) == ("", 1)
    assert "a task of pictures has none" in contents["left_out"][0]["reason"]
    several = make_upload(alice, {"a.mp4": video, "b.mp4": video})
    body: dict[str, Any] = {"label_schema": [{"name": "car", "attributes": []}]}
    refused = api.post(f"/api/uploads/{several.pk}/new-task", body, format="json")
    assert refused.status_code == 400
    assert "“a.mp4” is one of several videos, and a task has one" in refused.json()["detail"]
    body["start_frame"] = 3
    refused = api.post(f"/api/uploads/{mixed.pk}/new-task", body, format="json")
    assert refused.status_code == 400
    assert "are for a video" in refused.json()["detail"]
