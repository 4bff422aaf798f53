"""The portal starts again and finishes its builds, whichever of its processes was killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from standin.costs import Costs
from standin.samples import sample_world
from standin.server import StandIn
from tests.conftest import eventually
from tests.launcher.launching import Launcher, alive

pytestmark = [
    pytest.mark.worker,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc"),
]

TASK, FRAMES = 8, 120
GONE_SECONDS = 60  # after which no process of a killed launcher lives; a busy machine takes some


@pytest.fixture(scope="module")
def cvat() -> Iterator[StandIn]:
    with StandIn(sample_world()) as running:
        yield running


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, cvat: StandIn) -> Iterator[Launcher]:
    """One for all tests: each of them but the last leaves it running."""
    launcher = Launcher(tmp_path_factory.mktemp("killed"))
    launcher.variables = {"CVAT_URL": cvat.url, "WEB_PROCESSES": "1"}
    launcher.start()
    yield launcher
    launcher.close()


@pytest.fixture(scope="module")
def token(portal: Launcher, cvat: StandIn, django_db_blocker: DjangoDbBlocker) -> str:
    """alice's, who is connected."""
    with django_db_blocker.unblock():
        value = portal.token("alice")
    account = {"username": "demo", "password": "demo-password"}
    portal.call("/test-connection", value, {"url": cvat.url, **account})
    return value


class Build:
    """A build of many frames that is under way."""

    def __init__(self, portal: Launcher, token: str, cvat: StandIn) -> None:
        self._portal, self._token, self._cvat = portal, token, cvat
        cvat.costs = Costs(chunk=3, small_frame=0.5)
        cvat.requests.clear()
        draw = {"frame_selection_method": "random_uniform", "task_id": TASK, "frame_count": FRAMES}
        selection = self._call("/selections", {"name": "all", "random_seed": 1, **draw})
        assert selection["frames_count"] == FRAMES
        archive = self._call(f"/selections/{selection['id']}/archives", {})
        self._path = f"/archives/{archive['id']}"
        eventually(lambda: cvat.requests.matching(r"/data/?$"))
        assert self._state["status"] == "running"

    @property
    def _state(self) -> dict[str, object]:
        return self._call(self._path)

    def assert_finishes(self) -> None:
        self._cvat.costs = Costs()
        # Each look costs the portal a request.
        eventually(
            lambda: self._state["status"] not in ("queued", "running"), seconds=120, every=0.3
        )
        state = self._state
        assert (state["status"], state["frames_done"]) == ("ready", FRAMES)

    def _call(self, path: str, body: object = None) -> dict[str, object]:
        return self._portal.call(path, self._token, body)


@pytest.fixture
def build(portal: Launcher, token: str, cvat: StandIn) -> Build:
    return Build(portal, token, cvat)


def assert_all_gone(processes: set[int]) -> None:
    end = time.monotonic() + GONE_SECONDS
    while alive(processes) and time.monotonic() < end:
        time.sleep(0.1)
    assert alive(processes) == {}


def test_killed_launcher_in_mid_build_leaves_no_process_and_the_next_start_finishes_it(
    portal: Launcher, build: Build
) -> None:
    started = portal.children()
    keys = (portal.folder / ".env").read_text()
    portal.stop(signal.SIGKILL)

    assert_all_gone(started)
    portal.start()
    assert (portal.folder / ".env").read_text() == keys
    assert "password " not in portal.said.partition("The portal is ready")[0]
    build.assert_finishes()


def test_start_right_after_a_kill_of_launcher_and_reaper_finishes_the_build(
    portal: Launcher, build: Build
) -> None:
    started = portal.children()
    os.kill(portal.service("reaper.py"), signal.SIGKILL)
    portal.stop(signal.SIGKILL)

    portal.start()
    assert_all_gone(started)
    build.assert_finishes()


@pytest.mark.parametrize(
    ("service", "part"),
    [
        ("reaper", "reaper.py"),
        ("broker", "valkey-server"),
        ("worker", "celery -A config worker"),
        ("beat", "celery -A config beat"),
        ("web", "gunicorn"),
    ],
)
def test_killed_part_is_started_again_and_the_build_is_finished(
    portal: Launcher, build: Build, service: str, part: str
) -> None:
    main = portal.service(part)
    os.kill(main, signal.SIGKILL)

    eventually(lambda: f"{service} ended unexpectedly (signal 9)" in portal.said)
    eventually(lambda: not alive({main}) and portal.children(part))
    eventually(lambda: answers(lambda: portal.get("/health")[0] == 200))
    build.assert_finishes()


def answers(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except OSError:
        return False


def test_worker_and_beat_run_at_lower_priority_than_the_web_processes(portal: Launcher) -> None:
    def nicenesses(part: str) -> set[int]:
        return {os.getpriority(os.PRIO_PROCESS, pid) for pid in portal.children(part)}

    own = os.getpriority(os.PRIO_PROCESS, 0)
    eventually(lambda: nicenesses("celery -A config worker") == {max(own, 10)})
    eventually(lambda: nicenesses("celery -A config beat") == {max(own, 10)})
    assert nicenesses("gunicorn") == {own}


def test_sigterm_leaves_no_process(portal: Launcher) -> None:
    started = portal.children()

    assert portal.stop(signal.SIGTERM) == 0
    assert alive(started) == {}
