"""A new task made of uploaded files by a worker: once, with every picture as it was uploaded, and
without a copy that stays."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from PIL import Image
from rest_framework.test import APIClient

from portal.exceptions import Conflict, InvalidInput
from publishing import services
from publishing.exceptions import ChoiceNeeded, PermissionNeeded
from publishing.models import Publication, Upload, WritePermission
from publishing.new_task import NewTaskOptions
from publishing.tasks import clear_debris
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import make_upload
from tests.publishing.making import carried_out

# The heartbeat of the work has a database connection of its own, which must see the row.
pytestmark = pytest.mark.usefixtures("places", "transactional_db", "sent")

CAR = ({"name": "car", "attributes": []},)


def picture(size: tuple[int, int] = (8, 6), kind: str = "png") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def day() -> dict[str, bytes]:
    return {
        "day/b/2.png": picture((12, 10)),
        "day/b/1.jpg": picture((20, 10), "jpeg"),
        "day/.DS_Store": b"junk",
        "day/a.png": picture((9, 9)),
    }


def zipped(files: dict[str, bytes]) -> dict[str, bytes]:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return {"day.zip": file.getvalue()}


def ask(connection: Connection, upload: Upload, **options: Any) -> Publication:
    return services.request_task_of_files(
        user=connection.owner,
        upload=upload,
        connection=connection,
        options=NewTaskOptions(**{"name": "Day 1", "label_schema": CAR, **options}),
        portal_url="https://portal.example.com/",
    )


def made(standin: StandIn, publication: Publication) -> Task:
    """The new task, the only one."""
    [task] = [each for each in standin.world.tasks.values() if each.bug_tracker]
    assert (task.bug_tracker, task.id) == (publication.marker, publication.result_task_id)
    return task


def names(task: Task) -> list[str]:
    assert task.media is not None
    return [task.media.name(position) for position in task.order]


def left(places: Path) -> list[Path]:
    """Files on the portal's disk."""
    return [path for path in places.rglob("*") if path.is_file()]


@pytest.mark.parametrize("pack", [dict, zipped])
def test_it_works(
    alice: User,
    connection: Connection,
    permission: WritePermission,
    standin: StandIn,
    places: Path,
    pack: Any,
) -> None:
    files = day()
    done = carried_out(ask(connection, make_upload(alice, pack(files)), frames_per_job=2))
    assert (done.status, done.error, done.frames_done) == ("ready", "", 3)
    task = made(standin, done)
    assert names(task) == ["day/a.png", "day/b/1.jpg", "day/b/2.png"]
    assert [len(job.frames) for job in task.jobs] == [2, 1]
    assert [label.name for label in task.labels] == ["car"]
    with connection.client() as client:
        for number, name in enumerate(names(task)):
            assert client.frame(task_id=task.id, frame=number).content == files[name]
    assert left(places) == []
    assert not Upload.objects.exists()
    assert (done.selection_name, done.has_removable_task, done.has_results) == ("Day", True, False)
    assert len(services.follow_jobs(user=alice, publication=done)) == 2


def test_in_a_project_with_shared_frames_and_a_ground_truth_job(
    alice: User, connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    project = standin.world.tasks[12].project
    options = {"project_id": project.id, "label_schema": (), "frames_per_job": 2, "overlap": 1}
    publication = ask(connection, make_upload(alice, day()), **options, ground_truth_count=2)
    done = carried_out(publication)
    assert (done.status, done.error) == ("ready", "")
    task = made(standin, done)
    assert task.project is project
    assert [list(job.frames) for job in task.jobs if job.type == "annotation"] == [[0, 1], [1, 2]]
    assert [len(job.frames) for job in task.jobs if job.type == "ground_truth"] == [2]


@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/projects"),
        ("POST", "/api/tasks"),
        ("POST", "/data"),
        ("PATCH", "/data"),
    ],
)
def test_an_answer_is_lost(
    alice: User,
    connection: Connection,
    permission: WritePermission,
    standin: StandIn,
    places: Path,
    method: str,
    path: str,
    *,
    is_carried_out: bool,
) -> None:
    publication = ask(connection, make_upload(alice, day()), new_project="Days")
    lost = standin.faults.lose(path, method=method, status=502, carried_out=is_carried_out)
    done = carried_out(publication)
    assert (done.status, done.error, bool(lost.hits)) == ("ready", "", True)
    assert len(names(made(standin, done))) == 3
    assert left(places) == []


