"""One ZIP file of an archive while it is written: entries stored without compression, ZIP64 where
needed.

The file is only ever written at its end, so that others can read it while it grows (growing.py).
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from selections.archives import manifest, zip_format
from selections.archives.entries import Entry, Line, ListedFrame
from selections.archives.written import LIST

HASH_STEP = COPY_STEP = 8 * 2**20  # bytes
HASH_BUFFER = 2**20
WRITE_STEP = 2**20  # bytes that wait in memory to be written at once, about
GATHERED = 2**16  # bytes of what is copied to what waits; what is larger is written from its place
PADDING_STEP = 2**30  # bytes of one of the files that pad a ZIP, at most


class WrittenPart(NamedTuple):
    """A finished ZIP file."""

    path: Path
    size: int  # bytes
    sha256: str  # "" if it was not asked for
    entries: int  # its manifest included


class PartFile:
    """A ZIP file that is being written. To be closed."""

    def __init__(self, path: Path, *, is_hashed: bool) -> None:
        self.count = 0
        self.has_pictures = False
        self.size = 0  # bytes
        self.path = path
        self._file = path.open("xb", buffering=0)
        self._pending = bytearray()  # the end of what was added, not in the file yet
        # The lines of the manifest and the records of the directory grow with the archive, so they
        # wait on disk, not in memory.
        self._listing = path.with_suffix(LIST).open("w+b")
        self._files = path.with_suffix(".files").open("w+b")  # lines of those that are no pictures
        self._directory = path.with_suffix(".directory").open("w+b")
        self._digest = _Digest(path) if is_hashed else None
        self._reserved_files = self._reserved_bytes = 0

    def reserve(self, files: int, length: int) -> None:
        """Reserve room for files that are added at the end, of `length` bytes in all."""
        self._reserved_files += files
        self._reserved_bytes += length

    @property
    def files_with_manifest(self) -> int:
        return self.count + self._reserved_files + 1

    @property
    def final_size(self) -> int:
        """At most so many bytes the file has once it is ended: what it has now, the list of frames
        in the manifest, the directory (which is shorter than that list), and what is reserved."""
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
            self._files.write(manifest.line(line) + b"\n")
        else:
            self.has_pictures = True
            self._listing.write(manifest.line(line) + b"\n")
        return line

    def list_frame(self, frame: ListedFrame) -> Line:
        """Returns its line in the manifest."""
        paths = {"paths": [frame.path, *frame.copies]} if frame.copies else {}
        line = frame.line | {"path": frame.path} | paths
        self._listing.write(manifest.line(line) + b"\n")
        return line

    def end(
        self, about: dict[str, Any], missing: dict[str, Any], name: str, *, padded_to: int = 0
    ) -> WrittenPart:
        """Write the manifest under this name, and the directory. See manifest.write. With
        `padded_to`, files of zeros make the ZIP this many bytes long; it stays as it is when it is
        too long for that already."""
        self._add_manifest(about, missing, name)
        if padded_to > self.size:
            self._pad(padded_to)
        start, length = self.size, self._directory.tell()
        self._directory.seek(0)
        self._append(_blocks(self._directory, length))
        self._append([zip_format.end(members=self.count, start=start, length=length)])
        self._write()
        sha256 = self._digest.finish(self.size) if self._digest is not None else ""
        self.close()
        return WrittenPart(self.path, self.size, sha256, self.count)

    def flush(self) -> None:
        """Write all that was added: first the ZIP, then the list of its pictures, of which a line
        is valid only once its picture is in the ZIP."""
        self._write()
        self._listing.flush()

    def close(self) -> None:
        with suppress(OSError):  # what could not be written is still where it was fetched to
            if not self._file.closed:
                self.flush()
        if self._digest is not None:
            self._digest.close()
        self._file.close()
        for temporary in (self._listing, self._files, self._directory):
            with suppress(OSError):  # what could not be written is not needed any more
                temporary.close()
        for temporary in (self._files, self._directory):
            Path(temporary.name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the file and its list, which are closed."""
        for path in (self.path, Path(self._listing.name)):
            path.unlink(missing_ok=True)

    def _add_manifest(self, about: dict[str, Any], missing: dict[str, Any], name: str) -> None:
        path = self.path.with_suffix(".manifest")
        with path.open("w+b") as file:
            path.unlink()
            manifest.write(
                file, about=about, files=self._files, missing=missing, frames=self._listing
            )
            size = file.tell()
            file.seek(0)
            self._put(Entry(name, file, size))

    def _pad(self, total: int) -> None:
        """Add files of zeros, so that the ZIP has `total` bytes once it has ended."""
        zeros = self._missing_zeros(total)
        while zeros > PADDING_STEP:
            self._put_zeros(PADDING_STEP // 2)
            zeros = self._missing_zeros(total)
        if zeros >= 0:
            self._put_zeros(zeros)

    def _missing_zeros(self, total: int) -> int:
        """Bytes that one more file of zeros needs; below 0 if there is no room for it."""
        empty = zip_format.Member(self._padding_name, 0, 0)
        length = self._directory.tell() + len(empty.record(self.size))
        start = max(total - length, 0)
        end = len(zip_format.end(members=self.count + 1, start=start, length=length))
        return total - self.size - len(empty.header()) - length - end

    @property
    def _padding_name(self) -> str:
        return f"padding-{self.count}"

    def _put_zeros(self, size: int) -> None:
        crc32, steps = 0, [WRITE_STEP] * (size // WRITE_STEP) + [size % WRITE_STEP]
        for step in steps:
            crc32 = zlib.crc32(bytes(step), crc32)
        member = zip_format.Member(self._padding_name, size, crc32)
        self._directory.write(member.record(self.size))
        self._append([member.header()])
        self._append(bytes(step) for step in steps)
        self.count += 1

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
        if self._digest is not None:
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
