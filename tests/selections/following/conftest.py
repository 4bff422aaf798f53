"""A file that grows: the tests write it themselves, where a worker would."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import F

from selections.archives import growing
from selections.archives.following import CHUNK, Follower
from selections.models import Archive
from tests.making import make_archive, make_selection
from tests.selections.builds import Folders

CONTENT = os.urandom(3 * CHUNK + 12_345)
MIDDLE = CHUNK + 100


class Build:
    """A worker that writes a part of an archive; `attempt` takes it over."""

    def __init__(self, archive: Archive, folders: Folders, number: int = 1) -> None:
        self.archive = archive
        self._folders = folders
        self._number = number
        self.attempt()

    def attempt(self) -> None:
        """The worker before is dead: its file is removed, a new one is begun."""
        if self.archive.claimed_by is not None:
            self.path.unlink()
        self.worker = uuid.uuid4()
        Archive.objects.filter(pk=self.archive.pk).update(
            status="running",
            claimed_by=self.worker,
            files_begun=F("files_begun") + 1,
            frames_done=1,
        )
        self._written = b""
        self.archive.refresh_from_db()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = self.path.open("xb", buffering=0)

    @property
    def path(self) -> Path:
        assert self.archive.claimed_by is not None
        stem = growing.stem(self.archive, self.archive.claimed_by)
        return growing.part_path(stem, self._number)

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._written += content

    def store(self, *, copied: bool = False) -> Path:
        stored = self._folders.archives / f"{self._number}.zip"
        stored.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copyfile if copied else os.replace)(self.path, stored)
        return stored

    def finish(self, stored: Path, size: int, status: str = "ready") -> None:
        self.archive.parts.create(
            number=self._number,
            file=stored.name,
            size=size,
            sha256=hashlib.sha256(self._written).hexdigest(),
        )
        Archive.objects.filter(pk=self.archive.pk).update(status=status)


@pytest.fixture
def archive(alice: User) -> Archive:
    return make_archive(alice, make_selection(alice))


@pytest.fixture
def build(archive: Archive, folders: Folders) -> Build:
    return Build(archive, folders)


@pytest.fixture
def follower(archive: Archive) -> Iterator[Follower]:
    # An object of its own: the follower must ask the database.
    follower = Follower(Archive.objects.get(pk=archive.pk))
    yield follower
    follower.close()


def read(follower: Follower, length: int) -> bytes:
    content = b""
    while len(content) < length:
        content += next(follower)
    return content


def reading(follower: Follower, pieces: list[bytes]) -> threading.Thread:
    """Reads to the end beside the test."""

    def read_all() -> None:
        try:
            pieces.extend(follower)
        finally:
            connections.close_all()

    thread = threading.Thread(target=read_all)
    thread.start()
    return thread
