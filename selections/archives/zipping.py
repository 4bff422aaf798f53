"""The sink that writes ZIP files: divides the entries of an archive into parts.

The same entries give the same bytes: no time of building is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from selections.archives import manifest
from selections.archives.entries import Entry, Line, ListedFrame, PartSource
from selections.archives.growing import part_path
from selections.archives.naming import manifest_name
from selections.archives.part_file import PartFile, WrittenPart
from selections.formats.format import Room

COPY_OVERHEAD = 200  # bytes that the ZIP says of a further copy of a picture, without its path
FILE_OVERHEAD = 1024  # bytes that the ZIP and its manifest say of a file of a PartSource, at most


class ZipWriter:
    """Writes entries in their order. Begins a new part, which is a ZIP file of its own, when the
    next entry would make the present part larger than `part_size` bytes or give it more than
    `part_files` files (0: without a limit).

    The files of `sources` follow at the end of each part, then its manifest: `about`, and the lines
    of the entries. The name of the manifest has the number `selection`, see manifest_name. Unless
    it `is_hashed`, a part has no SHA-256.

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
        is_hashed: bool = True,
    ) -> None:
        self.parts: list[WrittenPart] = []
        self._stem = stem
        self._sources = sources
        self._is_hashed = is_hashed
        self._part_size = part_size
        self._part_files = part_files
        self._selection = selection
        self._about = about
        self._about_size = len(manifest.keys(about))
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
            line_size = len(manifest.line(entry.line)) + 2 * name_size + 100
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

    @property
    def final_size(self) -> int:
        """Bytes of the present part if it ended now, at most."""
        return self._current.final_size

    @property
    def path(self) -> Path:
        """Of the present part."""
        return self._current.path

    def finish(
        self,
        problems: list[Line],
        left_out: list[Line] | None = None,
        about: dict[str, Any] | None = None,
        *,
        padded_to: int = 0,
    ) -> list[WrittenPart]:
        """The parts. The manifest of the last one names the missing frames, with their reasons, and
        those that were left out; what else it says is `about`. `padded_to`: see PartFile.end."""
        last_keys = {"problems": problems} | ({"left_out": left_out} if left_out else {})
        last_keys |= about or {}
        if self._part_size:
            self._make_room(len(manifest.keys(last_keys)))
        self._end_part(last_keys, is_only=not self.parts, padded_to=padded_to)
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

    def _new_part(self) -> PartFile:
        part = PartFile(part_path(self._stem, len(self.parts) + 1), is_hashed=self._is_hashed)
        if self._part_files or self._part_size:
            part.reserve(*self._room(None))
        return part

    def _end_part(self, last_keys: dict[str, Any], *, is_only: bool, padded_to: int = 0) -> None:
        number = None if is_only else len(self.parts) + 1
        for source in self._sources:
            for entry in source.entries(number):
                self._current.add(entry)
        about = self._about | ({"part": number} if number else {})
        name = manifest_name(number, selection=self._selection)
        self.parts.append(self._current.end(about, last_keys, name, padded_to=padded_to))
