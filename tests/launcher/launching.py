"""Starts `manage.py serve` for real, on a folder and ports of its own."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from config import envfile
from launcher.ports import free_ports
from portal.models import ApiToken
from tests.conftest import BASE_DIR, eventually

# Collected static files and a migrated database, which take seconds of CPU. They are those of the
# first portal of this run; the others wait for it, and begin with a copy.
PREPARED = Path(os.environ["TEST_RUN_DIR"]) / "prepared"
# Made by the first test that uses a database (tests/database). The demo migrates an empty one.
MIGRATED = PREPARED.with_name("migrated.sqlite")
# Only a portal that hangs takes so long, however busy the machine.
START_SECONDS = 300
STOP_SECONDS = 120


class Launcher:
    """A portal in `folder`, which may be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.standin_port = free_ports(2)
        self.output = folder / "output"
        self.variables: dict[str, str] = {}  # beside those that every launcher gets
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """As in a fresh shell: nothing of the tests' settings, nothing of another set-up."""
        known = {*envfile.variable_names(), "DJANGO_SETTINGS_MODULE"}
        inherited = {name: value for name, value in os.environ.items() if name not in known}
        return inherited | {
            "ENV_FILE": str(self.folder / ".env"),
            "VAR_DIR": str(self.folder / "var"),
            "PORT": str(self.port),
            "STANDIN_PORT": str(self.standin_port),
            **self.variables,
        }

    @property
    def data(self) -> Path:
        return self.folder / "var"

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self._prepared():
            return subprocess.run(
                [sys.executable, "manage.py", *arguments],
                check=False,
                cwd=BASE_DIR,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=START_SECONDS,
            )

    def start(self) -> None:
        with self._prepared():
            self._start()

    def _start(self) -> None:
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=BASE_DIR,
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        eventually(lambda: self.is_ready or self.process.poll() is not None, seconds=START_SECONDS)
        assert self.is_ready, self.said

    @contextmanager
    def _prepared(self) -> Iterator[None]:
        """With the data of an earlier start, or else with what the first portal has prepared; or as
        that first one."""
        if self.data.exists():
            yield
            return
        with PREPARED.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not PREPARED.exists():
                if MIGRATED.exists():
                    self.data.mkdir(mode=0o700)
                    shutil.copyfile(MIGRATED, self.data / "db.sqlite3")
                yield
                self._share_prepared()
                return
        shutil.copytree(PREPARED, self.data)
        yield

    def _share_prepared(self) -> None:
        copy = PREPARED.with_suffix(".part")
        shutil.copytree(self.data / "staticfiles", copy / "staticfiles")
        with (
            closing(sqlite3.connect(self.data / "db.sqlite3")) as own,
            closing(sqlite3.connect(copy / "db.sqlite3")) as empty,
        ):
            own.backup(empty)
            empty.execute("DELETE FROM auth_user")  # the administrator, whom each portal makes
            empty.commit()
        copy.rename(PREPARED)

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def is_ready(self) -> bool:
        return "The portal is ready" in self.said

    def get(self, path: str) -> tuple[int, str]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()

    def call(self, path: str, token: str, body: object = None) -> Any:
        """The JSON of an answer of the API."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api{path}", data=data, headers=headers
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def token(self, name: str) -> str:
        """A token of a new person, as `manage.py api_token` issues it with two seconds of CPU."""
        file = str(self.data / "db.sqlite3")
        of_tests = connections["default"].settings_dict
        connections["launcher"] = DatabaseWrapper(
            {**of_tests, "NAME": file, "OPTIONS": {"timeout": 60}}, "launcher"
        )
        try:
            owner = User.objects.db_manager("launcher").create_user(name)
            return ApiToken.objects.using("launcher").issue(owner=owner, name="tests")[1]
        finally:
            connections["launcher"].close()
            del connections["launcher"]

    def children(self, containing: str = "") -> set[int]:
        """The processes below the launcher whose command has that text."""
        return {pid for pid in descendants(self.process.pid) if containing in command_of(pid)}

    def service(self, containing: str) -> int:
        """The process that the launcher itself started with that text in its command. It need not
        be the one with the lowest number: numbers begin anew after the highest."""
        [process] = {pid for pid in self.children(containing) if parent_of(pid) == self.process.pid}
        return process

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.stop()


def descendants(pid: int) -> set[int]:
    parents: dict[int | None, set[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parents.setdefault(parent_of(int(entry.name)), set()).add(int(entry.name))
    below, todo = set(), [pid]
    while todo:
        for child in parents.get(todo.pop(), ()):
            below.add(child)
            todo.append(child)
    return below


def parent_of(pid: int) -> int | None:
    """None of a process that has ended."""
    stat = _read(Path(f"/proc/{pid}/stat"))
    found = re.match(r"\d+ \(.*\) (\S) (\d+)", stat, re.DOTALL)
    return int(found[2]) if found and found[1] != "Z" else None


def command_of(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/cmdline")).replace("\0", " ")


def alive(pids: set[int]) -> dict[int, str]:
    """Those that still run. A command that is gone belongs to a zombie."""
    return {pid: command for pid in pids if (command := command_of(pid))}


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
