"""Another file in the place of the one that is read: it is compared, and read on if it is the same
so far."""

from __future__ import annotations

from pathlib import Path

import pytest

from selections.archives.following import Broken, Follower
from selections.models import Archive
from tests.conftest import eventually
from tests.selections.following.conftest import CONTENT, MIDDLE, Build, read, reading

pytestmark = pytest.mark.usefixtures("db", "folders")


def test_the_next_attempt_is_compared_and_read_on(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.attempt()
    build.write(CONTENT)
    build.finish(build.store(), len(CONTENT))
    assert b"".join(follower) == CONTENT[MIDDLE:]


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_is_not_as_far_yet_is_waited_for(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.attempt()
    build.write(CONTENT[:100])
    pieces: list[bytes] = []
    thread = reading(follower, pieces)
    eventually(lambda: follower.archive.claimed_by == build.worker)
    build.attempt()  # which dies before it has come as far
    build.write(CONTENT)
    build.finish(build.store(), len(CONTENT))
    thread.join(30)
    assert b"".join(pieces) == CONTENT[MIDDLE:]


@pytest.mark.parametrize("place", [0, 100, MIDDLE - 1])
def test_an_attempt_with_other_bytes_breaks(place: int, build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.attempt()
    build.write(other_than(CONTENT, place))
    with pytest.raises(Broken, match="other bytes"):
        next(follower)


def test_the_same_worker_that_begins_again(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.path.unlink()
    build.path.write_bytes(other_than(CONTENT, 50))
    with pytest.raises(Broken, match="other bytes"):
        next(follower)


def test_a_copy_in_the_storage_is_compared(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.write(CONTENT[MIDDLE:])
    stored = build.store(copied=True)
    build.path.unlink()
    build.finish(stored, len(CONTENT))
    assert b"".join(follower) == CONTENT[MIDDLE:]


@pytest.mark.parametrize("place", [MIDDLE, len(CONTENT) - 1])
def test_another_file_in_the_storage_breaks(place: int, build: Build, follower: Follower) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.attempt()
    build.write(CONTENT)
    stored = build.store()
    stored.write_bytes(other_than(CONTENT, place))
    build.finish(stored, len(CONTENT))
    with pytest.raises(Broken, match="other bytes"):
        list(follower)


@pytest.mark.parametrize("start", [0, MIDDLE])
@pytest.mark.parametrize("place", [50, len(CONTENT) - 1])
def test_a_machine_that_sees_other_bytes_than_were_written_breaks(
    start: int, place: int, build: Build, archive: Archive
) -> None:
    """As network file systems may show what is written elsewhere."""
    build.write(CONTENT)
    build.path.write_bytes(other_than(CONTENT, place))
    build.finish(build.store(), len(CONTENT))
    follower = Follower(archive, start=start)
    with pytest.raises(Broken, match="other bytes"):
        list(follower)
    follower.close()


def test_a_range_is_compared_with_the_next_attempt(build: Build, archive: Archive) -> None:
    """What the client has before the range is of the attempt before."""
    build.write(CONTENT[: MIDDLE + 5])
    follower = Follower(archive, start=MIDDLE, stop=MIDDLE + 10)
    assert follower.begin(30)
    assert next(follower) == CONTENT[MIDDLE : MIDDLE + 5]
    build.attempt()
    build.write(other_than(CONTENT, 50))
    with pytest.raises(Broken, match="other bytes"):
        next(follower)
    follower.close()


def test_a_file_that_ends_before_the_range_breaks(build: Build, archive: Archive) -> None:
    follower = Follower(archive, start=MIDDLE)
    build.write(CONTENT[:10])
    build.finish(build.store(), 10)
    with pytest.raises(Broken, match="ends before"):
        next(follower)
    follower.close()


@pytest.mark.parametrize("size", [MIDDLE, MIDDLE - 1, MIDDLE + 1])
def test_a_file_of_another_size_than_recorded_breaks(
    size: int, build: Build, follower: Follower
) -> None:
    build.write(CONTENT[:MIDDLE])
    assert read(follower, MIDDLE) == CONTENT[:MIDDLE]
    build.finish(build.store(), size)
    if size == MIDDLE:
        assert list(follower) == []
    else:
        with pytest.raises(Broken, match="size"):
            next(follower)


def test_a_file_that_is_gone_from_the_storage_breaks(build: Build, follower: Follower) -> None:
    build.write(CONTENT[:10])
    assert next(follower) == CONTENT[:10]
    build.finish(Path("nowhere.zip"), 10)
    with pytest.raises(Broken, match="gone"):
        next(follower)


def other_than(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
