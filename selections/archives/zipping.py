"""Writes the ZIP: stored, ZIP64 where needed, and the same bytes for the same frames.

No moment of building goes in, so that two builds of one selection are byte-identical.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, cast

from selections.archives.naming import manifest_name

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can name
HASH_STEP = 8 * 2**20  # bytes
COPY_STEP = 2**18
WINDOW = 2**20
Entry = dict[str, Any]


class Part(NamedTuple):
    path: Path
    size: int
    sha256: str
    entries: int  # its manifest included


class PartsWriter:
    """Takes frames in the order they shall have, and begins a new ZIP when the next frame would
    make the present one larger than `part_size` bytes, or give it more than `part_files` files
    (0: never). The manifest is named after `selection`, see manifest_name. Files of a block that
    fails are removed."""

    def __init__(
        self,
        stem: Path,
        *,
        part_size: int,
        about: Entry,
        part_files: int = 0,
        selection: int | None = None,
    ) -> None:
        self.parts: list[Part] = []
        self._stem = stem
        self._part_size = part_size
        self._part_files = part_files
        self._selection = selection
        self._about = about
        self._about_size = len(_head(about))
        self._current = _PartWriter(self._path(1))

    def __enter__(self) -> PartsWriter:
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

    def add(self, name: str, content: BinaryIO, size: int, entry: Entry) -> None:
        """`content` is read from where it stands and must hold `size` bytes."""
        if self._part_files and self._current.count + 1 >= self._part_files:
            self._begin_part()
        if self._part_size:
            # Its line stands in the manifest; what the directory says of it is shorter than that.
            line = len(_line(entry)) + len(name.encode()) + 100
            self._make_room(size + len(name.encode()) + 2 * line)
        self._current.add(name, content, size, entry)

    def finish(self, problems: list[Entry], left_out: list[Entry] | None = None) -> list[Part]:
        """The parts; the last one's manifest names the frames that are missing, and those that
        were left out as asked for."""
        missing = {"problems": problems} | ({"left_out": left_out} if left_out else {})
        if self._part_size:
            self._make_room(len(_head(missing)))
        self._end_part(missing, several=bool(self.parts))
        return self.parts

    def _make_room(self, length: int) -> None:
        size = self._current.final_size + self._about_size + length
        if size > self._part_size and self._current.count:
            self._begin_part()

    def _begin_part(self) -> None:
        self._end_part({"problems": []}, several=True)
        self._current = _PartWriter(self._path(len(self.parts) + 1))

    def _end_part(self, missing: Entry, *, several: bool) -> None:
        number = len(self.parts) + 1 if several else None
        about = self._about | ({"part": number} if number else {})
        name = manifest_name(number, selection=self._selection)
        self.parts.append(self._current.end(about | missing, name))

    def _path(self, number: int) -> Path:
        return self._stem.with_name(f"{self._stem.name}.{number}.zip")


class _Window:
    """The file of a ZIP, as zipfile writes it: zipfile goes back to the header of each entry to
    complete it. The last WINDOW bytes stay in memory, so that going back costs no system calls:
    with small pictures they took a quarter of the time."""

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


class _PartWriter:
    """One ZIP file. Its hash is taken while it grows: reading it again at the end would make the
    asker wait."""

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

    @property
    def size(self) -> int:
        return self._window.tell()

    @property
    def final_size(self) -> int:
        """With the list of frames in the manifest and the directory (shorter) at the end."""
        return self.size + 2 * self._listing.tell() + 1024

    def add(self, name: str, content: BinaryIO, size: int, entry: Entry) -> None:
        info = _info(name)
        info.file_size = size
        with self._zip.open(info, "w") as out:
            shutil.copyfileobj(content, out, COPY_STEP)
        if info.file_size != size:
            raise RuntimeError(f"{name}: {info.file_size} bytes where {size} were announced")
        self.count += 1
        line = entry | {"path": name, "size": size, "crc32": f"{info.CRC:08x}"}
        self._listing.write(_line(line) + b"\n")
        # What lies before the next entry changes no more: zipfile goes back to the header of an
        # entry only to complete that one.
        if self.size - self._hashed > HASH_STEP:
            self._hash_up_to(self.size)

    def end(self, about: Entry, manifest: str) -> Part:
        """Write the manifest, last: `about`, then "frames"."""
        self._write_manifest(about, manifest)
        self._zip.close()
        size = self.size
        self._hash_up_to(size)
        self.close()
        return Part(self._path, size, self._hash.hexdigest(), self.count + 1)

    def close(self) -> None:
        # Of a file that was not ended nothing is kept: what else goes wrong with it is no news.
        with suppress(OSError, ValueError):
            self._zip.close()
        self._listing.close()
        Path(self._listing.name).unlink(missing_ok=True)
        self._file.close()

    def _write_manifest(self, about: Entry, name: str) -> None:
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


def _head(about: Entry) -> bytes:
    """The beginning of a manifest, up to its list of frames."""
    head = json.dumps(about, ensure_ascii=False, indent=1).removesuffix("\n}")
    return head.encode(errors="replace")


def _line(entry: Entry) -> bytes:
    return json.dumps(entry, ensure_ascii=False).encode(errors="replace")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EARLIEST)
    info.compress_type = zipfile.ZIP_STORED  # pictures do not shrink
    info.create_system = 3  # the same wherever it is built
    info.external_attr = 0o644 << 16
    return info
