"""Writes the ZIP: stored, ZIP64 where needed, and the same bytes for the same frames.

No moment of building goes in, so that two builds of one selection are byte-identical.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selections.archives.naming import MANIFEST

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can name


class ArchiveWriter:
    """Takes frames in the order they shall have; `problems` are frames that are missing."""

    def __init__(self, archive: zipfile.ZipFile, listing: Path) -> None:
        self._zip = archive
        # The list of frames grows with the archive, so it waits on disk, not in memory.
        self._listing = listing
        self._entries = listing.open("w", encoding="utf-8")
        self.problems: list[dict[str, Any]] = []

    def add(self, name: str, content: bytes, entry: dict[str, Any]) -> None:
        info = _info(name)
        self._zip.writestr(info, content)
        line = entry | {"path": name, "size": len(content), "crc32": f"{info.CRC:08x}"}
        self._entries.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self, about: dict[str, Any]) -> None:
        """Write the manifest, last: `about`, then "problems" and "frames"."""
        self._entries.close()
        head = json.dumps(about | {"problems": self.problems}, ensure_ascii=False, indent=1)
        info = _info(MANIFEST)
        with self._zip.open(info, "w") as out, self._listing.open("rb") as lines:
            out.write(head.removesuffix("\n}").encode() + b',\n "frames": [')
            separator = b"\n  "
            for line in lines:
                out.write(separator + line.rstrip(b"\n"))
                separator = b",\n  "
            out.write(b"\n ]\n}\n")

    def abandon(self) -> None:
        self._entries.close()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EARLIEST)
    info.compress_type = zipfile.ZIP_STORED  # pictures do not shrink
    info.create_system = 3  # the same wherever it is built
    info.external_attr = 0o644 << 16
    return info


@contextmanager
def writing(path: Path, *, listing: Path) -> Iterator[ArchiveWriter]:
    """A writer to `path`, which is removed again unless the block ends well."""
    try:
        with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
            writer = ArchiveWriter(archive, listing)
            try:
                yield writer
            finally:
                writer.abandon()
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
