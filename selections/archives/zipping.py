"""The sink that writes ZIP files: entries stored without compression, ZIP64 where needed.

The same entries give the same bytes: no time of building is written.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, cast

from selections.archives.entries import Entry, Line, PartSource
from selections.archives.naming import manifest_name

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can name
HASH_STEP = 8 * 2**20  # bytes
COPY_STEP = 2**18
WINDOW = 2**20
FILE_OVERHEAD = 1024  # bytes of the headers of a file of a PartSource in the ZIP, at most


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
    of the entries. The name of the manifest has the number `selection`, see manifest_name. When the
    with-block ends with an error, all files are removed.
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
        self._about_size = len(_head(about))
        self._current = self._new_part()

    def __enter__(self) -> ZipWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._current.close()
        finally:
            if error is not None:
                for path in self._stem.parent.glob(f"{self._stem.name}*"):
                    path.unlink(missing_ok=True)

    def add(self, entry: Entry) -> None:
        """Write a picture, which has a line for the manifest."""
        files, length = self._room(entry.line)
        if self._part_files and self._current.files_with_manifest + files >= self._part_files:
            self._begin_part()
        if self._part_size:
            # Its line stands in the manifest; what the directory says of it is shorter than that.
            name_size = len(entry.path.encode())
            line_size = len(_json(entry.line)) + name_size + 100
            self._make_room(entry.size + name_size + 2 * line_size + length)
        self._current.add(entry)
        self._current.reserve(files, length)

    def finish(self, problems: list[Line], left_out: list[Line] | None = None) -> list[WrittenPart]:
        """The parts. The manifest of the last one names the missing frames, with their reasons, and
        those that were left out."""
        missing = {"problems": problems} | ({"left_out": left_out} if left_out else {})
        if self._part_size:
            self._make_room(len(_head(missing)))
        self._end_part(missing, is_only=not self.parts)
        return self.parts

    def _room(self, line: Line | None) -> tuple[int, int]:
        """How many files and bytes the sources add at most for this line, see PartSource."""
        rooms = [source.room(line) for source in self._sources]
        files = sum(room[0] for room in rooms)
        return files, sum(room[1] for room in rooms) + files * FILE_OVERHEAD

    def _make_room(self, length: int) -> None:
        size = self._current.final_size + self._about_size + length
        if size > self._part_size and self._current.count:
            self._begin_part()

    def _begin_part(self) -> None:
        self._end_part({"problems": []}, is_only=False)
        self._current = self._new_part()

    def _new_part(self) -> _ZipFile:
        part = _ZipFile(self._stem.with_name(f"{self._stem.name}.{len(self.parts) + 1}.zip"))
        part.reserve(*self._room(None))
        return part

    def _end_part(self, missing: dict[str, Any], *, is_only: bool) -> None:
        for source in self._sources:
            for entry in source.entries(self._current.lines()):
                self._current.add(entry)
        number = None if is_only else len(self.parts) + 1
        about = self._about | ({"part": number} if number else {})
        name = manifest_name(number, selection=self._selection)
        self.parts.append(self._current.end(about | missing, name))


class _Window:
    """A file whose last WINDOW bytes are buffered in memory: zipfile goes back to the header of
    each entry to complete it, and with small pictures the system calls for that took a quarter of
    the time."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start = 0  # where in the file `_recent` begins
        self._recent = io.BytesIO()

    def tell(self) -> int:
        return self._start + self._recent.tell()

    def seek(self, position: int) -> int:
        if not 0 <= position - self._start <= self._recent.getbuffer().nbytes:
            self.flush()
            self._start = position
        self._recent.seek(position - self._start)
        return position

    def write(self, data: bytes) -> int:
        written = self._recent.write(data)
        if self._recent.tell() > WINDOW:
            self.flush()
        return written

    def flush(self) -> None:
        position = self.tell()
        self._file.seek(self._start)
        self._file.write(self._recent.getvalue())
        self._file.flush()
        self._start, self._recent = position, io.BytesIO()


