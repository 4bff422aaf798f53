"""How a build ends, whatever happens to it: complete, or honest about what is missing and why."""

from __future__ import annotations

import errno
import json
import random
import time
import zipfile
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError

from selections import services, tasks
from selections.archives import building, disk, zipping
from selections.archives.spool import Spool
from selections.models import Archive, ArchivePart, SelectedFrame, Selection
from selector.exceptions import Conflict, NotConnected
from selector.models import Connection
from standin.costs import Costs
from standin.server import StandIn
from tests.conftest import connect, eventually
from tests.selections.builds import (
    Folders,
    assert_whole,
    built,
    data_requests,
    in_thread,
    killed,
    manifest_of,
    only_path,
    path_of,
    pictures_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def gone(standin: StandIn, *frames: int) -> None:
    for frame in frames:
        standin.faults.fail(
            f"type=frame&number={frame}&", status=404, body={"detail": "Not found."}
        )


def no_chunks(standin: StandIn) -> None:
    standin.faults.fail("type=chunk", status=500)


# --- frames that cannot be had --------------------------------------------------------------------


def test_a_frame_refused_for_good_is_named_and_the_others_are_there(
    connection: Connection, standin: StandIn
) -> None:
    no_chunks(standin)
    gone(standin, 3, 5)
    archive = built(select(connection, (2, range(8))))
    assert (archive.status, archive.error) == ("incomplete", "")
    assert (archive.frames_done, archive.frames_total) == (6, 8)
    for problems in (archive.problems, manifest_of(archive)["problems"]):
        assert [row["frame"] for row in problems] == [3, 5]
        assert [row["filename"] for row in problems] == [
            standin.world.filename(2, frame) for frame in (3, 5)
        ]
        assert all("does not exist" in row["reason"] for row in problems)
    standin.faults.clear()
    found = pictures_of(archive)
    assert set(found) == {(2, frame) for frame in (0, 1, 2, 4, 6, 7)}
    assert all(found[key] == standin.world.original_bytes(*key) for key in found)


def test_what_was_incomplete_is_made_complete_by_asking_for_the_rest(
    connection: Connection, alice: User, standin: StandIn, folders: Folders
) -> None:
    no_chunks(standin)
    gone(standin, 3)
    first = built(select(connection, (2, range(8))))
    standin.faults.clear()
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=first)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    assert [seen.query["number"] for seen in data_requests(standin)] == ["3"]
    assert folders.spooled() == []


def test_when_none_can_be_had_it_fails(
    connection: Connection, standin: StandIn, folders: Folders
) -> None:
    selection = select(connection, (2, range(3)))
    standin.world.remove_task(standin.world.tasks[2])
    archive = built(selection)
    assert archive.status == "failed"
    assert "No frame could be fetched" in archive.error
    assert folders.stored() == []


def test_rights_that_are_gone(connection: Connection, alice: User, standin: StandIn) -> None:
    carols = connect(alice, standin, "carol")
    selection = select(carols, (1, [100, 101, 120]))
    standin.world.tasks[1].jobs[2].assignee = None
    archive = built(selection)
    assert archive.status == "failed"
    assert "may not see" in archive.error
    assert Connection.objects.get(pk=carols.pk).verified_at is not None


# --- the connection -------------------------------------------------------------------------------


def test_an_expired_token(connection: Connection, standin: StandIn, folders: Folders) -> None:
    selection = select(connection, (2, None))
    standin.world.access_tokens.clear()
    archive = built(selection)
    assert archive.status == "failed"
    assert "connect" in archive.error.lower()
    connection.refresh_from_db()
    assert connection.needs_reconnect
    assert folders.stored() == []


