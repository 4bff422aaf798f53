"""The sink that writes ZIP files: entries stored without compression, ZIP64 where needed.

The same entries give the same bytes: no time of building is written. A file is only ever written at
its end, so that others can read it while it grows (growing.py).
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple

from selections.archives import zip_format
from selections.archives.entries import Entry, Line, ListedFrame, PartSource
from selections.archives.growing import part_path
from selections.archives.naming import manifest_name
from selections.archives.written import LIST
from selections.formats.format import Room

HASH_STEP = COPY_STEP = 8 * 2**20  # bytes
HASH_BUFFER = 2**20
WRITE_STEP = 2**20  # bytes that wait in memory to be written at once, about
GATHERED = 2**16  # bytes of what is copied to what waits; what is larger is written from its place
COPY_OVERHEAD = 200  # bytes that the ZIP says of a further copy of a picture, without its path
FILE_OVERHEAD = 1024  # bytes that the ZIP and its manifest say of a file of a PartSource, at most


class WrittenPart(NamedTuple):
    """A finished ZIP file."""

    path: Path
    size: int  # bytes
    sha256: str
    entries: int  # its manifest included


class ZipWriter:
    """Writes entries in their order. Begins a new part, which is a ZIP file of its own, when the
    next entry would make the present part larger than `part_size` bytes or give it more than
    `part_files` files (0: without a limit).

    The files of `sources` follow at the end of each part, then its manifest: `about`, and the lines
    of the entries. The name of the manifest has the number `selection`, see manifest_name.

    Beside each part lies the list of its pictures (written.py). What was added is in both after
    `flush`, or once there is enough to be written at once. When the with-block ends with an
    error, the parts that have pictures stay for the next attempt, with their lists.
    """

    def __init__(
        self,
        stem: Path,
        *,
        part_size: int,
        about: dict[str, Any],
        part_files: int = 0,
        selection: int | None = None,
        sources: Sequence[PartSource] = (),
    ) -> None:
        self.parts: list[WrittenPart] = []
        self._stem = stem
        self._sources = sources
        self._part_size = part_size
        self._part_files = part_files
        self._selection = selection
        self._about = about
        self._about_size = len(_keys(about))
        self._current = self._new_part()

    def __enter__(self) -> ZipWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._current.close()
        if error is not None and not self._current.has_pictures:
            self._current.remove()

    def add(self, entry: Entry) -> None:
        """Write a picture, which has a line for the manifest."""
        files, length = self._added_room(entry)
        length += COPY_OVERHEAD * len(entry.copies)
        added = len(entry.copies) + files
        if self._part_files and self._current.files_with_manifest + added >= self._part_files:
            self._begin_part()
        if self._part_size:
            # Its line stands in the manifest; what the directory says of it is shorter than that.
            name_size = sum(len(path.encode()) for path in (entry.path, *entry.copies))
            line_size = len(_json(entry.line)) + 2 * name_size + 100
            self._make_room(entry.size * entry.files + name_size + 2 * line_size + length)
        line = self._current.add(entry)
        self._current.reserve(files, length)
        for source in self._sources:
            source.add(line)

    def add_listed(self, frame: ListedFrame) -> None:
        """Name a frame in the manifest, without a picture. Parts must be without limits."""
        line = self._current.list_frame(frame)
        for source in self._sources:
            source.add(line)

    def flush(self) -> None:
        """Write all that was added: now its pictures may be removed where they were fetched to."""
        self._current.flush()

    def finish(
        self,
        problems: list[Line],
        left_out: list[Line] | None = None,
        about: dict[str, Any] | None = None,
    ) -> list[WrittenPart]:
        """The parts. The manifest of the last one names the missing frames, with their reasons, and
        those that were left out; what else it says is `about`."""
        last_keys = {"problems": problems} | ({"left_out": left_out} if left_out else {})
        last_keys |= about or {}
        if self._part_size:
            self._make_room(len(_keys(last_keys)))
        self._end_part(last_keys, is_only=not self.parts)
        return self.parts

    def _room(self, line: Line | None) -> Room:
        """How many files and bytes the sources add at most for this line, see PartSource."""
        rooms = [source.room(line) for source in self._sources]
        files = sum(room.files for room in rooms)
        return Room(files, sum(room.bytes for room in rooms) + files * FILE_OVERHEAD)

    def _added_room(self, entry: Entry) -> Room:
        if entry.line is None or not (self._part_files or self._part_size):
            return Room(0, 0)
        return self._room(entry.line | {"path": entry.path})

    def _make_room(self, length: int) -> None:
        size = self._current.final_size + self._about_size + length
        if size > self._part_size and self._current.count:
            self._begin_part()

    def _begin_part(self) -> None:
        self._end_part({"problems": []}, is_only=False)
        self._current = self._new_part()

    def _new_part(self) -> _ZipFile:
        part = _ZipFile(part_path(self._stem, len(self.parts) + 1))
        if self._part_files or self._part_size:
            part.reserve(*self._room(None))
        return part

    def _end_part(self, last_keys: dict[str, Any], *, is_only: bool) -> None:
        number = None if is_only else len(self.parts) + 1
        for source in self._sources:
            for entry in source.entries(number):
                self._current.add(entry)
        about = self._about | ({"part": number} if number else {})
        name = manifest_name(number, selection=self._selection)
        self.parts.append(self._current.end(about, last_keys, name))


class _ZipFile:
    """A ZIP file that is being written, at its end alone."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self.has_pictures = False
        self.size = 0  # bytes
        self._path = path
        self._file = path.open("xb", buffering=0)
        self._pending = bytearray()  # the end of what was added, not in the file yet
        # The lines of the manifest and the records of the directory grow with the archive, so they
        # wait on disk, not in memory.
        self._listing = path.with_suffix(LIST).open("w+b")
        self._files = path.with_suffix(".files").open("w+b")  # lines of those that are no pictures
        self._directory = path.with_suffix(".directory").open("w+b")
        self._digest = _Digest(path)
        self._reserved_files = self._reserved_bytes = 0

    def reserve(self, files: int, length: int) -> None:
        """Count files of `length` bytes in all that are added at the end."""
        self._reserved_files += files
        self._reserved_bytes += length

    @property
    def files_with_manifest(self) -> int:
        return self.count + self._reserved_files + 1

    @property
    def final_size(self) -> int:
        """With the list of frames in the manifest, the directory (which is shorter) and what is
        reserved."""
        return self.size + 2 * self._listing.tell() + 1024 + self._reserved_bytes

    def add(self, entry: Entry) -> Line:
        """Write a file, and its copies. Returns its line in the manifest."""
        start = entry.file.tell()
        crc32 = self._put(entry)
        for path in entry.copies:
            entry.file.seek(start)
            self._put(entry._replace(path=path, crc32=crc32))
        added = {"path": entry.path, "size": entry.size, "crc32": f"{crc32:08x}"}
        paths = {"paths": [entry.path, *entry.copies]} if entry.copies else {}
        line = (entry.line or {}) | added | paths
        if entry.line is None:
            self._files.write(_json(line) + b"\n")
        else:
            self.has_pictures = True
            self._listing.write(_json(line) + b"\n")
        return line

    def list_frame(self, frame: ListedFrame) -> Line:
        """Returns its line in the manifest."""
        paths = {"paths": [frame.path, *frame.copies]} if frame.copies else {}
        line = frame.line | {"path": frame.path} | paths
        self._listing.write(_json(line) + b"\n")
        return line

    def end(self, about: dict[str, Any], missing: dict[str, Any], manifest: str) -> WrittenPart:
        """Write the manifest, last: `about`, "files" if there are any, `missing`, "frames"."""
        self._add_manifest(about, missing, manifest)
        start, length = self.size, self._directory.tell()
        self._directory.seek(0)
        self._append(_blocks(self._directory, length))
        self._append([zip_format.end(members=self.count, start=start, length=length)])
        self._write()
        sha256 = self._digest.finish(self.size)
        self.close()
        return WrittenPart(self._path, self.size, sha256, self.count)

    def flush(self) -> None:
        """A line of the list is valid once its picture is in the ZIP, so the list comes second."""
        self._write()
        self._listing.flush()

    def close(self) -> None:
        with suppress(OSError):  # what could not be written is still where it was fetched to
            if not self._file.closed:
                self.flush()
        self._digest.close()
        self._file.close()
        for temporary in (self._listing, self._files, self._directory):
            with suppress(OSError):  # what could not be written is not needed any more
                temporary.close()
        for temporary in (self._files, self._directory):
            Path(temporary.name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the file and its list, which are closed."""
        for path in (self._path, Path(self._listing.name)):
            path.unlink(missing_ok=True)

    def _add_manifest(self, about: dict[str, Any], missing: dict[str, Any], name: str) -> None:
        path = self._path.with_suffix(".manifest")
        with path.open("w+b") as file:
            path.unlink()
            file.write(b"{" + _keys(about))
            if self._files.tell():
                file.writelines(_array("files", self._files))
                file.write(b",")
            file.write(_keys(missing))
            file.writelines(_array("frames", self._listing))
            file.write(b"\n}\n")
            size = file.tell()
            file.seek(0)
            self._put(Entry(name, file, size))

    def _put(self, entry: Entry) -> int:
        """Write a member. Returns the CRC-32 of its bytes."""
        crc32 = _checksum(entry) if entry.crc32 is None else entry.crc32
        member = zip_format.Member(entry.path, entry.size, crc32)
        self._directory.write(member.record(self.size))
        self._append([member.header()])
        blocks = _blocks(entry.file, entry.size)
        is_in_memory = isinstance(entry.file, io.BytesIO)
        self._append(blocks if is_in_memory else _compared(blocks, crc32, entry.path))
        self.count += 1
        return crc32

    def _append(self, blocks: Iterable[bytes]) -> None:
        for block in blocks:
            self.size += len(block)
            if len(block) > GATHERED:
                self._write(block)
                continue
            self._pending += block
            if len(self._pending) >= WRITE_STEP:
                self._write()

    def _write(self, block: bytes = b"") -> None:
        """Write what waits, and the block behind it. Each call gives other threads a turn, which
        takes longer than to write a small picture."""
        waiting, self._pending = self._pending, bytearray()
        rest = [memoryview(each) for each in (waiting, block) if each]
        while rest:
            count = os.writev(self._file.fileno(), rest)
            while rest and count >= len(rest[0]):
                count -= len(rest.pop(0))
            if count:
                rest[0] = rest[0][count:]
        self._digest.advance(self.size)


def _checksum(entry: Entry) -> int:
    """The CRC-32 of the bytes of the entry, which are read once more for the ZIP."""
    start, crc32 = entry.file.tell(), 0
    for block in _blocks(entry.file, entry.size):
        crc32 = zlib.crc32(block, crc32)
    entry.file.seek(start)
    return crc32


def _blocks(file: io.BufferedIOBase, length: int) -> Iterator[bytes]:
    """`length` bytes from the present position on."""
    while length:
        block = file.read(min(length, COPY_STEP))
        if not block:
            raise RuntimeError(f"{length} bytes of a file are missing")
        yield block
        length -= len(block)


def _compared(blocks: Iterable[bytes], crc32: int, path: str) -> Iterator[bytes]:
    """The blocks of a file that was read before for its CRC-32. OSError if the disk gives other
    bytes now: the ZIP would be damaged."""
    actual = 0
    for block in blocks:
        actual = zlib.crc32(block, actual)
        yield block
    if actual != crc32:
        raise OSError(errno.EIO, f"{path} is damaged, the disk gave other bytes. Try again")


class _Digest:
    """The SHA-256 of a file that grows, computed by a thread beside the one that writes it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._hash = hashlib.sha256()
        self._buffer = memoryview(bytearray(HASH_BUFFER))
        self._hashed = 0  # bytes
        self._last: Future[None] | None = None

    def advance(self, end: int) -> None:
        """Hash in the background up to `end`, once that is far enough."""
        if end - self._hashed < HASH_STEP or (self._last and not self._last.done()):
            return
        self._wait()
        self._last = self._pool.submit(self._hash_up_to, end)

    def finish(self, end: int) -> str:
        self._wait()
        self._hash_up_to(end)
        return self._hash.hexdigest()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._file.close()

    def _wait(self) -> None:
        if self._last is not None:
            self._last.result()

    def _hash_up_to(self, end: int) -> None:
        while self._hashed < end:
            part = self._buffer[: end - self._hashed]
            count = self._file.readinto(part)
            if not count:
                raise RuntimeError("the file became shorter while it was written")
            self._hash.update(part[:count])
            self._hashed += count


def _keys(values: dict[str, Any]) -> bytes:
    """The values as JSON keys that others follow, without braces."""
    if not values:
        return b""
    text = json.dumps(values, ensure_ascii=False, indent=1)
    return (text.removeprefix("{").removesuffix("\n}") + ",").encode(errors="replace")


def _array(key: str, lines: BinaryIO) -> Iterator[bytes]:
    """A JSON key whose value is an array of these lines."""
    yield f'\n "{key}": ['.encode()
    separator = b"\n  "
    lines.seek(0)
    for line in lines:
        yield separator + line.rstrip(b"\n")
        separator = b",\n  "
    yield b"\n ]"


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _json(line: Line | None) -> bytes:
    return _encode(line).encode(errors="replace")
