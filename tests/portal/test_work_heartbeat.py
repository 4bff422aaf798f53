"""Work that goes on is not taken for dead, however long others hold the database."""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import connections
from django.utils import timezone

from portal.work import recovery
from tests.conftest import eventually
from tests.tally import tasks
from tests.tally.models import Tally
from tests.tally.rows import again, in_thread, make_tally

pytestmark = [
    pytest.mark.usefixtures("transactional_db", "messages"),
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


def test_a_heartbeat_has_the_time_at_which_it_was_written(tally: Tally) -> None:
    worker = uuid.uuid4()
    assert tally.claim(worker)

    def beat() -> None:
        try:
            assert again(tally).heartbeat(worker, frames_done=1)
        finally:
            connections.close_all()

    with locked():
        thread = threading.Thread(target=beat)
        thread.start()
        time.sleep(1.5)
        released = timezone.now()
    thread.join()
    row = again(tally)
    assert row.frames_done == 1
    assert row.heartbeat_at >= released - timedelta(milliseconds=100)


@contextmanager
def recovering(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Recovery that runs again and again and does what it hands out, as another worker would."""
    handed_out: list[int] = []
    end = threading.Event()

    def hand_out(number: int) -> None:
        handed_out.append(number)
        tasks.count(number)

    def run() -> None:
        try:
            while not end.wait(0.1):
                recovery.recover()
        finally:
            connections.close_all()

    monkeypatch.setattr(tasks.count, "delay", hand_out)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield handed_out
    finally:
        end.set()
        thread.join()


def test_work_goes_on_while_sqlite_is_locked_for_longer_than_a_dead_worker_is_silent(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = dataclasses.replace(Tally.limits(), heartbeat_seconds=0.3, stale_seconds=2.1)
    monkeypatch.setattr(Tally, "limits", staticmethod(lambda: limits))
    tally = make_tally(alice, frames=100_000)
    thread = in_thread(tally)
    eventually(lambda: again(tally).status == "running")
    with recovering(monkeypatch) as handed_out:
        for _ in range(3):
            with locked():
                time.sleep(2 * limits.stale_seconds)
            time.sleep(0.3)
    assert again(tally).status == "running"
    assert again(tally).finish(again(tally).claimed_by)
    thread.join()
    assert handed_out == []
    assert again(tally).attempts == 1