def test_a_token_that_expires_in_the_middle(
    connection: Connection, alice: User, standin: StandIn, settings: object
) -> None:
    selection = select(connection, (1, None))
    archive = request(selection)
    hold = standin.faults.hold("type=chunk&index=2&")
    thread = in_thread(archive)
    # Every thread waits: whatever else was asked for has come.
    eventually(lambda: hold.waiting == settings.FETCH_THREADS)
    standin.world.access_tokens.clear()
    hold.release()
    thread.join(30)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert "connect" in archive.error.lower()
    connect(alice, standin)
    fetched = len([seen for seen in data_requests(standin) if seen.status == 200])
    assert fetched
    again = services.retry_archive(user=alice, archive=archive)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    answered = [seen for seen in data_requests(standin) if seen.status == 200]
    # 5 jobs of 50 frames (45 new), 18 to a chunk: each just once over both tries.
    assert len(answered) == len({(seen.path, *seen.query.items()) for seen in answered})


def test_a_connection_that_was_removed(connection: Connection) -> None:
    archive = request(select(connection, (2, None)))
    connection.delete()
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert "connection of this archive was removed" in archive.error
    with pytest.raises(NotConnected):
        request(archive.selection)


# --- the server -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
def test_a_server_that_stays_down(
    connection: Connection, alice: User, standin: StandIn, folders: Folders
) -> None:
    archive = request(select(connection, (1, None)))
    hold = standin.faults.hold("type=chunk&index=2&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    eventually(lambda: len(list(folders.spool.rglob("job*.zip"))) >= 2)
    standin.faults.down()
    hold.release()
    thread.join(30)
    archive.refresh_from_db()
    assert archive.status == "failed"
    assert standin.url.partition("://")[2] in archive.error
    assert folders.stored() == []
    assert not list(folders.spool.rglob("build-*"))
    standin.faults.up()
    kept = {(seen.path, seen.query["index"]) for seen in data_requests(standin) if seen.sent}
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=archive)
    assert again.continues == archive
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    asked = {(seen.path, seen.query["index"]) for seen in data_requests(standin)}
    assert len(kept) >= 2
    assert not asked & kept
    assert folders.spooled() == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("status", [502, 503])
def test_a_server_that_answers_nothing_but_errors(
    status: int, connection: Connection, standin: StandIn
) -> None:
    selection = select(connection, (2, None))
    standin.faults.fail("/data", status=status)
    archive = built(selection)
    assert archive.status == "failed"
    assert archive.problems == []
    assert str(status) in archive.error or "unavailable" in archive.error.lower()


# --- the disk -------------------------------------------------------------------------------------

Usage = namedtuple("Usage", "total used free")


def free(monkeypatch: pytest.MonkeyPatch, length: Callable[[], int]) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: Usage(0, 0, length()))


def assert_no_debris(folders: Folders) -> None:
    assert folders.stored() == []
    assert folders.spooled() == []


