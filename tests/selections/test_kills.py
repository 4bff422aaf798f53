"""Workers killed again and again, at any moment, and not one frame lost, doubled or damaged."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from portal.tasks import recover_work
from selections import tasks
from selections.models import Archive, Selection
from selector.models import Connection
from standin.costs import Costs
from standin.server import StandIn
from tests.conftest import BASE_DIR, eventually, finished
from tests.selections.builds import (
    Folders,
    assert_whole,
    built,
    data_requests,
    only_path,
    request,
    select,
)
from tests.selections.under_fire import Event, events, is_alive, last_said, under_way
from tests.selections.workers import own_worker
from tests.web_server import WebServer, web_server

pytestmark = [
    pytest.mark.worker,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc"),
]

KILLS = int(os.environ.get("KILLS", "100"))
# Starting a worker costs as much processor time as a dozen other kills.
KILLS_FOR_A_GROUP = 25
SPY = "tests.selections.under_fire"
THREADS = 4
SELECTIONS = 4
# A machine that stands still for some seconds must not make living workers look dead.
STALE_SECONDS = 6.0
# Each recovery costs some 30 ms of processor time, and what it finds has lain for STALE_SECONDS.
RECOVERY_SECONDS = 1.0


class Worker:
    """A Celery worker with two processes to build in, in a process group of its own."""

    def __init__(self, environment: dict[str, str], queue: str) -> None:
        self._environment = environment
        self._queue = queue
        self._log = Path(environment["FIRE_LOG"]).with_suffix(f".{uuid.uuid4().hex[:6]}.worker")
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "worker",
            "-l",
            "INFO",
            "-c",
            "2",
        ]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        spying = ["-Q", self._queue, "-I", SPY]
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                command + quiet + spying,
                cwd=BASE_DIR,
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """The whole group, at once."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def is_ready(self) -> bool:
        return b" ready." in self._log.read_bytes()

    @property
    def group(self) -> int:
        return self._process.pid


def _group(process: int) -> int | None:
    try:
        return os.getpgid(process)
    except ProcessLookupError:
        return None


