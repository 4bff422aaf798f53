"""The files of an upload as they are stored, and the bytes of its pictures. Pure."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from publishing.file_range import FileRange

# A picture is unpacked into memory up to this size, else to a file.
IN_MEMORY = 2**25
HEAD_BYTES = 2**20
_COPIED = 2**20
# What reading a ZIP raises when it is broken, or not as its directory says.
BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, struct.error, ValueError),
    *(NotImplementedError, RuntimeError, EOFError),
)


class BrokenFile(ValueError):
    """A picture that cannot be read to its end. Its text can be shown."""


class StoredFile(NamedTuple):
    """One of the files: `size` bytes from `start` on in the file on disk."""

    path: str
    size: int
    start: int


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """The files of an upload, whose bytes are in one file on disk, at `path`. If it `is_zip`, there
    is one of them, and the files that count are its members."""

    path: Path
    files: tuple[StoredFile, ...]
    is_zip: bool = False

    def open(self, number: int) -> FileRange:
        """Raises OSError."""
        file = self.files[number]
        return FileRange(self.path, file.start, file.size)


class UploadedPicture(NamedTuple):
    """`number` is its place among the files of the upload, or the members of the ZIP; `size` are
    its bytes, unpacked."""

    path: str
    size: int
    number: int


def read_heads(
    stored: StoredFiles, pictures: Iterable[UploadedPicture]
) -> Iterator[tuple[UploadedPicture, IO[bytes]]]:
    """Like read_pictures(), to read the header of each picture: of one in a ZIP the file has the
    first HEAD_BYTES alone, not compared with their checksum. Raises BrokenFile, OSError."""
    if not stored.is_zip:
        yield from read_pictures(stored, pictures)
        return
    try:
        with stored.open(0) as whole, zipfile.ZipFile(whole) as archive:
            members = archive.infolist()
            for picture in pictures:
                with archive.open(members[picture.number]) as member:
                    # Not the member itself: each step back in it unpacks it anew from its start.
                    head = io.BytesIO(member.read(HEAD_BYTES))
                yield picture, head
    except BROKEN_ZIP as error:
        raise BrokenFile(f"The ZIP cannot be read any more: {error}.") from error


def read_pictures(
    stored: StoredFiles, pictures: Iterable[UploadedPicture]
) -> Iterator[tuple[UploadedPicture, IO[bytes]]]:
    """Each picture with a file of its bytes, which is closed before the next one. Raises
    BrokenFile, OSError."""
    if not stored.is_zip:
        for picture in pictures:
            with stored.open(picture.number) as file:
                yield picture, file
        return
    try:
        with stored.open(0) as whole, zipfile.ZipFile(whole) as archive:
            members = archive.infolist()
            for picture in pictures:
                with _unpacked(archive, members[picture.number]) as unpacked:
                    yield picture, unpacked
    except zipfile.BadZipFile as error:  # it was read before, when it was looked at
        raise BrokenFile(f"The ZIP cannot be read any more: {error}.") from error


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Any:
    """A file of the bytes of a member, no more than were announced. Raises BrokenFile."""
    in_memory = member.file_size <= IN_MEMORY
    unpacked: Any = io.BytesIO() if in_memory else TemporaryFile()  # noqa: SIM115 (read later)
    try:
        with archive.open(member) as file:
            while block := file.read(_COPIED):  # at the end the checksum is compared
                unpacked.write(block)
                if unpacked.tell() > member.file_size:
                    raise zipfile.BadZipFile("longer than announced")
        if unpacked.tell() != member.file_size:
            raise zipfile.BadZipFile("shorter than announced")
    except BROKEN_ZIP as error:
        unpacked.close()
        raise BrokenFile(
            f"The picture “{member.filename}” is broken in the ZIP. Pack it again, or leave it out."
        ) from error
    unpacked.seek(0)
    return unpacked