def test_a_disk_that_will_not_hold_it_is_told_before(
    connection: Connection,
    standin: StandIn,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free(monkeypatch, lambda: disk.SPARE + 10_000)
    selection = select(connection, (1, None))
    standin.requests.clear()
    archive = built(selection)
    assert archive.status == "failed"
    assert "will not hold" in archive.error
    assert "10 kB are free" in archive.error
    assert data_requests(standin) == []
    assert_no_debris(folders)


def test_a_disk_that_others_fill_meanwhile(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = iter([10**12, 10**12, 0])
    free(monkeypatch, lambda: next(room))
    archive = built(select(connection, (1, None)))
    assert archive.status == "failed"
    assert "will not hold" in archive.error
    assert_no_debris(folders)


def test_what_lies_in_the_spool_needs_no_room(
    connection: Connection, alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    selection = select(connection, (2, None))
    SelectedFrame.objects.update(width=0, height=0)
    no_chunks(standin)
    gone(standin, 0)
    first = built(selection)
    assert first.status == "incomplete"
    standin.faults.clear()
    free(monkeypatch, lambda: disk.SPARE + int(1.2 * first.bytes_done))
    monkeypatch.setattr(disk, "CHECK_EVERY", 5)
    again = services.retry_archive(user=alice, archive=first)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)


def no_space(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (zipping._PartWriter, "add"),
        (zipping._PartWriter, "end"),
        (zipping.PartsWriter, "finish"),
        (Spool, "keep_frame"),
        (Spool, "arriving_piece"),
        (Spool, "prepare"),
        (FileSystemStorage, "_save"),
    ],
)
def test_a_disk_that_is_full(
    connection: Connection,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
    where: type,
    what: str,
) -> None:
    selection = select(connection, (2, None), (1, [3, 60]))
    monkeypatch.setattr(where, what, no_space)
    archive = built(selection)
    assert archive.status == "failed"
    assert "disk of the portal is full" in archive.error
    assert_no_debris(folders)


def test_a_storage_that_fails_after_the_first_part(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = FileSystemStorage._save

    def failing(self: FileSystemStorage, name: str, content: object) -> str:
        if name.endswith("_2.zip"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return save(self, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", failing)
    monkeypatch.setattr(Archive, "SMALLEST_PART", 1)
    archive = built(select(connection, (1, None)), part_size=300_000)
    assert archive.status == "failed"
    assert archive.error == "The archive could not be written: Permission denied."
    assert_no_debris(folders)


def test_a_storage_that_copies_leaves_no_second_copy(
    connection: Connection, standin: StandIn, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(building._Finished, "temporary_file_path")
    no_chunks(standin)
    gone(standin, 3)
    archive = built(select(connection, (2, range(8))))
    assert archive.status == "incomplete"  # so its spool is kept
    assert not list(folders.spool.rglob("build-*"))
    assert only_path(archive).stat().st_size == archive.size


@pytest.mark.parametrize("what", [RuntimeError, MemoryError, ValueError])
def test_what_nobody_thought_of(
    connection: Connection,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
    what: type[Exception],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise what("secret details")

    monkeypatch.setattr(building, "blocks", fail)
    archive = built(select(connection, (2, None)))
    assert archive.status == "failed"
    assert "unexpected" in archive.error
    assert "secret" not in archive.error
    assert_no_debris(folders)


def test_a_database_that_fails_costs_nothing_that_was_fetched(
    connection: Connection, alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(building._Build, "_add", failing_at(200, building._Build._add))
        archive = built(select(connection, (1, None)))
    assert archive.status == "failed"
    assert "database" in archive.error
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=archive)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    assert len(data_requests(standin)) <= 8


def failing_at(count: int, method: Callable[..., object]) -> Callable[..., object]:
    left = [count]

    def failing(*arguments: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            raise DatabaseError("gone away")
        return method(*arguments)

    return failing


# --- going on -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 20, 100, 227])
def test_a_killed_build_goes_on_and_ends_alike(
    count: int,
    connection: Connection,
    standin: StandIn,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    selection = select(connection, (1, None))
    undisturbed = only_path(built(selection)).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(building._Build, "_add", failing_at(count, building._Build._add))
        archive = killed(request(selection))
    asked = {(seen.path, seen.query["index"]) for seen in data_requests(standin)}
    building.build(archive.pk)
    archive.refresh_from_db()
    assert_whole(archive, standin)
    assert only_path(archive).read_bytes() == undisturbed
    assert asked
    per_block: dict[object, int] = {}
    for seen in data_requests(standin):
        key = seen.path, seen.query["index"]
        per_block[key] = per_block.get(key, 0) + 1
    # Once for each of the two archives; but the four that were under way when it was killed.
    assert sum(per_block.values()) - 2 * len(per_block) <= 4
    assert folders.spooled() == []


def test_a_kill_after_storing_leaves_no_second_file(
    connection: Connection, standin: StandIn, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> bool:
        raise SystemExit

    archive = request(select(connection, (2, None)))
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "finish", die)
        # A kill runs no handlers: the file stays where it is.
        patch.setattr(FileSystemStorage, "delete", lambda *_: None)
        patch.setattr(building, "_clear", lambda *_: None)
        with pytest.raises(SystemExit):
            building.build(archive.pk)
    assert len(folders.stored()) == 1
    Archive.objects.filter(pk=archive.pk).update(heartbeat_at="2020-01-01T00:00Z")
    tasks.expire_archives()
    assert len(folders.stored()) == 1  # still at work, as far as one knows
    building.build(archive.pk)
    archive.refresh_from_db()
    assert_whole(archive, standin)
    tasks.expire_archives()
    assert folders.stored() == [only_path(archive)]


def test_sweeping_takes_only_what_is_ours(
    connection: Connection, folders: Folders, standin: StandIn
) -> None:
    archive = built(select(connection, (2, None)))
    for name in ("notes.txt", "999_cvat_images_20250101_000000_1.zip"):
        (folders.archives / name).write_bytes(b"x")
    for name in ("999", "998.gone", "lost+found"):
        (folders.spool / name).mkdir()
    tasks.expire_archives()
    assert {path.name for path in folders.stored()} == {"notes.txt", only_path(archive).name}
    assert [path.name for path in folders.spooled()] == ["lost+found"]


def test_a_broken_piece_in_the_spool_is_fetched_again(
    connection: Connection, standin: StandIn, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(building._Build, "_add", failing_at(100, building._Build._add))
        archive = killed(request(select(connection, (1, None))))
    pieces = [path for path in folders.spooled() if path.suffix == ".zip"]
    draw = random.Random(3)
    for path in pieces[::2]:
        content = bytearray(path.read_bytes())
        content[draw.randrange(len(content) - 100)] ^= 0xFF
        path.write_bytes(content[: draw.choice([len(content), len(content) // 2])])
    building.build(archive.pk)
    archive.refresh_from_db()
    assert_whole(archive, standin)


# --- giving up ------------------------------------------------------------------------------------


def slow(standin: StandIn) -> None:
    standin.costs = Costs(chunk=0.3, small_frame=0.3, frame=0.3)


@pytest.mark.parametrize("after", [0.0, 0.1, 0.25, 0.4, 0.6, 0.9])
def test_cancelled_at_any_moment(
    after: float, connection: Connection, standin: StandIn, folders: Folders
) -> None:
    archive = request(select(connection, (1, None), (2, None)))
    slow(standin)
    thread = in_thread(archive)
    time.sleep(after)
    services.cancel_archive(archive=archive)
    thread.join(10)
    assert not thread.is_alive()
    archive.refresh_from_db()
    assert archive.status == "cancelled"
    eventually(lambda: not (folders.spooled() or folders.stored()), seconds=5)
    asked = len(standin.requests)
    time.sleep(0.5)
    assert len(standin.requests) - asked <= 1
    assert_no_debris(folders)


@pytest.mark.parametrize("pattern", ["type=chunk", "type=frame", "/api/jobs"])
def test_cancelled_while_a_request_hangs(
    pattern: str, connection: Connection, standin: StandIn, folders: Folders
) -> None:
    archive = request(select(connection, (1, [3, 4, 60, 120])))
    hold = standin.faults.hold(pattern)
    thread = in_thread(archive)
    assert hold.wait_for_request()
    services.cancel_archive(archive=archive)
    thread.join(8)
    stopped = not thread.is_alive()
    assert_no_debris(folders)
    hold.release()
    thread.join()
    assert stopped
    archive.refresh_from_db()
    assert archive.status == "cancelled"
    time.sleep(0.3)
    assert_no_debris(folders)


@pytest.mark.parametrize("what", ["selection", "archive", "user"])
def test_deleted_while_it_is_built(
    what: str, connection: Connection, alice: User, standin: StandIn, folders: Folders
) -> None:
    archive = request(select(connection, (1, None)))
    hold = standin.faults.hold("type=chunk&index=1&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    if what == "selection":
        services.delete_selection(selection=archive.selection)
    elif what == "archive":
        Archive.objects.filter(pk=archive.pk).delete()
    else:
        alice.delete()
    thread.join(8)
    assert not thread.is_alive()
    hold.release()
    assert not Archive.objects.exists()
    assert not ArchivePart.objects.exists()
    time.sleep(0.3)
    assert_no_debris(folders)


def test_cancelled_while_it_is_stored(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = FileSystemStorage._save
    archive = request(select(connection, (2, None)))

    def cancelling(self: FileSystemStorage, name: str, content: object) -> str:
        saved = save(self, name, content)
        services.cancel_archive(archive=Archive.objects.get())
        return saved

    monkeypatch.setattr(FileSystemStorage, "_save", cancelling)
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == "cancelled"
    assert not archive.parts.exists()
    assert_no_debris(folders)


# --- what else can be asked for -------------------------------------------------------------------


def test_parts(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Archive, "SMALLEST_PART", 1)
    archive = built(select(connection, (1, None), (2, None)), part_size=400_000)
    assert_whole(archive, standin)
    parts = list(archive.parts.all())
    assert len(parts) > 3
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert all(part.size <= 400_000 for part in parts)
    assert archive.size == sum(part.size for part in parts)
    for part in parts:
        assert part.download_name == f"{archive.base_name}_part{part.number}.zip"
        with zipfile.ZipFile(path_of(part)) as opened:
            said = json.loads(opened.read(f"manifest_part{part.number}.json"))
            assert said["part"] == part.number
            opened.extractall(tmp_path / "all")
    unpacked = [path for path in (tmp_path / "all").rglob("*") if path.is_file()]
    assert len(unpacked) == archive.frames_total + len(parts)


def test_several_tasks_have_folders(connection: Connection, standin: StandIn) -> None:
    archive = built(select(connection, (12, [0, 1]), (13, [0, 1])))
    assert_whole(archive, standin)
    assert [row["path"] for row in manifest_of(archive)["frames"]] == [
        "task_12/day_000.jpg",
        "task_12/day_001.jpg",
        "task_13/dusk_000.jpg",
        "task_13/dusk_001.jpg",
    ]


def test_names_and_folders_are_those_of_cvat(
    connection: Connection, standin: StandIn, tmp_path: Path
) -> None:
    archive = built(select(connection, (2, None)))
    rows = manifest_of(archive)["frames"]
    named = {row["filename"]: row["path"] for row in rows}
    assert named["cam_b/night/img_003.jpg"] == "cam_b/night/img_003.jpg"
    assert named["한글 이름/frame 1.jpg"] == "한글 이름/frame 1.jpg"
    assert named["../evil.jpg"] == "evil.jpg"
    assert named["CON.jpg"] == "_CON.jpg"
    assert named["/absolute.jpg"] == "absolute.jpg"
    assert len({path.casefold() for path in named.values()}) == len(rows) == 47
    with zipfile.ZipFile(only_path(archive)) as opened:
        opened.extractall(tmp_path / "in" / "here")
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"here"}
    for row in rows:
        served = standin.world.original_bytes(2, row["frame"])
        assert (tmp_path / "in" / "here" / row["path"]).read_bytes() == served


def test_names_that_mean_harm(connection: Connection, standin: StandIn) -> None:
    names = ["line\n.jpg", "bidi\u202egpj.jpg", "quo'te\".jpg", "\x85.jpg", "a" * 700 + ".jpg"]
    task = standin.world.add_task("hostile", owner="demo", images=names)
    assert_whole(built(select(connection, (task.id, None))), standin)


def test_the_manifest_says_where_it_comes_from(connection: Connection, standin: StandIn) -> None:
    archive = built(select(connection, (2, [0])))
    said = manifest_of(archive)
    assert said["selection"]["id"] == archive.selection_id
    assert said["cvat"]["url"] == standin.url
    assert said["options"]["quality"] == "original"
    assert said["problems"] == []


def test_the_same_selection_is_the_same_archive(connection: Connection) -> None:
    selection = select(connection, (2, None))
    first, second = built(selection), built(selection)
    assert only_path(first).read_bytes() == only_path(second).read_bytes()


def test_each_user_builds_with_the_own_connection(
    connection: Connection, bob: User, standin: StandIn
) -> None:
    selection = select(connection, (15, None), (10, [1]))
    Selection.objects.update(visibility="shared")
    with pytest.raises(NotConnected):
        request(selection, bob)
    connect(bob, standin, "carol")  # who may see none of these
    archive = request(selection, bob)
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == "failed"


def test_another_build_of_the_same_with_other_options_is_a_conflict(connection: Connection) -> None:
    selection = select(connection, (2, None))
    assert request(selection) == request(selection)
    with pytest.raises(Conflict):
        request(selection, quality="compressed")
