"""Reads a ZIP file of an archive while a worker writes it, to its end."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.db import OperationalError, close_old_connections

from portal.database import is_busy
from selections.archives import growing
from selections.archives.spools import spool_of
from selections.models import Archive, ArchivePart

CHUNK = 2**18  # bytes
SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 0.25  # seconds between two looks at what has not grown
LOOK_SECONDS = 2.0  # between two looks at the archive while there is something to read
# Without a new byte. Longer than CVAT is waited for between two frames (time-outs and tries again):
# a reader holds a thread of the web server.
PATIENCE = 600.0
DATABASE_PATIENCE = 30.0  # seconds in which a database that cannot be asked comes back

ROW_FIELDS = ["status", "claimed_by", "files_begun", "frames_done", "error"]


class Broken(Exception):
    """What was read so far is not the beginning of the file of a finished archive."""


class NotVisible(Exception):
    """This machine does not see the file while it grows, or not when it is finished."""


class Follower:
    """Iterator over the bytes of one ZIP file of an archive that is being built, from `start` to
    `stop` or to its end. It waits for what is not written yet, and ends when the archive is ready
    or incomplete.

    At the end of the file the SHA-256 of all bytes, with those before `start` as this machine saw
    them, is compared with that of the worker. A worker that takes the build over writes the file
    again: reading goes on once that file begins with the bytes that were read.

    Raises Broken when the bytes differ, when the build ends without a file, when nothing is written
    for `patience` seconds, when the database cannot be asked for DATABASE_PATIENCE seconds, and
    when `is_wanted` says that nobody reads any more.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        number: int = 1,
        start: int = 0,
        stop: int | None = None,
        is_wanted: Callable[[], bool] = lambda: True,
        patience: float = PATIENCE,
    ) -> None:
        self.archive = archive
        self._number = number
        self._start = self._position = start
        self._stop = stop
        self._is_wanted = is_wanted
        self._patience = patience
        self._deadline = self._next_look = 0.0
        self._unanswered_since: float | None = None  # by the database
        self._file: BinaryIO | None = None
        self._read_so_far = _Beginning()
        # Of `_file`, while it is compared with what was read of another file.
        self._compared: _Beginning | None = None
        self._stored: ArchivePart | None = None  # once the archive has its file

    def begin(self, seconds: float) -> bool:
        """Wait until the first byte is there, or until the build has ended. False when the time is
        over. Raises NotVisible."""
        if not _are_stored_as_files():
            raise NotVisible
        deadline = time.monotonic() + seconds
        pauses = _pauses()
        while True:
            if self._has_ended():
                return True
            # Not the file of a worker before the present one: `archive` names the writer.
            opened = growing.open_part(self.archive, self._number)
            self._take(opened)
            if opened is not None and self._file is not None and _size(self._file) > self._start:
                return True
            if self.archive.frames_done and not spool_of(self.archive.pk).folder.is_dir():
                if self._has_ended():  # then the spool has been removed
                    return True
                raise NotVisible
            if time.monotonic() > deadline or not self._is_wanted():
                return False
            time.sleep(next(pauses))

    def __iter__(self) -> Follower:
        return self

    def __next__(self) -> bytes:
        self._deadline = time.monotonic() + self._patience
        # Not before the first byte, which is of the file that `begin` has found.
        has_begun = self._position > self._start
        if has_begun and self.archive.is_active and time.monotonic() >= self._next_look:
            self._look()
        for looks, pause in enumerate(_pauses()):
            if piece := self._read():
                self._position += len(piece)
                self._read_so_far.add(piece)
                return piece
            if self._is_over():
                break
            if not self._is_wanted():
                raise Broken("nobody reads it any more")
            if looks:  # mostly the file has grown after the first pause
                self._look()
            if time.monotonic() > self._deadline:
                raise Broken(f"nothing was written for {self._patience:g} seconds")
            time.sleep(pause)
        raise StopIteration

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _is_over(self) -> bool:
        """Raises Broken at the end of the file, if other bytes were read than were written."""
        if self._stored is None or self._position < self._stored.size:
            return self._position == self._stop
        if self._position > self._stored.size:
            raise Broken("its file ends before what was read")
        if self._read_so_far.sha256() != self._stored.sha256:
            raise Broken("other bytes were read than the worker has written")
        return True

    def _read(self) -> bytes:
        """What is there to be read; b"" for nothing yet, and at the end."""
        if self._file is None or not self._is_compared(self._file):
            return b""
        if not self._read_so_far.extend(self._file, self._position):  # those before `start`
            return b""
        length = CHUNK if self._stop is None else min(CHUNK, self._stop - self._position)
        return os.pread(self._file.fileno(), length, self._position)

    def _look(self) -> None:
        """Find out what has become of the build, at a later look if the database is busy or
        restarts: what is read meanwhile is compared at the end all the same."""
        self._next_look = time.monotonic() + LOOK_SECONDS
        try:
            self._find_out()
        except OperationalError as error:
            if not is_busy(error):
                raise
            close_old_connections()
            now = time.monotonic()
            self._unanswered_since = self._unanswered_since or now
            if now - self._unanswered_since >= DATABASE_PATIENCE:
                raise Broken(f"the database cannot be asked: {error}") from error
        else:
            self._unanswered_since = None

    def _find_out(self) -> None:
        self._refresh()
        if self.archive.is_active:
            self._take(growing.open_part(self.archive, self._number))
        elif self.archive.has_file:
            self._take_stored()
        else:
            raise Broken(f"its status is {self.archive.status}")

    def _has_ended(self) -> bool:
        self._refresh()
        return not self.archive.is_active

    def _refresh(self) -> None:
        try:
            self.archive.refresh_from_db(fields=ROW_FIELDS)
        except Archive.DoesNotExist:
            raise Broken("it was deleted") from None

    def _take_stored(self) -> None:
        part = self.archive.parts.filter(number=self._number).first()
        if part is None:
            raise Broken(f"it has no part {self._number}")
        try:
            file = Path(part.file.path).open("rb", buffering=0)  # noqa: SIM115  (see close)
        except FileNotFoundError:
            raise Broken("its file is gone") from None
        self._take(file)
        self._stored = part
        if self._stop is None:
            self._compared = None  # the SHA-256 of the whole is compared at the end
        if self._file is None or _size(self._file) != part.size:
            raise Broken("its file has not the recorded size")

    def _take(self, file: BinaryIO | None) -> None:
        """Read this file from now on, if it is another one."""
        if file is None:
            return
        if self._file is not None:
            if os.path.samestat(os.fstat(file.fileno()), os.fstat(self._file.fileno())):
                file.close()
                return
            self._file.close()
        self._file = file
        if self._position > self._start:
            self._compared = _Beginning()
        else:
            self._read_so_far = _Beginning()

    def _is_compared(self, file: BinaryIO) -> bool:
        """Whether the file begins with the bytes that were read; False while it is too short."""
        if self._compared is None:
            return True
        before = self._compared.length
        is_long_enough = self._compared.extend(file, self._position)
        if self._compared.length > before:
            self._deadline = time.monotonic() + self._patience
        if not is_long_enough:
            return False
        if self._compared.sha256() != self._read_so_far.sha256():
            raise Broken("it was built again with other bytes")
        self._compared = None
        return True


class _Beginning:
    """The SHA-256 of the first `length` bytes of a file."""

    def __init__(self) -> None:
        self.length = 0
        self._hash = hashlib.sha256()

    def sha256(self) -> str:
        return self._hash.hexdigest()

    def add(self, piece: bytes) -> None:
        self._hash.update(piece)
        self.length += len(piece)

    def extend(self, file: BinaryIO, length: int) -> bool:
        """Read on up to this length. False while the file is shorter."""
        while self.length < length:
            piece = os.pread(file.fileno(), min(CHUNK, length - self.length), self.length)
            if not piece:
                return False
            self.add(piece)
        return True


def _are_stored_as_files() -> bool:
    """False for a storage elsewhere, from whose files one could not read on at once."""
    try:
        ArchivePart._meta.get_field("file").storage.path("a name")
    except NotImplementedError:
        return False
    return True


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _pauses() -> Iterator[float]:
    pause = SHORTEST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE)
