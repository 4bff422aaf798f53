"""The pictures in the ZIP files that an earlier attempt at an archive has written.

A build removes from its spool what is in its ZIP, so an attempt that goes on takes these pictures
from there. Beside each ZIP file lies a list of its pictures: a line of JSON for each, as in the
manifest, in their order. A line is written only after its picture, so each line is valid even if
the worker died while it wrote the ZIP.
"""

from __future__ import annotations

import io
import os
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from selections.archives.pieces import DamagedPiece, Picture, Reader
from selections.archives.zip_format import Member

LIST = ".list"  # ending of a list, in place of the .zip of its ZIP file
LINK_SUFFIX = ".kept"  # ending of the second name of a ZIP file that is moved into the storage


class _Line(msgspec.Struct):
    task_id: int
    frame: int
    path: str
    size: int
    crc32: str
    recompressed: bool = False
    paths: tuple[str, ...] = ()  # with copies


_decode = msgspec.json.Decoder(_Line).decode


def lists_of_furthest(folder: Path, prefix: str) -> list[Path]:
    """The lists, one per part, of the attempt with the most bytes. The other attempts hold a
    beginning of the same pictures."""
    by_attempt: dict[str, list[Path]] = {}
    for path in sorted(folder.glob(f"{prefix}*{LIST}"), key=_part):
        by_attempt.setdefault(path.name.rsplit(".", 2)[0], []).append(path)
    attempts = by_attempt.values()
    return max(attempts, key=lambda lists: sum(map(_length, lists)), default=[])


def zip_of(listing: Path) -> Path:
    """The ZIP file of a list, under the name that it has."""
    second = listing.with_suffix(LINK_SUFFIX)
    return second if second.exists() else listing.with_suffix(".zip")


def link_for_retry(zip_file: Path) -> None:
    """Give a ZIP file a second name, which stays when it is moved into the storage. A file system
    that cannot do that costs fetching its pictures again."""
    with suppress(OSError):
        os.link(zip_file, zip_file.with_suffix(LINK_SUFFIX))


class WrittenPictures:
    """The pictures in the ZIP files of some lists, in the order of the parts. For one thread, but
    for `has`."""

    def __init__(self, lists: Sequence[Path] = ()) -> None:
        # Arrays, because there may be a million pictures: one position for each, ascending by key.
        self._keys, self._starts = array("Q"), array("Q")
        self._sizes, self._crc32s = array("Q"), array("Q")
        self._recompressed: set[int] = set()  # keys
        self._dropped: set[int] = set()
        self._zips: list[Path] = []
        self._first_positions: list[int] = []  # of each ZIP file
        self._opened: tuple[Path, io.FileIO] | None = None
        for listing in lists:
            self._add(listing)

    def close(self) -> None:
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def has(self, task_id: int, frame: int) -> bool:
        return self._position(task_id, frame) is not None

    def picture(self, task_id: int, frame: int, reader: Reader) -> Picture:
        """A picture that is there. Raises DamagedPiece if it has another checksum, and OSError."""
        position = self._position(task_id, frame)
        if position is None:
            raise KeyError(frame)
        zip_file = self._open(self._zips[bisect_right(self._first_positions, position) - 1])
        picture = reader.picture(zip_file, self._starts[position], self._sizes[position])
        if picture.crc32 != self._crc32s[position]:
            picture.file.close()
            raise DamagedPiece(f"frame {frame} is damaged in the ZIP")
        return picture._replace(is_recompressed=self._keys[position] in self._recompressed)

    def drop(self, task_id: int, frames: Iterable[int]) -> None:
        self._dropped.update(_key(task_id, frame) for frame in frames)

    def drop_task(self, task_id: int) -> None:
        first = bisect_left(self._keys, _key(task_id, 0))
        self._dropped.update(self._keys[first : bisect_left(self._keys, _key(task_id + 1, 0))])

    def _position(self, task_id: int, frame: int) -> int | None:
        key = _key(task_id, frame)
        position = bisect_left(self._keys, key)
        is_there = position < len(self._keys) and self._keys[position] == key
        return position if is_there and key not in self._dropped else None

    def _open(self, path: Path) -> io.FileIO:
        """The file, which stays open until another one is."""
        if self._opened is None or self._opened[0] != path:
            self.close()
            self._opened = path, path.open("rb", buffering=0)
        return self._opened[1]

    def _add(self, listing: Path) -> None:
        path = zip_of(listing)
        if not path.exists():
            return
        length = _length(path)
        self._zips.append(path)
        self._first_positions.append(len(self._keys))
        for line, start in _lines(listing):
            key = _key(line.task_id, line.frame)
            # Of a machine that lost its power, a list may have more than its ZIP file.
            if start + line.size > length or (self._keys and key <= self._keys[-1]):
                return
            self._keys.append(key)
            self._starts.append(start)
            self._sizes.append(line.size)
            self._crc32s.append(int(line.crc32, 16))
            if line.recompressed:
                self._recompressed.add(key)


def _lines(listing: Path) -> Iterator[tuple[_Line, int]]:
    """The lines, each with the start of its picture in the ZIP file; without one that is cut."""
    end = 0
    with listing.open("rb") as file, suppress(ValueError):
        for text in file:
            line = _decode(text)
            for path in line.paths or (line.path,):
                start = end + len(Member(path, line.size, int(line.crc32, 16)).header())
                end = start + line.size
            yield line, start


def _key(task_id: int, frame: int) -> int:
    return task_id << 32 | frame


def _part(listing: Path) -> int:
    number = listing.name.rsplit(".", 2)[1]
    return int(number) if number.isdecimal() else 0


def _length(path: Path) -> int:
    return path.stat().st_size
