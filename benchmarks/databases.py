"""Draws and selections of a hundred thousand frames in a database, while another process writes."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from types import TracebackType

import django
from django.core.management import call_command
from django.db import connection, transaction

from benchmarks import services
from benchmarks.portal import Portal
from benchmarks.server import Server
from benchmarks.world import SMALL_SIZE
from cvat.types import Place
from standin.world import World

PROJECT, FRAMES, FRAMES_PER_JOB = 1, 2_000, 100  # frames of each task
TASKS = range(1, 51)  # of the project
OTHER_TASKS = range(26, 76)  # of these, 25 are in the project as well
BETWEEN_WRITES = 0.002  # seconds
FEWEST_WRITES = 100


def measure(database: str) -> dict[str, float]:
    """The seconds of `benchmarks.choosing` on "sqlite" or "postgresql", and the longest that
    another writer waited meanwhile. In a new process, because Django reads its settings once."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(_measure, database).result()


def _measure(database: str) -> dict[str, float]:
    with Server(project_world) as server, Database(database, server.url):
        from benchmarks import choosing  # noqa: PLC0415  (needs the settings)

        person = choosing.Person(server.url)
        frames, others = _frames(TASKS), _frames(OTHER_TASKS)
        draw_s = person.draw_without_earlier(PROJECT)
        with OtherWriter() as writer:
            save_s = person.save(frames)
            union_s = person.unite(frames, others)
            longest = writer.longest_wait()
    return {"draw_s": draw_s, "save_s": save_s, "union_s": union_s, "longest_write_lock_s": longest}


def _frames(tasks: range) -> list[Place]:
    return list(product(tasks, range(FRAMES)))


def project_world() -> World:
    """TASKS in a project, and OTHER_TASKS of which some are not."""
    world = World()
    world.add_user("demo")
    project = world.add_project("Drives", owner="demo", project_id=PROJECT)
    for number in range(TASKS.start, OTHER_TASKS.stop):
        world.add_task(
            f"Drive {number}", owner="demo", task_id=number,
            project=project if number in TASKS else None,
            count=FRAMES, size=SMALL_SIZE, segment_size=FRAMES_PER_JOB, overlap=0,
        )  # fmt: skip
    return world


class Database(Portal):
    """A broker and an empty database, without worker; with "postgresql" Redis is the broker."""

    def __init__(self, database: str, cvat_url: str) -> None:
        super().__init__(cvat_url)
        self._database = database
        self._services: Path | None = None

    def __enter__(self) -> Database:
        if self._database == "postgresql":
            self._services = services.start()
        else:
            self._start_broker()
        django.setup()
        call_command("migrate", verbosity=0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        connection.close()
        if self._services:
            services.stop(self._services)
        super().__exit__(kind, error, trace)


class OtherWriter:
    """A process that writes a row again and again, as the heartbeat of a build does."""

    def __enter__(self) -> OtherWriter:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_write, args=(theirs,))
        self._process.start()
        self._pipe.recv()  # it has begun
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()
        self._process.join(30)

    def longest_wait(self) -> float:
        """Seconds of the longest of its transactions."""
        self._pipe.send("stop")
        waits: list[float] = self._pipe.recv()
        if len(waits) < FEWEST_WRITES:
            raise RuntimeError(f"the other process wrote {len(waits)} times only")
        return max(waits)


def _write(pipe: Pipe) -> None:
    django.setup()
    _write_row()  # connects
    pipe.send("ready")
    waits = []
    while not pipe.poll(BETWEEN_WRITES):
        started = time.perf_counter()
        _write_row()
        waits.append(time.perf_counter() - started)
    pipe.send(waits)
    connection.close()


def _write_row() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE auth_user SET last_name = 'written'")
