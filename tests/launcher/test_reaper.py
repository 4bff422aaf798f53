"""The process that ends what a killed launcher leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import reaper
from tests.conftest import BASE_DIR

SECONDS = 0.5

STUBBORN = (
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('x', flush=True)\n"
    "time.sleep(60)"
)


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own that SIGTERM does not end."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, process_group=0
    )
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def start(path: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The reaper, and the writing end of its pipe."""
    reading, writing = os.pipe()
    arguments = [str(reading), str(path), str(SECONDS)]
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(BASE_DIR / "launcher" / "reaper.py"), *arguments],
        pass_fds=(reading,),
    )
    os.close(reading)
    return process, writing


def test_ends_the_listed_groups_when_the_launcher_is_gone(
    tmp_path: Path, stubborn: subprocess.Popen[bytes]
) -> None:
    path = tmp_path / "groups"
    path.write_text(f"{stubborn.pid} worker\n")
    process, writing = start(path)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(3 * SECONDS)
    assert stubborn.poll() is None
    os.close(writing)

    assert stubborn.wait(20) == -signal.SIGKILL
    assert process.wait(20) == 0


def test_has_nothing_to_do_without_a_list(tmp_path: Path) -> None:
    process, writing = start(tmp_path / "none")
    os.close(writing)

    assert process.wait(20) == 0


def test_reads_numbers_that_can_be_groups_alone(tmp_path: Path) -> None:
    path = tmp_path / "groups"
    path.write_text("0 a\n1 b\n-5 c\n\nx y\n300 worker\n400 web")

    assert reaper.listed_groups(path) == {300: "worker", 400: "web"}
