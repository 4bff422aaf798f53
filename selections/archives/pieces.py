"""Reads pictures from the files of a spool: chunks as CVAT sends them, and single frames."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

# What zipfile raises for a damaged ZIP, depending on the place of the damage.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    OSError,
)
END_SIZE = 22  # bytes of the record at the end of a ZIP, without its comment
DIRECTORY_ENTRY = 1024  # bytes of a member's entry in the directory of a ZIP, at most
UTF8 = 0x800  # flag of a member: its name is in UTF-8
HEADER = struct.Struct("<4s22xHH")  # of a member: signature, lengths of its name and extra field
IN_MEMORY = 8 * 2**20  # bytes of a picture up to which it is read at once, and only once
SMALL_PIECE = 2**20  # bytes of a piece up to which it is read at once
COPY_STEP = 2**18  # bytes


class DamagedPiece(Exception):
    """A file of the spool that cannot be read and must be fetched again."""


class Picture(NamedTuple):
    """A frame of the spool, to be read from the present position of `file`. It may not fit into
    memory."""

    file: io.BufferedIOBase
    size: int  # bytes
    crc32: int | None  # where it is known to be right
    is_recompressed: bool = False  # CVAT served a JPEG of its own in place of the upload


class Reader:
    """Reads pictures from open files and computes their checksums. For one thread."""

    def __init__(self) -> None:
        self._buffer = memoryview(bytearray(COPY_STEP))

    def single(self, path: Path) -> Picture:
        """A picture that is a file of its own."""
        with ExitStack() as opened:
            file = opened.enter_context(path.open("rb"))
            picture = self.picture(file, 0, os.fstat(file.fileno()).st_size)
            if picture.size > IN_MEMORY:
                picture = picture._replace(file=file)
                opened.pop_all()
        return picture

    def picture(self, file: io.IOBase, start: int, size: int) -> Picture:
        """`size` bytes of the file from `start` on. EOFError if it is shorter."""
        if size <= IN_MEMORY:
            return _in_memory(os.pread(file.fileno(), size, start), size)
        crc32, position = 0, 0
        while position < size:
            part = self._buffer[: size - position]
            count = os.preadv(file.fileno(), [part], start + position)
            if not count:
                raise EOFError("the file ends too early")
            crc32 = zlib.crc32(part[:count], crc32)
            position += count
        return Picture(io.BufferedReader(_Slice(file, start, size)), size, crc32)


def _in_memory(content: bytes, size: int) -> Picture:
    if len(content) < size:
        raise EOFError("the file ends too early")
    return Picture(io.BytesIO(content), size, zlib.crc32(content))


class _Slice(io.RawIOBase):
    """`size` bytes of an open file from `start` on."""

    def __init__(self, file: io.IOBase, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: Any) -> int:
        remaining = max(self._size - self._position, 0)
        part = memoryview(buffer)[:remaining]
        count = os.preadv(self._file.fileno(), [part], self._start + self._position)
        self._position += count
        return count


class Piece:
    """A ZIP of frames: a chunk with a member for each of its frames, in their order, or decoded
    frames, which are named by their numbers. All errors are those of UNREADABLE, and KeyError."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        try:
            self._zip = zipfile.ZipFile(self._file)
            # Not left to read_members: the spool of an earlier release may hold this piece.
            _check_places(self._zip)
        except UNREADABLE:
            self._file.close()
            raise
        self._names = sorted(self._zip.namelist())
        # Each read gives other threads a turn, which takes longer than to read a small picture.
        length = os.fstat(self._file.fileno()).st_size
        self._content = os.pread(self._file.fileno(), length, 0) if length <= SMALL_PIECE else None

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def picture(self, frame: int, *, first: int, size: int, reader: Reader) -> Picture:
        """The frame, compared with its checksum. `first` and `size` are those of the chunk."""
        info = self._zip.getinfo(self._name(frame, first, size))
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            return self._unpacked(info)
        start = self._start(info)
        if self._content is not None:
            picture = _in_memory(self._content[start : start + info.file_size], info.file_size)
        else:
            picture = reader.picture(self._file, start, info.file_size)
        if picture.crc32 != info.CRC:
            raise zipfile.BadZipFile(f"frame {frame} is damaged")
        return picture

    def _start(self, info: zipfile.ZipInfo) -> int:
        """Where the bytes of a member begin, behind its header."""
        name = _raw_name(info)
        begin, end = info.header_offset, info.header_offset + HEADER.size + len(name)
        if self._content is not None:
            header = self._content[begin:end]
        else:
            header = os.pread(self._file.fileno(), end - begin, begin)
        signature, name_length, extra_length = HEADER.unpack_from(header)
        # Else a damaged name in the directory would put the member into the place of another.
        if signature != b"PK\x03\x04" or header[HEADER.size :] != name or name_length != len(name):
            raise zipfile.BadZipFile(f"the header of {info.filename!r} is damaged")
        return end + int(extra_length)

    def _name(self, frame: int, first: int, size: int) -> str:
        """The member that holds a frame: named by its number in a piece of decoded frames, else by
        its position among the sorted names."""
        own = own_name(frame)
        if own in self._zip.NameToInfo:
            return own
        if len(self._names) != size:
            raise KeyError(f"{len(self._names)} pictures where {size} belong")
        if not first <= frame < first + size:
            raise KeyError(f"frame {frame} does not belong to this chunk")
        return self._names[frame - first]

    def _unpacked(self, info: zipfile.ZipInfo) -> Picture:
        """A compressed member, which CVAT does not make. A small one is read at once, a large one
        is read twice: the first time for its checksum alone."""
        if info.file_size <= IN_MEMORY:
            content = self._zip.read(info)
            return Picture(io.BytesIO(content), len(content), info.CRC)
        file = cast("io.BufferedIOBase", self._zip.open(info))
        size = 0
        while part := file.read(COPY_STEP):
            size += len(part)
        file.seek(0)
        return Picture(file, size, info.CRC)