class Fire:
    """Hands builds to workers, kills these, and has what they leave behind picked up."""

    def __init__(self, log: Path, workers: list[Worker], environment: dict[str, str]) -> None:
        self.environment = environment
        self.kills = 0
        self.hit: Counter[str] = Counter()
        self.victims: set[int] = set()  # the numbers that these processes had
        self.groups = 0
        self._log = log
        self._workers = workers
        self._recovered_at = 0.0
        self._draw = random.Random(int(os.environ.get("KILLS_SEED", "1")))

    @property
    def is_ready(self) -> bool:
        return all(worker.is_ready for worker in self._workers)

    @property
    def has_hit_all(self) -> bool:
        """Builds at each of their steps, and a whole worker."""
        return self.hit.keys() == {"claim", "add", "finish", "store"} and self.groups > 0

    def events(self) -> list[Event]:
        return events(self._log)

    def go_on(self) -> None:
        """Do the work of beat, much more often than beat does, and let some time pass."""
        if time.monotonic() > self._recovered_at + RECOVERY_SECONDS:
            recover_work()
            self._recovered_at = time.monotonic()
        time.sleep(self._draw.uniform(0.0, 0.6))

    def kill(self) -> None:
        """One that builds or, one time in many, all of its group; nobody if nobody builds."""
        workers = {each.group: each for each in self._workers}
        # Not the last of a group that was killed: they take a moment to die on a busy machine.
        building = {
            process: event
            for process, event in under_way(self.events()).items()
            if _group(process) in workers
        }
        if not building:
            return
        # On a busy machine builds are rarely seen at what takes a moment: that goes first.
        unhit = [process for process in building if building[process].what not in self.hit]
        victim = self._draw.choice(sorted(unhit or building))
        worker = workers.get(_group(victim) or 0)
        if worker is None:
            return
        if self.kills % KILLS_FOR_A_GROUP == 9:  # also where there are ten kills only
            hit = [process for process in building if _group(process) == worker.group]
            worker.kill()
            worker.start()
            self.groups += 1
        else:
            hit = [victim]
            os.kill(victim, signal.SIGKILL)
        self.kills += 1
        self.victims.update(hit)
        self.hit.update(building[process].what for process in hit)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> str:
    """Of these workers alone: another test's may still be running."""
    name = f"under-fire-{uuid.uuid4().hex}"
    build = tasks.build_archive
    monkeypatch.setattr(build, "delay", lambda number: build.apply_async((number,), queue=name))
    return name


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the workers do."""
    return tmp_path / "fire.log"


@pytest.fixture
def environment(
    broker: None,
    transactional_db: None,
    worker_environment: dict[str, str],
    folders: Folders,
    settings: object,
    standin: StandIn,
    log: Path,
) -> dict[str, str]:
    """Of the workers."""
    # Killed from outside, which the limit is not for: test_deadly_frame.py is about that.
    settings.ARCHIVE_ATTEMPTS = 1000
    settings.ARCHIVE_RUNNING_PER_PERSON = SELECTIONS
    settings.ARCHIVE_STALE_SECONDS = STALE_SECONDS
    return worker_environment | {
        "FIRE_LOG": str(log),
        "SPOOL_DIR": str(folders.spool),
        "ARCHIVES_DIR": str(folders.archives),
        "FETCH_THREADS": str(THREADS),
        "ARCHIVE_ATTEMPTS": str(settings.ARCHIVE_ATTEMPTS),
        "ARCHIVE_RUNNING_PER_PERSON": str(settings.ARCHIVE_RUNNING_PER_PERSON),
        "TEST_STALE_SECONDS": str(STALE_SECONDS),
        "TEST_CVAT_ALLOWED_URLS": standin.url,
    }


@pytest.fixture
def fire(environment: dict[str, str], queue: str, log: Path) -> Iterator[Fire]:
    environment["TEST_QUEUE"] = queue
    workers = [Worker(environment, queue) for _ in range(2)]
    yield Fire(log, workers, environment)
    for worker in workers:
        worker.kill()


@pytest.fixture
def selections(connection: Connection, standin: StandIn) -> list[Selection]:
    """Chunks, lonely frames and a film each."""
    photos = standin.world.add_task(
        "photos", owner="demo", count=90, segment_size=45, chunk_size=3, size=(64, 48)
    )
    film = standin.world.add_task(
        "film", owner="demo", video=True, count=15, chunk_size=3, size=(64, 48)
    )
    wanted = [*range(36), *range(36, 90, 6)]
    return [
        select(connection, (photos.id, wanted), (film.id, range(15))) for _ in range(SELECTIONS)
    ]


def test_no_frame_is_lost_however_often_workers_are_killed(
    fire: Fire, selections: list[Selection], standin: StandIn, folders: Folders, hasty: None
) -> None:
    # On a busy machine a worker may be there before this process claims the build.
    undisturbed = {each.pk: sha256_of(finished(built(each))) for each in selections}
    distinct = len(asked(standin)) // SELECTIONS
    standin.requests.clear()
    standin.costs = Costs(chunk=0.07, video_chunk=0.07, frame=0.07, small_frame=0.07)
    done = built_under(fire, selections, standin)
    for archive in done:
        assert_whole(archive, standin)
        assert sha256_of(archive) == undisturbed[archive.selection_id]
    assert_little_was_repeated(fire, len(done), distinct, len(asked(standin)))
    if KILLS >= 50:
        assert fire.has_hit_all
    tasks.expire_archives()
    files = {only_path(archive) for archive in Archive.objects.all()}
    assert set(folders.stored()) == files
    assert folders.spooled() == []


def built_under(
    fire: Fire, selections: list[Selection], standin: StandIn, *, kills: int = KILLS
) -> list[Archive]:
    """All archives that are built while workers are killed, one of each selection at a time."""
    archives = {each.pk: request(each) for each in selections}
    done: list[Archive] = []
    while fire.kills < kills or (kills >= 50 and not fire.has_hit_all):
        assert fire.kills < 3 * kills, f"not all was hit: {fire.hit}, {fire.groups} groups"
        fire.go_on()
        fire.kill()
        for each in selections:
            archive = archives[each.pk]
            archive.refresh_from_db()
            if not archive.is_active:
                done.append(archive)
                archives[each.pk] = request(each)
    standin.costs = Costs()
    while any(archive.is_active for archive in archives.values()):
        fire.go_on()
        for archive in archives.values():
            archive.refresh_from_db()
    return done + list(archives.values())


class Follower:
    """Downloads archives while they are built, one after the other, until it is told to end."""

    def __init__(self, web: WebServer, session: requests.Session) -> None:
        self.whole: list[tuple[int, str]] = []  # ids and SHA-256
        self.broken = 0
        self._web = web
        self._session = session
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.wait(2):  # each look costs the web server a request
            running = self._session.get(f"{self._web.url}/api/archives?status=running", timeout=60)
            for each in running.json()["results"]:
                self._download(each["id"], each["follow_url"])

    def _download(self, archive_id: int, url: str) -> None:
        digest = hashlib.sha256()
        try:
            with self._session.get(url, stream=True, timeout=60) as response:
                if response.status_code in (409, 503):
                    return
                assert response.status_code == 200
                for piece in response.iter_content(2**16):
                    digest.update(piece)
        except requests.exceptions.ChunkedEncodingError:
            self.broken += 1
        else:
            self.whole.append((archive_id, digest.hexdigest()))


def test_every_follower_has_the_whole_archive_or_an_error(
    fire: Fire, selections: list[Selection], standin: StandIn, hasty: None
) -> None:
    eventually(lambda: fire.is_ready)
    standin.costs = Costs(chunk=0.07, video_chunk=0.07, frame=0.07, small_frame=0.07)
    with web_server(fire.environment, WEB_THREADS=64) as web:
        session = web.session(selections[0].owner)
        followers = [Follower(web, session) for _ in range(SELECTIONS)]
        done = built_under(fire, selections, standin, kills=KILLS // 4)
        for follower in followers:
            follower.end()
    sha256 = {archive.pk: sha256_of(archive) for archive in done}
    for follower in followers:
        assert all(content == sha256[archive_id] for archive_id, content in follower.whole)
    begun = Counter(event.archive for event in fire.events() if event.what == "claim")
    whole = {archive_id for follower in followers for archive_id, _ in follower.whole}
    if KILLS >= 50:
        assert any(begun[archive_id] > 1 for archive_id in whole)  # through a kill
    assert all(archive.status == "ready" for archive in done)


def assert_little_was_repeated(fire: Fire, done: int, distinct: int, requests: int) -> None:
    """Each claim but an archive's first follows a kill; what a kill makes ask again is what its
    threads had under way."""
    happened = Counter(event.what for event in fire.events())
    assert happened["double"] == 0
    taken_over = happened["claim"] - done
    # By now the number of a victim may be that of another process or thread of this machine.
    killed = sum(
        process in fire.victims or not is_alive(process) for process in last_said(fire.events())
    )
    # Of a whole group that is killed, one may have begun a build since it was looked at.
    assert killed <= sum(fire.hit.values()) + fire.groups
    assert taken_over <= killed
    assert requests <= distinct * done + THREADS * taken_over


def asked(standin: StandIn) -> list[tuple[object, ...]]:
    return [(seen.path, *seen.query.items()) for seen in data_requests(standin)]


def sha256_of(archive: Archive) -> str:
    return hashlib.sha256(only_path(archive).read_bytes()).hexdigest()


def test_an_abandoned_build_is_picked_up_within_seconds(
    environment: dict[str, str],
    selections: list[Selection],
    standin: StandIn,
    settings: object,
    log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def building() -> dict[int, Event]:
        return under_way(events(log))

    # Else its start, as it takes long on a busy machine, would count among the seconds.
    with own_worker(environment, monkeypatch, log=tmp_path / "worker.log", imports=SPY):
        standin.costs = Costs(chunk=0.3, video_chunk=0.3, frame=0.3, small_frame=0.3)
        archive = request(selections[0])
        eventually(building)
        (victim,) = building()
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: not is_alive(victim))
        # Long before its message would be sent again for being lost.
        assert settings.ARCHIVE_STALE_SECONDS + 30 < settings.ARCHIVE_REQUEUE_SECONDS
        within = settings.ARCHIVE_STALE_SECONDS + 30
        eventually(lambda: recover_work() or building(), seconds=within, every=0.5)
        standin.costs = Costs()
        assert_whole(finished(archive), standin)