class _ZipFile:
    """A ZIP file that is being written. Its SHA-256 is computed while it grows: reading the whole
    file again at the end would take long."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._path = path
        self._file = path.open("w+b")
        self._window = _Window(self._file)
        self._zip = zipfile.ZipFile(cast("BinaryIO", self._window), "w", allowZip64=True)
        # The list of frames grows with the archive, so it waits on disk, not in memory.
        self._listing = path.with_suffix(".list").open("w+b")
        self._hash = hashlib.sha256()
        self._hashed = 0
        self._reserved_files = self._reserved_bytes = 0

    def reserve(self, files: int, length: int) -> None:
        """Count files of `length` bytes in all that are added at the end."""
        self._reserved_files += files
        self._reserved_bytes += length

    @property
    def files_with_manifest(self) -> int:
        return self.count + self._reserved_files + 1

    @property
    def size(self) -> int:
        return self._window.tell()

    @property
    def final_size(self) -> int:
        """With the list of frames in the manifest, the directory (which is shorter) and what is
        reserved."""
        return self.size + 2 * self._listing.tell() + 1024 + self._reserved_bytes

    def add(self, entry: Entry) -> None:
        info = _info(entry.path)
        info.file_size = entry.size
        with self._zip.open(info, "w") as out:
            shutil.copyfileobj(entry.file, out, COPY_STEP)
        if info.file_size != entry.size:
            raise RuntimeError(f"{entry.path}: {info.file_size} bytes instead of {entry.size}")
        self.count += 1
        if entry.line is not None:
            added = {"path": entry.path, "size": entry.size, "crc32": f"{info.CRC:08x}"}
            self._listing.write(_json(entry.line | added) + b"\n")
        # Bytes before the next entry do not change any more: zipfile goes back to the header of an
        # entry only to complete that one.
        if self.size - self._hashed > HASH_STEP:
            self._hash_up_to(self.size)

    def lines(self) -> Iterator[Line]:
        """The lines of all entries so far, as the manifest will have them."""
        self._listing.flush()
        with Path(self._listing.name).open("rb") as listing:
            yield from map(json.loads, listing)

    def end(self, about: dict[str, Any], manifest: str) -> WrittenPart:
        """Write the manifest, last: `about`, then "frames"."""
        self._write_manifest(about, manifest)
        self._zip.close()
        size = self.size
        self._hash_up_to(size)
        self.close()
        return WrittenPart(self._path, size, self._hash.hexdigest(), self.count + 1)

    def close(self) -> None:
        # An incomplete file is removed anyway: further errors about it do not matter.
        with suppress(OSError, ValueError):
            self._zip.close()
        self._listing.close()
        Path(self._listing.name).unlink(missing_ok=True)
        self._file.close()

    def _write_manifest(self, about: dict[str, Any], name: str) -> None:
        self._listing.seek(0)
        with self._zip.open(_info(name), "w") as out:
            out.write(_head(about) + b',\n "frames": [')
            separator = b"\n  "
            for line in self._listing:
                out.write(separator + line.rstrip(b"\n"))
                separator = b",\n  "
            out.write(b"\n ]\n}\n")

    def _hash_up_to(self, end: int) -> None:
        self._window.flush()
        while self._hashed < end:
            piece = os.pread(self._file.fileno(), min(HASH_STEP, end - self._hashed), self._hashed)
            self._hash.update(piece)
            self._hashed += len(piece)


def _head(about: dict[str, Any]) -> bytes:
    """The beginning of a manifest, up to its list of frames."""
    head = json.dumps(about, ensure_ascii=False, indent=1).removesuffix("\n}")
    return head.encode(errors="replace")


def _json(line: Line | None) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode(errors="replace")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EARLIEST)
    info.compress_type = zipfile.ZIP_STORED  # pictures do not shrink
    info.create_system = 3  # Unix, on every system
    info.external_attr = 0o644 << 16
    return info
