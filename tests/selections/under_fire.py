"""Imported by the workers that test_kills.py kills: they write down what they do, and linger
where kills would else hardly ever hit."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files.storage import FileSystemStorage

from selections.archives import building, zipping
from selections.models import Archive

LINGER = 0.12  # seconds


class Event(NamedTuple):
    what: str  # claim, add, finish, store, end; double: claimed while another still built it
    archive: int
    process: int


def events(path: Path) -> list[Event]:
    if not path.exists():
        return []
    lines = (line.split() for line in path.read_text().splitlines())
    return [Event(what, int(archive), int(process)) for what, archive, process in lines]


def under_way(happened: list[Event]) -> dict[int, Event]:
    """process -> the last it said of a build that has not ended; of processes that are alive."""
    return {process: event for process, event in last_said(happened).items() if is_alive(process)}


def last_said(happened: list[Event]) -> dict[int, Event]:
    """process -> the last it said of a build that has not ended, also of killed processes."""
    last: dict[int, Event] = {}
    for event in happened:
        if event.what == "end":
            last.pop(event.process, None)
        elif event.what != "double":
            last[event.process] = event
    return last


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


class _Spy:
    """What this process does, written down as it begins."""

    archive = 0
    what = ""

    def say(self, what: str) -> None:
        if what == self.what == "add":
            return
        self.what = what
        # One write to a file opened for appending: lines of several processes never mix.
        file = os.open(os.environ["FIRE_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{what} {self.archive} {os.getpid()}\n".encode())
        os.close(file)

    def watch(self) -> None:
        self._watch_builds()
        self._watch_zipping()
        self._watch_storing()

    def _watch_builds(self) -> None:
        build, claim = building.build, Archive.claim

        def watched_build(archive_id: int) -> bool:
            has_built = build(archive_id)
            if self.what:
                self.say("end")
            self.what = ""
            return has_built

        def watched_claim(archive: Archive, worker: Any) -> bool:
            took = claim(archive, worker)
            if took:
                self.archive = archive.pk
                others = under_way(events(Path(os.environ["FIRE_LOG"]))).values()
                self.say("claim")
                if any(other.archive == archive.pk for other in others):
                    self.say("double")
            return took

        building.build = watched_build
        Archive.claim = watched_claim

    def _watch_zipping(self) -> None:
        add, finish = zipping.ZipWriter.add, zipping.ZipWriter.finish

        def watched_add(writer: zipping.ZipWriter, *arguments: Any, **options: Any) -> None:
            self.say("add")
            add(writer, *arguments, **options)

        def watched_finish(writer: zipping.ZipWriter, *arguments: Any, **options: Any) -> Any:
            self.say("finish")
            time.sleep(LINGER)
            parts = finish(writer, *arguments, **options)
            time.sleep(LINGER)
            return parts

        zipping.ZipWriter.add = watched_add
        zipping.ZipWriter.finish = watched_finish

    def _watch_storing(self) -> None:
        save = FileSystemStorage._save

        def watched_save(storage: FileSystemStorage, name: str, content: Any) -> str:
            self.say("store")
            time.sleep(LINGER)
            saved = save(storage, name, content)
            time.sleep(LINGER)
            return saved

        FileSystemStorage._save = watched_save


if "FIRE_LOG" in os.environ:
    _Spy().watch()
