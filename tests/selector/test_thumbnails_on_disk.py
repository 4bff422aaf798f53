"""Packs on disk: read from there afterwards, kept within bounds, made anew if damaged or stale."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from selector import bounded_folder, job_access
from selector.cvat_requests import answer_key
from selector.models import Connection
from selector.services import thumbnails
from selector.thumbnails import store
from standin.server import StandIn
from tests.selector.packs import chunk_requests, numbers, pack_of

pytestmark = pytest.mark.usefixtures("folder")


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("??/*"))


def test_read_from_disk_afterwards(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    first = pack_of(connection, job_id)
    standin.requests.clear()
    assert list(pack_of(connection, job_id)) == list(first)
    assert len(standin.requests) == 0


def test_redrawn_pictures_are_not_stale(connection: Connection, standin: StandIn) -> None:
    task = standin.world.tasks[6]
    job = task.jobs[0]
    honeypot = next(frame for frame in task.honeypots if frame <= 7)
    before = numbers(pack_of(connection, job.id))[honeypot]
    other = next(
        frame
        for frame in range(task.jobs[-1].start, task.size)
        if task.order[frame] != task.order[honeypot]
    )
    standin.world.redraw_honeypots(task.id, {honeypot: other})
    cache.delete(answer_key(connection, "job", job.id))  # two minutes later
    after = numbers(pack_of(connection, job.id))[honeypot]
    assert after == task.order[other] != before


@pytest.mark.parametrize("damage", [b"", b"\0\0", b"\xff\xff\xff\xff{}", b"\0\0\0\2[]", None])
def test_damaged_packs_are_made_anew(
    connection: Connection, standin: StandIn, folder: Path, damage: bytes | None
) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    pack_of(connection, job_id)
    [pack] = folder.glob("*/*.pack")
    pack.write_bytes(pack.read_bytes()[:-1] if damage is None else damage)
    assert len(numbers(pack_of(connection, job_id))) == 18
    assert len(chunk_requests(standin)) == 2


def test_the_bound_is_kept(
    connection: Connection, standin: StandIn, folder: Path, settings: Any
) -> None:
    settings.THUMBNAILS_MAX_BYTES = 400_000
    job = standin.world.tasks[8].jobs[0]
    most = 0
    for chunk in range(14):
        pack_of(connection, job.id, chunk)
        most = max(most, sum(path.stat().st_size for path in files(folder)))
    assert 200_000 < most <= 400_000


def test_the_least_recently_used_go_first(
    connection: Connection, standin: StandIn, folder: Path, settings: Any
) -> None:
    job = standin.world.tasks[8].jobs[0]
    keys = []
    for chunk in range(4):
        found = thumbnails.chunk_of(connection, job_access.job_access(connection, job.id), chunk)
        keys.append(found.key)
        thumbnails.open_pack(found).file.close()
        then = time.time() - 10_000 + chunk
        os.utime(store.folder().path_of(found.key), (then, then))
    pack_of(connection, job.id, 0)  # used again
    size = store.folder().path_of(keys[0]).stat().st_size
    settings.THUMBNAILS_MAX_BYTES = int(size * 2.5 / bounded_folder.REMAINING_SHARE)
    store.folder().remove_old()
    assert [store.folder().path_of(key).exists() for key in keys] == [True, False, False, True]


def test_leftovers_of_killed_writers_go(
    connection: Connection, standin: StandIn, folder: Path
) -> None:
    pack_of(connection, standin.world.tasks[1].jobs[0].id)
    [pack] = folder.glob("*/*.pack")
    old, new = pack.with_name("old.tmp"), pack.with_name("new.tmp")
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    store.folder().remove_old()
    assert (old.exists(), new.exists(), pack.exists()) == (False, True, True)


def test_only_one_tidies(
    folder: Path, connection: Connection, standin: StandIn, settings: Any
) -> None:
    pack_of(connection, standin.world.tasks[1].jobs[0].id)
    settings.THUMBNAILS_MAX_BYTES = 1
    with store.folder()._removal_lock() as is_locked:
        assert is_locked
        store.folder().remove_old()
        assert len(files(folder)) == 2  # the pack, and the likeness of its pictures
    store.folder().remove_old()
    assert files(folder) == []


def test_a_pack_larger_than_the_bound_is_shown_all_the_same(
    connection: Connection, standin: StandIn, settings: Any
) -> None:
    settings.THUMBNAILS_MAX_BYTES = 1000
    assert len(pack_of(connection, standin.world.tasks[1].jobs[0].id)) == 18
