"""A build that was killed or broke off goes on where it was, and leaves nothing twice."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.db import DatabaseError

from selections import services, tasks
from selections.archives import building
from selections.archives.planning import Block
from selections.archives.spool import BUILD_PREFIX, Spool
from selections.archives.written import WrittenPictures, lists_of_furthest
from selections.models import Archive
from selector.models import Connection
from standin.requestlog import Seen
from standin.server import StandIn
from tests.selections.builds import (
    Folders,
    assert_whole,
    built,
    data_requests,
    frames_of,
    frames_sent,
    killed,
    only_path,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def failing_at(count: int, method: Callable[..., object]) -> Callable[..., object]:
    left = [count]

    def failing(*arguments: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            raise DatabaseError("gone away")
        return method(*arguments)

    return failing


def _block(seen: Seen) -> tuple[str, str]:
    """The chunk or the frame that a request is for."""
    return seen.path, seen.query.get("index") or f"frame {seen.query['number']}"


@pytest.mark.parametrize("count", [1, 100, 227])
def test_a_killed_build_goes_on_and_ends_alike(
    count: int,
    connection: Connection,
    standin: StandIn,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
    settings: object,
) -> None:
    selection = select(connection, (1, None))
    undisturbed = only_path(built(selection)).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(building._Build, "_add", failing_at(count, building._Build._add))
        archive = killed(request(selection))
    asked = {_block(seen) for seen in data_requests(standin)}
    building.build(archive.pk)
    archive.refresh_from_db()
    assert_whole(archive, standin)
    assert only_path(archive).read_bytes() == undisturbed
    assert asked
    per_block: dict[object, int] = {}
    for seen in data_requests(standin):
        key = _block(seen)
        per_block[key] = per_block.get(key, 0) + 1
    # Once for each of the two archives; but what each thread had under way when it was killed.
    assert sum(per_block.values()) - 2 * len(per_block) <= settings.FETCH_THREADS
    assert folders.spooled() == []


def test_pictures_are_in_the_zip_before_they_leave_the_spool(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, lost = Spool.release, []

    def watched(spool: Spool, block: Block) -> None:
        written = WrittenPictures(lists_of_furthest(spool.folder, BUILD_PREFIX))
        lost.extend(frame for frame in block.frames if not written.has(block.task_id, frame))
        release(spool, block)

    monkeypatch.setattr(Spool, "release", watched)
    assert built(select(connection, (1, None))).status == "ready"
    assert lost == []


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
        patch.setattr(building, "clear", lambda *_: None)
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


def test_a_database_that_fails_costs_nothing_that_was_fetched(
    connection: Connection,
    alice: User,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    settings: object,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(building._Build, "_add", failing_at(200, building._Build._add))
        archive = built(select(connection, (1, None)))
    assert archive.status == "failed"
    assert "database" in archive.error
    fetched = {each for seen in data_requests(standin) for each in frames_sent(standin, seen)}
    standin.requests.clear()
    again = services.retry_archive(user=alice, archive=archive)
    building.build(again.pk)
    again.refresh_from_db()
    assert_whole(again, standin)
    # The rest may come as chunks or as single frames: on a slow machine these can be cheaper.
    asked = {each for seen in data_requests(standin) for each in frames_of(standin, seen)}
    under_way = settings.FETCH_THREADS * (standin.world.tasks[1].chunk_size or 1)
    assert len(fetched) >= 200 > under_way
    assert len(asked & fetched) <= under_way  # what each thread had just received


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


def test_sweeping_takes_only_what_is_ours(
    connection: Connection, folders: Folders, standin: StandIn
) -> None:
    archive = built(select(connection, (2, None)))
    # The second is another installation's, in the same storage.
    others = {"notes.txt", "999_cvat_images_20250101_000000_1.zip"}
    for name in others:
        (folders.archives / name).write_bytes(b"x")
    for name in ("999", "998.gone", "lost+found"):
        (folders.spool / name).mkdir()
    tasks.expire_archives()
    assert {path.name for path in folders.stored()} == {*others, only_path(archive).name}
    assert [path.name for path in folders.spooled()] == ["lost+found"]
