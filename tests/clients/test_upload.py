"""`cvat-select upload` and the package: files become a task, and an upload goes on."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cvat_select import Portal, Unreachable, UploadFailed, uploads
from cvat_select.http import Http
from pytest_django.live_server_helper import LiveServer

from publishing.models import Publication, Upload, WritePermission
from selector.models import Connection
from standin.media import numbered
from standin.model import Task
from standin.server import StandIn
from standin.video import encode_mp4
from tests.clients.cutting import Cutting
from tests.clients.running import run
from tests.conftest import eventually
from tests.making import make_permission
from tests.publishing.test_tasks_of_files import picture


@pytest.fixture
def permission(connection: Connection, standin: StandIn) -> WritePermission:
    token = standin.world.access_token("demo", "writing", read_only=False)
    return make_permission(connection, token.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, one of them in a folder, and an empty file."""
    day = tmp_path / "Day 1"
    (day / "north").mkdir(parents=True)
    (day / "b.png").write_bytes(picture((30, 20)))
    (day / "north" / "c.png").write_bytes(picture((12, 9)))
    (day / "a.jpg").write_bytes(picture((40, 30), "jpeg"))
    (day / "north" / ".keep").touch()
    return day


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.json"
    path.write_text(json.dumps([{"name": "car", "attributes": []}]))
    return path


def made(standin: StandIn) -> Task:
    """The new task, the only one."""
    [task] = [each for each in standin.world.tasks.values() if each.bug_tracker]
    return task


def names(task: Task) -> list[str]:
    assert task.media is not None
    return [task.media.name(position) for position in task.order]


def stored(upload: Upload) -> list[bytes]:
    """The files of an upload as the portal has them."""
    content = upload.path.read_bytes()
    return [content[file.start : file.start + file.size] for file in upload.stored.files]


@pytest.mark.worker
def test_a_folder_becomes_a_task_in_a_project(
    worker: None,
    connected: Connection,
    permission: WritePermission,
    standin: StandIn,
    folder: Path,
) -> None:
    project = standin.world.tasks[12].project
    named = ("--connection", connected.name, "--name", "Monday", "--project", project.id)
    done = run("upload", folder, *named, "--frames-per-job", 2, "--subset", "Train")
    assert done.exit_code == 3, done.output
    assert "Left out: “Day 1/north/.keep” is not known to be a picture" in done.stderr
    task = made(standin)
    address = f"{standin.url}/tasks/{task.id}"
    assert done.stdout == f'Task {task.id} "Monday": {address}\n'
    assert names(task) == ["Day 1/a.jpg", "Day 1/b.png", "Day 1/north/c.png"]
    assert (task.project, task.subset, len(task.jobs)) == (project, "Train", 2)
    eventually(lambda: not Upload.objects.exists())  # the worker removes it after it is done


@pytest.mark.worker
def test_a_zip_becomes_a_task_of_its_own_labels_and_a_failure_is_told(
    worker: None,
    connected: Connection,
    permission: WritePermission,
    standin: StandIn,
    labels: Path,
    tmp_path: Path,
) -> None:
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    for path, content in ((good, picture()), (bad, picture()[:40])):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.png", content)
    failed = run("upload", bad, "--labels", labels)
    assert (failed.exit_code, failed.stdout) == (1, ""), failed.output
    assert "made no task." in failed.stderr
    done = run("upload", good, "--labels", labels)
    assert done.exit_code == 0, done.output
    task = made(standin)
    assert (task.name, [label.name for label in task.labels]) == ("good", ["car"])


def test_the_task_its_jobs_and_their_review_are_assigned(
    connected: Connection, permission: WritePermission, folder: Path, labels: Path
) -> None:
    user = connected.client().whoami()
    command = ("upload", folder, "--labels", labels, "--dry-run")
    refused = run(*command, "--assignee", 999)
    assert refused.exit_code == 1
    told = f"cannot be assigned to user 999 of CVAT. Those who can get it: demo ({user.id})."
    assert told in refused.stderr
    named = [part for name in ("assignee", "job-assignee") for part in (f"--{name}", user.id)]
    planned = run(*command, *named, "--frames-per-job", 1)
    assert "Assign the jobs to one person" in planned.stdout
    assert run(*command, "--reviewer", 999).exit_code == 1


