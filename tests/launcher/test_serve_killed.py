"""The portal starts again and finishes its builds, whichever of its processes was killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from standin.costs import Costs
from standin.samples import sample_world
from standin.server import StandIn
from tests.conftest import eventually
from tests.launcher.launching import Launcher, alive

pytestmark = [
    pytest.mark.worker,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc"),
]

TASK, FRAMES = 8, 700
GONE_SECONDS = 15  # after which no process of a killed launcher lives


@pytest.fixture(scope="module")
def cvat() -> Iterator[StandIn]:
    with StandIn(sample_world()) as running:
        yield running


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, cvat: StandIn) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path_factory.mktemp("running"))
    launcher.variables = {"CVAT_URL": cvat.url}
    launcher.start()
    yield launcher
    launcher.close()


@pytest.fixture
def launcher(tmp_path: Path, cvat: StandIn) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path)
    launcher.variables = {"CVAT_URL": cvat.url}
    yield launcher
    launcher.close()


class Build:
    """A build of a whole task that is under way."""

    def __init__(self, launcher: Launcher, cvat: StandIn) -> None:
        self._launcher, self._cvat = launcher, cvat
        cvat.costs = Costs(chunk=1.5, small_frame=0.2)
        cvat.requests.clear()
        made = launcher.manage("api_token", "alice", "--create-user")
        self._token = made.stdout.strip()
        account = {"username": "demo", "password": "demo-password"}
        self._call("/test-connection", {"url": cvat.url, **account})
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
        eventually(lambda: self._state["status"] not in ("queued", "running"), seconds=120)
        state = self._state
        assert (state["status"], state["frames_done"]) == ("ready", FRAMES)

    def _call(self, path: str, body: object = None) -> dict[str, object]:
        return self._launcher.call(path, self._token, body)


def assert_all_gone(processes: set[int]) -> None:
    end = time.monotonic() + GONE_SECONDS
    while alive(processes) and time.monotonic() < end:
        time.sleep(0.1)
    assert alive(processes) == {}


def test_killed_launcher_in_mid_build_leaves_no_process_and_the_next_start_finishes_it(
    launcher: Launcher, cvat: StandIn
) -> None:
    launcher.start()
    build = Build(launcher, cvat)
    started = launcher.children()
    keys = (launcher.folder / ".env").read_text()
    launcher.stop(signal.SIGKILL)

    assert_all_gone(started)
    launcher.start()
    assert (launcher.folder / ".env").read_text() == keys
    assert "password " not in launcher.said.partition("The portal is ready")[0]
    build.assert_finishes()


def test_start_right_after_a_kill_of_launcher_and_reaper_finishes_the_build(
    launcher: Launcher, cvat: StandIn
) -> None:
    launcher.start()
    build = Build(launcher, cvat)
    started = launcher.children()
    os.kill(min(launcher.children("reaper.py")), signal.SIGKILL)
    launcher.stop(signal.SIGKILL)

    launcher.start()
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
    running: Launcher, cvat: StandIn, service: str, part: str
) -> None:
    build = Build(running, cvat)
    main = min(running.children(part))
    os.kill(main, signal.SIGKILL)

    eventually(lambda: f"{service} ended unexpectedly (signal 9)" in running.said)
    eventually(lambda: not alive({main}) and running.children(part))
    eventually(lambda: answers(lambda: running.get("/health")[0] == 200))
    build.assert_finishes()


def answers(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except OSError:
        return False


def test_worker_and_beat_run_at_lower_priority_than_the_web_processes(running: Launcher) -> None:
    def nicenesses(part: str) -> set[int]:
        return {os.getpriority(os.PRIO_PROCESS, pid) for pid in running.children(part)}

    own = os.getpriority(os.PRIO_PROCESS, 0)
    eventually(lambda: nicenesses("celery -A config worker") == {max(own, 10)})
    eventually(lambda: nicenesses("celery -A config beat") == {max(own, 10)})
    assert nicenesses("gunicorn") == {own}
