"""A healthy build is not taken for dead, however long others hold the database."""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection as database
from django.db import connections
from django.utils import timezone

from portal.work import recovery
from selections import tasks
from selections.archives import building
from selections.models import Archive
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import finished
from tests.selections.builds import again, assert_whole, in_thread, request, select

pytestmark = [
    pytest.mark.usefixtures("transactional_db", "folders", "hasty", "messages"),
    pytest.mark.skipif(database.vendor != "sqlite", reason="about SQLite's one writer"),
]


@contextmanager
def locked() -> Iterator[None]:
    """Nobody else can write meanwhile."""
    path = str(database.settings_dict["NAME"])
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")


def test_a_heartbeat_has_the_time_at_which_it_was_written(archive: Archive) -> None:
    worker = uuid.uuid4()
    assert archive.claim(worker)

    def beat() -> None:
        try:
            assert again(archive).heartbeat(worker, frames_done=1)
        finally:
            connections.close_all()

    with locked():
        thread = threading.Thread(target=beat)
        thread.start()
        time.sleep(1.5)
        released = timezone.now()
    thread.join()
    row = again(archive)
    assert row.frames_done == 1
    assert row.heartbeat_at >= released - timedelta(milliseconds=100)


@contextmanager
def recovering(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Recovery that runs again and again and builds what it hands out, as another worker would."""
    handed_out: list[int] = []
    end = threading.Event()

    def hand_out(number: int) -> None:
        handed_out.append(number)
        building.build(number)

    def run() -> None:
        try:
            while not end.wait(0.1):
                recovery.recover()
        finally:
            connections.close_all()

    monkeypatch.setattr(tasks.build_archive, "delay", hand_out)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield handed_out
    finally:
        end.set()
        thread.join()


def test_a_build_goes_on_while_sqlite_is_locked_for_longer_than_a_dead_worker_is_silent(
    connection: Connection,
    standin: StandIn,
    settings: object,
    folders: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.ARCHIVE_STALE_SECONDS = 2.1
    archive = request(select(connection, (1, None)))
    hold = standin.faults.hold("type=chunk&index=1&")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    with recovering(monkeypatch) as handed_out:
        for _ in range(3):
            with locked():
                time.sleep(2 * settings.ARCHIVE_STALE_SECONDS)
            time.sleep(0.3)
        hold.release()
        assert_whole(finished(archive), standin)
    thread.join()
    assert handed_out == []
    assert again(archive).attempts == 1
