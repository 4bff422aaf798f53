"""The ZIP of a publication while it is packed, for the thread that uploads it meanwhile.

CVAT wants to know the length of a file before its first byte (cvat-api 15.7). So once some pictures
are packed, the length of the whole ZIP is foreseen from theirs, with a margin, and the ZIP is
padded to it: with files that are named in no job, which CVAT leaves out (cvat-api 15.5). A task
without such names, whose jobs share frames, is not padded.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable
from pathlib import Path
from threading import Condition
from types import TracebackType

from selections.archives.entries import Line

LEAST_PICTURES, LEAST_SHARE = 50, 0.05  # that are packed before the length is foreseen
STANDARD_ERRORS, FIXED_MARGIN = 3, 0.02  # by which it exceeds what is likely
LARGEST_MARGIN = 0.125  # of what is likely: more is not worth to be uploaded


class TooLong(Exception):
    """The ZIP became longer than was foreseen: what was uploaded of it is of no use."""


class PackingFailed(Exception):
    """The thread that packs has failed, and says why."""


class UploadEnded(Exception):
    """The thread that uploads has ended before all was packed, and says why."""


class Foresight:
    """The likely length of a ZIP that has `empty` bytes without pictures, from how much each of its
    first pictures adds to it."""

    def __init__(self, pictures: int, *, empty: int) -> None:
        self._pictures = pictures
        self._empty = empty
        self._count, self._total, self._squares = 0, 0, 0

    def add(self, size: int) -> None:
        self._count += 1
        self._total += size
        self._squares += size * size

    def length(self) -> int | None:
        """None as long as too little is known."""
        count, rest = self._count, self._pictures - self._count
        if count < max(LEAST_PICTURES, LEAST_SHARE * self._pictures) or not rest:
            return None
        mean = self._total / count
        variance = max(self._squares / count - mean * mean, 0.0)
        error = math.sqrt(variance * rest * (1 + rest / count))  # of the sum of the rest
        margin = STANDARD_ERRORS * error + FIXED_MARGIN * rest * mean
        likely = mean * self._pictures
        return (
            math.ceil(self._empty + likely + margin) if margin <= LARGEST_MARGIN * likely else None
        )


class PackedFile:
    """The ZIP, between the thread that packs and the thread that uploads. What the second one asks
    for waits until the first one has come that far, and raises PackingFailed when it has failed.
    Without `is_read_meanwhile` the length is not foreseen: all is packed first."""

    def __init__(self, *, is_read_meanwhile: bool) -> None:
        self.is_read_meanwhile = is_read_meanwhile
        self._changed = Condition()
        self._file: io.FileIO | None = None
        self._length: int | None = None  # foreseen, or final
        self._relied_on: int | None = None  # the length for which the upload was begun
        self._first: Line | None = None
        self._lines: list[Line] | None = None  # of all pictures, once all are packed
        self._has_failed = self._has_upload_ended = False

    def __enter__(self) -> PackedFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    # The thread that packs

    def begin(self, first: Line) -> None:
        """The first picture has this line."""
        with self._changed:
            self._first = first
            self._changed.notify_all()

    def foresee(self, path: Path, length: int) -> None:
        """The file at this path will have this length: the upload may begin."""
        with self._changed:
            self._file, self._length = path.open("rb", buffering=0), length
            self._changed.notify_all()

    def withdraw(self) -> None:
        """What was foreseen does not hold."""
        with self._changed:
            self._length = None
            self._changed.notify_all()

    def advance(self) -> None:
        """The file has grown. Raises UploadEnded."""
        with self._changed:
            if self._has_upload_ended:
                raise UploadEnded
            self._changed.notify_all()

    def finish(self, path: Path, lines: list[Line]) -> None:
        """All is packed; `lines` are those of the manifest, in order."""
        with self._changed:
            if self._file is None:
                self._file = path.open("rb", buffering=0)
            self._length = path.stat().st_size
            self._lines, self._first = lines, lines[0]
            self._changed.notify_all()

    def fail(self) -> None:
        with self._changed:
            self._has_failed = True
            self._changed.notify_all()

    # The thread that uploads

    @property
    def size(self) -> int:
        """Bytes of the finished file."""
        with self._changed:
            self._wait_for(lambda: self._length is not None)
            self._relied_on = self._length
            return self._length or 0

    @property
    def first(self) -> Line:
        """The line of the first picture."""
        with self._changed:
            self._wait_for(lambda: self._first is not None)
            return self._first or {}

    @property
    def lines(self) -> list[Line]:
        """Of all pictures. Raises TooLong."""
        with self._changed:
            self._wait_for(lambda: self._is_too_long or self._lines is not None)
            if self._is_too_long or self._lines is None:
                raise TooLong
            return self._lines

    def read(self, start: int, length: int) -> bytes:
        """That many bytes, fewer at the end of the file. Raises TooLong."""
        with self._changed:
            self._wait_for(lambda: self._is_too_long or self._has(start + length))
            if self._is_too_long or self._file is None:
                raise TooLong
            number = self._file.fileno()
        return os.pread(number, length, start)

    def end_upload(self) -> None:
        with self._changed:
            self._has_upload_ended = True

    @property
    def _is_too_long(self) -> bool:
        return self._relied_on is not None and self._length != self._relied_on

    def _has(self, end: int) -> bool:
        file = self._file
        is_whole = self._lines is not None
        return is_whole or (file is not None and os.fstat(file.fileno()).st_size >= end)

    def _wait_for(self, is_there: Callable[[], bool]) -> None:
        self._changed.wait_for(lambda: self._has_failed or is_there())
        if self._has_failed:
            raise PackingFailed
