from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import logfiles, supervising
from launcher.processes import GroupList, Service
from launcher.supervising import GaveUp, StopRequested, Supervisor


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Supervisor]:
    monkeypatch.setattr(supervising, "FIRST_PAUSE", 0.01)
    groups = GroupList(tmp_path / "groups")
    supervisor = Supervisor(tmp_path / "logs", said.append, groups)
    yield supervisor
    supervisor.stop()
    groups.close()


def python(code: str, folder: Path) -> Service:
    return Service("worker", [sys.executable, "-c", code], folder)


def test_gives_up_on_what_dies_again_and_again(
    supervisor: Supervisor, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "STABLE_SECONDS", 3600.0)  # however slow the machine is
    supervisor.add(python("raise SystemExit('no such setting')", tmp_path))

    with pytest.raises(GaveUp, match=r"worker ended .*status 1.* several times") as error:
        supervisor.run()
    assert "no such setting" in str(error.value)
    assert len(said) == supervising.QUICK_DEATHS - 1


def test_shows_errors_of_the_log(supervisor: Supervisor, said: list[str], tmp_path: Path) -> None:
    code = (
        "import time; print('all fine'); print('[x: ERROR/y] broken', flush=True); time.sleep(60)"
    )
    supervisor.add(python(code, tmp_path))

    supervisor.wait_until(lambda: bool(said), what="Nothing said", seconds=30)
    assert said == ["worker: [x: ERROR/y] broken"]


def test_large_log_is_cut_while_the_service_goes_on_writing(
    supervisor: Supervisor, said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfiles, "MAX_BYTES", 50_000)
    code = "import itertools, time\nfor n in itertools.count():\n"
    code += "    print(n, 'x' * 1000, flush=True)\n"
    code += "    n == 300 and print('ERROR after the cut', flush=True)\n    time.sleep(0.005)"
    supervisor.add(python(code, tmp_path))

    supervisor.wait_until(lambda: bool(said), what="Nothing said", seconds=30)
    log, older = tmp_path / "logs" / "worker.log", tmp_path / "logs" / "worker.log.1"
    assert said == ["worker: ERROR after the cut"]
    assert older.exists()
    assert log.stat().st_size + older.stat().st_size < 300_000
    assert b"\0" not in log.read_bytes()


def test_errors_at_the_end_of_a_log_that_is_cut_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfiles, "MAX_BYTES", 1000)
    log = logfiles.LogFile(tmp_path / "worker.log")
    with log.open_for_append() as file:
        file.write(b"fine\n" * 300 + b"ERROR at the end\n")
    assert log.new_errors() == ["ERROR at the end"]
    assert log.path.stat().st_size == 0
    assert (tmp_path / "worker.log.1").stat().st_size > 1000


def test_waiting_ends_with_the_log(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.add(python("import time; time.sleep(60)", tmp_path))

    with pytest.raises(GaveUp, match="It never came after 0 s"):
        supervisor.wait_until(lambda: False, what="It never came", seconds=0.2)


def test_stops_when_asked(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.add(python("import time; time.sleep(60)", tmp_path))
    supervisor.request_stop()

    with pytest.raises(StopRequested):
        supervisor.run()


def test_service_that_may_not_start_yet_is_started_later(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    answers = [False, False, True]
    mark = tmp_path / "started"
    code = f"import time; open({str(mark)!r}, 'w'); time.sleep(60)"
    waiting = Service(
        "worker", [sys.executable, "-c", code], tmp_path, before=lambda: answers.pop(0)
    )
    supervisor.add(waiting)

    supervisor.wait_until(mark.exists, what="Not started", seconds=30)
    assert answers == []
