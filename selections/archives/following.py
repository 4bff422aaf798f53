"""Reads a ZIP file of an archive while a worker writes it, to its end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from selections.archives import growing
from selections.archives.spools import spool_of
from selections.models import Archive, ArchivePart

CHUNK = 2**18  # bytes
SHORTEST_PAUSE, LONGEST_PAUSE = 0.01, 0.25  # seconds between two looks at what has not grown


class Broken(Exception):
    """What was read so far is not the beginning of the file of a finished archive."""


class NotVisible(Exception):
    """This machine does not see the file while it grows, or not when it is finished."""


class Follower:
    """Iterator over the bytes of one ZIP file of an archive that is being built, from `start` to
    `stop` or to its end. It waits for what is not written yet, and ends when the archive is ready
    or incomplete.

    A worker that takes the build over writes the file again. What was read is compared with the new
    file before reading goes on in it. Raises Broken when the bytes differ, when the build ends
    without a file, and when `is_wanted` says that nobody reads any more.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        number: int = 1,
        start: int = 0,
        stop: int | None = None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self.archive = archive
        self._number = number
        self._start = self._position = start
        self._stop = stop
        self._is_wanted = is_wanted
        self._file: BinaryIO | None = None
        # The file that was read so far, until it is compared with `_file`.
        self._earlier: BinaryIO | None = None
        self._compared = 0  # bytes
        self._size: int | None = None  # of the finished file

    def begin(self, seconds: float) -> bool:
        """Wait until the first byte is there, or until the build has ended. False when the time is
        over. Raises NotVisible."""
        if not _are_stored_as_files():
            raise NotVisible
        deadline = time.monotonic() + seconds
        pauses = _pauses()
        while True:
            self._refresh()
            if not self.archive.is_active:
                return True
            # Not the file of a worker before the present one: `archive` names the writer.
            opened = growing.open_part(self.archive, self._number)
            self._take(opened)
            if opened is not None and self._file is not None and _size(self._file) > self._start:
                return True
            if self.archive.frames_done and not spool_of(self.archive.pk).folder.is_dir():
                raise NotVisible
            if time.monotonic() > deadline or not self._is_wanted():
                return False
            time.sleep(next(pauses))

    def __iter__(self) -> Follower:
        return self

    def __next__(self) -> bytes:
        for looks, pause in enumerate(_pauses()):
            if piece := self._read():
                self._position += len(piece)
                return piece
            if self._is_over():
                break
            if not self._is_wanted():
                raise Broken("nobody reads it any more")
            if looks:  # mostly the file has grown after the first pause
                self._look()
            time.sleep(pause)
        raise StopIteration

    def close(self) -> None:
        for file in (self._file, self._earlier):
            if file is not None:
                file.close()

    def _is_over(self) -> bool:
        return self._position in (self._size, self._stop)

    def _read(self) -> bytes:
        """What is there to be read; b"" for nothing yet, and at the end."""
        if self._file is None or not self._is_compared(self._file):
            return b""
        length = CHUNK if self._stop is None else min(CHUNK, self._stop - self._position)
        return os.pread(self._file.fileno(), length, self._position)

    def _look(self) -> None:
        """Find out what has become of the build."""
        self._refresh()
        if self.archive.is_active:
            self._take(growing.open_part(self.archive, self._number))
        elif self.archive.has_file:
            self._take_stored()
        else:
            raise Broken(f"its status is {self.archive.status}")

    def _refresh(self) -> None:
        try:
            self.archive.refresh_from_db(fields=["status", "claimed_by", "frames_done"])
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
        self._size = part.size
        if self._file is None or _size(self._file) != self._size:
            raise Broken("its file has not the recorded size")

    def _take(self, file: BinaryIO | None) -> None:
        """Read this file from now on, if it is another one."""
        if file is None:
            return
        if self._file is not None and _is_same(file, self._file):
            file.close()
            return
        if self._position > self._start and self._earlier is None:
            self._earlier = self._file
        elif self._file is not None:
            self._file.close()
        self._file, self._compared = file, 0

    def _is_compared(self, file: BinaryIO) -> bool:
        """Whether the file has the same bytes as what was read; False while it is too short."""
        if self._earlier is None:
            return True
        while self._compared < self._position:
            length = min(CHUNK, self._position - self._compared)
            piece = os.pread(file.fileno(), length, self._compared)
            if not piece and self._size is None:
                return False
            if not piece or piece != os.pread(self._earlier.fileno(), len(piece), self._compared):
                raise Broken("it was built again with other bytes")
            self._compared += len(piece)
        self._earlier.close()
        self._earlier = None
        return True


def _are_stored_as_files() -> bool:
    """False for a storage elsewhere, with whose file no comparison would be quick."""
    try:
        ArchivePart._meta.get_field("file").storage.path("a name")
    except NotImplementedError:
        return False
    return True


def _is_same(one: BinaryIO, other: BinaryIO) -> bool:
    return os.path.samestat(os.fstat(one.fileno()), os.fstat(other.fileno()))


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _pauses() -> Iterator[float]:
    pause = SHORTEST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE)