def test_what_fails_waits_for_another_try(
    alice: User, connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    """A picture that CVAT cannot read fails in the background of CVAT; nothing stays there."""
    files = {"a.png": picture(), "b.png": picture()[:40]}
    upload = make_upload(alice, files)
    failed = carried_out(ask(connection, upload))
    assert failed.status == "failed"
    assert failed.result_task_id is None
    clear_debris()
    assert Upload.objects.filter(pk=upload.pk).exists()


def test_a_broken_member_is_named_before_anything_is_made(
    alice: User, connection: Connection, permission: WritePermission, standin: StandIn
) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.bmp", picture((100, 100), "bmp"))
    content = bytearray(file.getvalue())
    content[5000] ^= 0xFF
    failed = carried_out(ask(connection, make_upload(alice, {"day.zip": bytes(content)})))
    assert failed.status == "failed"
    assert failed.error == (
        "The picture “a.bmp” is broken in the ZIP. Pack it again, or leave it out. No task was "
        "made."
    )
    assert failed.steps == []


def test_a_cancelled_one_leaves_nothing(
    alice: User, connection: Connection, permission: WritePermission, places: Path
) -> None:
    publication = ask(connection, make_upload(alice, day()))
    with pytest.raises(Conflict, match="A task is being made of these files"):
        services.remove_upload(upload=Upload.objects.get())
    services.cancel_publication(publication=publication)
    assert left(places) == []
    assert not Upload.objects.exists()


def test_asked_twice_it_is_made_once(
    alice: User, connection: Connection, permission: WritePermission
) -> None:
    upload = make_upload(alice, day())
    first = ask(connection, upload)
    assert ask(connection, upload) == first
    with pytest.raises(Conflict, match="with other choices"):
        ask(connection, upload, frames_per_job=1)


def test_what_is_used_does_not_expire(
    alice: User, connection: Connection, permission: WritePermission
) -> None:
    publication = ask(connection, make_upload(alice, day()))
    Upload.objects.update(expires_at=publication.created_at)
    clear_debris()
    assert Upload.objects.exists()


def test_it_is_refused_before_anything_is_done(
    alice: User, connection: Connection, settings: Any
) -> None:
    upload = make_upload(alice, day())
    with pytest.raises(ChoiceNeeded, match="which labels the task gets"):
        ask(connection, upload, label_schema=())
    with pytest.raises(PermissionNeeded):
        ask(connection, upload)
    with pytest.raises(InvalidInput, match=r"“a\.txt” is not known to be a picture for CVAT"):
        ask(connection, make_upload(alice, {"a.txt": b"text"}))
    with pytest.raises(InvalidInput, match="no ZIP that the portal can read"):
        ask(connection, make_upload(alice, {"a.zip": b"text"}))
    begun, _ = services.begin_upload(user=alice, name="x", files=[{"path": "a.png", "size": 5}])
    with pytest.raises(Conflict, match="0 of 5 bytes are here"):
        ask(connection, begun)


def test_the_api_makes_it(
    alice: User,
    bob: User,
    connection: Connection,
    permission: WritePermission,
    standin: StandIn,
) -> None:
    upload = make_upload(alice, day())
    api: APIClient = api_of(alice)
    contents = api.get(f"/api/uploads/{upload.pk}/contents").json()
    assert (contents["pictures_count"], contents["left_out_count"]) == (3, 1)
    assert contents["first_pictures"] == ["day/a.png", "day/b/1.jpg", "day/b/2.png"]
    assert contents["left_out"][0]["path"] == "day/.DS_Store"
    assert contents["cut_off"] == []
    place = f"/api/uploads/{upload.pk}/new-task"
    body = {"label_schema": list(CAR), "dry_run": True}
    planned = api.post(place, body, format="json").json()["requests"]
    assert [each["text"] for each in planned] == [
        "Create the task “Day”",
        "Upload 3 pictures, in 1 job",
    ]
    assert api_of(bob).post(place, body, format="json").status_code == 404
    asked = api.post(place, body | {"dry_run": False}, format="json")
    assert asked.status_code == 202
    assert asked.json()["target"] == "files"
    done = carried_out(Publication.objects.get(pk=asked.json()["id"]))
    assert (done.status, made(standin, done).name) == ("ready", "Day")


@pytest.mark.parametrize("kind", ["jpeg", "tiff"])
def test_photographs_that_are_turned_have_the_size_that_cvat_gives_them(
    alice: User, connection: Connection, permission: WritePermission, standin: StandIn, kind: str
) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    Image.new("RGB", (40, 30)).save(file, kind, exif=exif)
    upload = make_upload(alice, {f"a.{kind}": file.getvalue()})
    done = carried_out(ask(connection, upload, frames_per_job=1, overlap=0))
    assert (done.error, done.status) == ("", "ready")
    assert made(standin, done).media is not None