@pytest.mark.worker
def test_a_part_of_a_video_becomes_a_task_of_two_people(
    worker: None,
    connected: Connection,
    permission: WritePermission,
    standin: StandIn,
    labels: Path,
    tmp_path: Path,
) -> None:
    user, path = connected.client().whoami().id, tmp_path / "drive.mp4"
    path.write_bytes(encode_mp4((numbered(k, (96, 64)) for k in range(30)), quality=20))
    part = ("--first-frame", 3, "--last-frame", 20, "--every", 4)
    people = ("--assignee", user, "--job-assignee", user, "--reviewer", user, "--reviewer", user)
    done = run("upload", path, "--labels", labels, *part, *people)
    assert done.exit_code == 0, done.output
    task = made(standin)
    assert task.assignee is not None
    assert (task.assignee.id, task.size) == (user, 5)
    assert [job.assignee and job.assignee.id for job in task.jobs] == [user]
    assert Publication.objects.get().reviewer_ids == (user, user)


def test_the_same_command_goes_on(
    connected: Connection,
    folder: Path,
    labels: Path,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 50)
    real, offsets = Http.patch_bytes, []

    def patch_bytes(http: Http, path: str, content: bytes, *, offset: int) -> Any:
        offsets.append(offset)
        if len(offsets) == 4:
            raise Unreachable("The line is dead.")
        return real(http, path, content, offset=offset)

    monkeypatch.setattr(Http, "patch_bytes", patch_bytes)
    command = ("upload", folder, "--labels", labels, "--dry-run")
    assert run(*command).exit_code == 1
    done = run(*command)
    assert done.exit_code == 3, done.output
    assert offsets[:6] == [0, 50, 100, 150, 150, 200]
    assert done.stdout.splitlines()[0] == "POST /api/tasks\tCreate the task “Day 1”"
    upload = Upload.objects.get()
    files = [folder / name for name in ("a.jpg", "b.png", "north/.keep", "north/c.png")]
    assert stored(upload) == [path.read_bytes() for path in files]
    assert not any(task.bug_tracker for task in standin.world.tasks.values())
    os.utime(folder / "b.png", (1, 1))  # it may be another picture now
    assert run(*command).exit_code == 3
    assert Upload.objects.count() == 2


def test_a_picture_that_may_be_cut_off_is_told(
    connected: Connection, folder: Path, labels: Path
) -> None:
    (folder / "a.jpg").write_bytes(picture((40, 30), "jpeg")[:-2])
    done = run("upload", folder, "--labels", labels, "--dry-run")
    assert "“Day 1/a.jpg” has no end and may be cut off." in done.stderr
    assert done.stdout


def test_a_lost_answer_is_no_piece_twice(
    live_server: LiveServer, token: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 50)
    with Cutting(live_server.url, after=[0, 3, 500, 1, 900, 2]) as relay:
        pauses: list[float] = []
        portal = Portal(relay.url, token, sleep=pauses.append)
        seen: list[int] = []
        uploaded = portal.upload(folder, on_progress=lambda received, _: seen.append(received))
    assert len(pauses) == 6
    assert uploaded["received"] == uploaded["size"] == seen[-1]
    assert seen == sorted(seen)
    upload = Upload.objects.get()
    assert b"".join(stored(upload)) == b"".join(
        (folder / name).read_bytes() for name in ("a.jpg", "b.png", "north/c.png")
    )


def test_a_file_that_changes_meanwhile_is_told(
    live_server: LiveServer, token: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "PIECE", 50)

    def change(received: int, _: int) -> None:
        if received == 100:
            (folder / "b.png").write_bytes(b"another picture")

    with pytest.raises(UploadFailed, match=r"b\.png was changed during the upload"):
        Portal(live_server.url, token).upload(folder, on_progress=change)


def test_what_is_missing_is_said_before_the_upload(
    connected: Connection, folder: Path, labels: Path, tmp_path: Path
) -> None:
    page = f"/publications/connections/{connected.pk}/permission."
    refused = run("upload", folder, "--labels", labels)
    assert refused.exit_code == 1
    assert refused.stderr.strip().endswith(page)
    unknown = run("upload", folder, "--labels", labels, "--connection", "elsewhere")
    assert unknown.exit_code == 1
    assert f"“elsewhere”. Give one of these ids: {connected.pk} (" in unknown.stderr
    (tmp_path / "empty").mkdir()
    empty = run("upload", tmp_path / "empty", "--labels", labels, "--dry-run")
    assert (empty.exit_code, "has no files" in empty.stderr) == (1, True)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "either --project or --labels"),
        (["--project", 1, "--new-project", "Days"], "--new-project goes with --labels"),
        (["--labels", "broken.json"], "broken.json is not JSON"),
        (["--project", 1, "--labels", "broken.json"], "either --project or --labels"),
    ],
)
def test_wrong_usage_says_what_to_give(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.json").write_text("{")
    done = run("upload", ".", *arguments)
    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
    assert run("upload", "nowhere", "--project", 1).exit_code == 2