def read_members(piece: BinaryIO, *, count: int) -> list[zipfile.ZipInfo]:
    """The members of a chunk in the order of its frames. Raises DamagedPiece; for a directory that
    is far longer than `count` members need, before it is read."""
    try:
        _check_directory(piece, count)
        with zipfile.ZipFile(piece) as opened:
            _check_places(opened)
            members = sorted(opened.infolist(), key=lambda info: info.filename)
    except UNREADABLE as error:
        raise DamagedPiece(str(error)) from error
    if len(members) != count:
        raise DamagedPiece(f"{len(members)} pictures where {count} belong")
    return members


def _check_directory(piece: BinaryIO, count: int) -> None:
    """zipfile reads the whole directory, which may have any length in a ZIP of a hostile server."""
    tail_size = min(piece.seek(0, os.SEEK_END), END_SIZE + 0xFFFF)
    piece.seek(-tail_size, os.SEEK_END)
    tail = piece.read(tail_size)
    position = tail.rfind(b"PK\x05\x06")
    if position < 0 or len(tail) - position < END_SIZE:
        raise DamagedPiece("it has no directory")
    if tail[max(position - 20, 0) : position].startswith(b"PK\x06\x07"):
        raise DamagedPiece("it has a directory for large files")
    (length,) = struct.unpack_from("<L", tail, position + 12)
    if length > count * DIRECTORY_ENTRY:
        raise DamagedPiece("its directory is far too long")


def _check_places(opened: zipfile.ZipFile) -> None:
    """Members that share bytes, or a name, would make many large pictures of a small chunk."""
    end, names = 0, set()
    for member in sorted(opened.infolist(), key=lambda info: info.header_offset):
        if member.header_offset < end:
            raise zipfile.BadZipFile(f"{member.filename!r} overlaps another picture")
        end = member.header_offset + HEADER.size + len(_raw_name(member)) + member.compress_size
        is_stored = member.compress_type == zipfile.ZIP_STORED
        if is_stored and member.file_size != member.compress_size:
            raise zipfile.BadZipFile(f"{member.filename!r} has two sizes")
        if member.filename in names:
            raise zipfile.BadZipFile(f"{member.filename!r} is there twice")
        names.add(member.filename)
    if end > opened.start_dir:
        raise zipfile.BadZipFile("a picture overlaps the directory")


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("utf-8" if info.flag_bits & UTF8 else "cp437")


def own_name(frame: int) -> str:
    return f"frame{frame:012d}"
