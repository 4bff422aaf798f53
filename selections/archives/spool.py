"""The folder in which a build stores what it has fetched until its archive is finished.

A file is complete or absent, so a build that was killed continues with what the folder holds. A
frame is a file of its own, or a member of the piece of its block: a chunk as CVAT sent it, with its
members in the order of the frames, or a ZIP of video frames decoded here, with members named by
their frame numbers.
"""

from __future__ import annotations

import io
import os
import shutil
import struct
import time
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from cvat.types import Download
from selections.archives.planning import Block

BUILD_PREFIX = "build-"  # of files that a worker writes, and leaves incomplete when killed
RECOMPRESSED = ".recompressed"  # ending of a frame that CVAT served as a JPEG of its own
REMOVED = ".gone"  # after the name of a folder that is being removed
# What zipfile raises for a damaged ZIP, depending on the place of the damage.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
)
END_SIZE = 22  # bytes of the record at the end of a ZIP, without its comment
DIRECTORY_ENTRY = 1024  # bytes of a member's entry in the directory of a ZIP, at most
IN_MEMORY = 4 * 2**20  # bytes of a picture up to which it is read at once
COPY_STEP = 2**18  # bytes
CLOCKS_APART = 300  # seconds that the clocks of CVAT and of the portal may differ
OPEN_PIECES = 8  # blocks of overlapping jobs interleave, a few at most


class DamagedPiece(Exception):
    """A file of the spool that cannot be read and must be fetched again."""


class Picture(NamedTuple):
    """A frame of the spool, to be read from the present position of `file`. It may not fit into
    memory."""

    file: BinaryIO
    size: int  # bytes
    is_recompressed: bool = False  # CVAT served a JPEG of its own in place of the upload


class Spool:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[tuple[int, int, int], tuple[zipfile.ZipFile, list[str]]] = {}

    def prepare(self, *, earlier: Path | None = None) -> None:
        """Make the folder, or take over that of an earlier try. Remove the incomplete files of a
        worker that was killed."""
        if earlier is not None and earlier.is_dir() and not self.folder.exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # just removed, because the disk is short
                os.replace(earlier, self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for debris in (*self.folder.glob("*.part"), *self.folder.glob(f"{BUILD_PREFIX}*")):
            debris.unlink(missing_ok=True)

    def size(self) -> int:
        """Bytes of all files."""
        total = 0
        for path in self.folder.glob("*"):
            with suppress(FileNotFoundError):  # just taken over by another build
                total += path.stat().st_size
        return total

    def oldest_by_task(self) -> dict[int, float]:
        """The stamp (see `stamp`) of the oldest piece of each task."""
        oldest: dict[int, float] = {}
        for path, task_id in self._pieces():
            stamp = path.stat().st_mtime
            oldest[task_id] = min(stamp, oldest.get(task_id, stamp))
        return oldest

    def drop_task(self, task_id: int) -> None:
        """Remove all frames of a task."""
        for path, of_task in self._pieces():
            if of_task == task_id:
                path.unlink(missing_ok=True)

    def _pieces(self) -> Iterator[tuple[Path, int]]:
        """Each piece, with the id of its task."""
        for path in self.folder.glob("task*"):
            number = path.name.removeprefix("task").partition("_")[0]
            if number.isdecimal() and path.suffix != ".part":
                yield path, int(number)

    def remove(self) -> None:
        """Remove the folder, also while a late thread still writes into it."""
        self.close()
        removed = self.folder.with_name(self.folder.name + REMOVED)
        shutil.rmtree(removed, ignore_errors=True)
        with suppress(OSError):
            os.replace(self.folder, removed)
        shutil.rmtree(removed, ignore_errors=True)

    def close(self) -> None:
        for opened, _ in self._open.values():
            opened.close()
        self._open.clear()

    # --- writing, from any thread ---

    def missing(self, block: Block) -> list[int]:
        """The frames of a block that the spool does not hold yet."""
        if self._piece(block).exists():
            return []
        return [frame for frame in block.frames if not self._frame(block, frame).exists()]

    @contextmanager
    def arriving_frame(
        self, block: Block, frame: int, *, is_recompressed: bool = False
    ) -> Iterator[BinaryIO]:
        """A file that becomes the frame if the with-block ends without an error."""
        path = self._recompressed(block, frame) if is_recompressed else self._single(block, frame)
        with self._arriving(path) as file:
            yield file

    @contextmanager
    def arriving_piece(self, block: Block) -> Iterator[BinaryIO]:
        """A file that becomes the piece of the block if the with-block ends without an error."""
        with self._arriving(self._piece(block)) as file:
            yield file

    def stamp(self, file: BinaryIO, answer: Download) -> None:
        """Set the modification time of a complete file to the time, by CVAT's clock, of the state
        that it shows: later changes of the pictures in CVAT are not in it."""
        moment = time.time() - CLOCKS_APART if answer.asked_at is None else answer.asked_at
        with suppress(ValueError):
            moment = datetime.fromisoformat(answer.updated_date).timestamp()
        file.flush()
        os.utime(file.fileno(), (moment, moment))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """The path of a temporary file."""
        path = self.folder / f"{uuid.uuid4().hex}.part"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def _arriving(self, target: Path) -> Iterator[BinaryIO]:
        # A unique name: a worker that lost its claim may still be fetching the same file.
        with self.scratch() as part:
            with part.open("w+b") as file:
                yield file
            os.replace(part, target)

    # --- reading, from one thread ---

    def open(self, block: Block, frame: int) -> Picture:
        """One frame, whose file is to be closed. Raises DamagedPiece before anything can be read: a
        member of a piece is compared with its checksum first."""
        try:
            if _key(block) not in self._open and not self._piece(block).exists():
                path = self._frame(block, frame)
                is_recompressed = block.is_recompressed and path.suffix == RECOMPRESSED
                file: BinaryIO = path.open("rb")
                picture = Picture(file, os.fstat(file.fileno()).st_size, is_recompressed)
            else:
                opened, names = self._opened(block)
                picture = _checked(opened, opened.getinfo(member(opened, names, block, frame)))
        except (*UNREADABLE, KeyError) as error:
            raise DamagedPiece(str(error)) from error
        if not picture.size:
            picture.file.close()
            raise DamagedPiece(f"frame {frame} is empty")  # after the machine lost its power
        return picture

    def drop(self, block: Block) -> None:
        """Remove all frames of a block."""
        if _key(block) in self._open:
            self._open.pop(_key(block))[0].close()
        self._piece(block).unlink(missing_ok=True)
        for frame in block.frames:
            self._frame(block, frame).unlink(missing_ok=True)

    def _opened(self, block: Block) -> tuple[zipfile.ZipFile, list[str]]:
        key = _key(block)
        if key not in self._open:
            if len(self._open) >= OPEN_PIECES:
                oldest = next(iter(self._open))
                self._open.pop(oldest)[0].close()
            opened = zipfile.ZipFile(_small_in_memory(self._piece(block)))
            self._open[key] = opened, sorted(opened.namelist())
        return self._open[key]

    def _piece(self, block: Block) -> Path:
        return self.folder / f"task{block.task_id}_job{block.job_id}_chunk{block.chunk}.zip"

    def _single(self, block: Block, frame: int) -> Path:
        return self.folder / f"task{block.task_id}_frame{frame}"

    def _recompressed(self, block: Block, frame: int) -> Path:
        return self.folder / f"task{block.task_id}_frame{frame}{RECOMPRESSED}"

    def _frame(self, block: Block, frame: int) -> Path:
        other = self._recompressed(block, frame)
        return other if other.exists() else self._single(block, frame)


def _small_in_memory(piece: Path) -> Path | BinaryIO:
    """A small piece is read at once: zipfile would take several system calls for each picture."""
    return io.BytesIO(piece.read_bytes()) if piece.stat().st_size <= IN_MEMORY else piece


def _checked(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> Picture:
    """The member. A small one is read at once, a large one is read twice: the first time for its
    checksum alone."""
    if info.file_size <= IN_MEMORY:
        content = opened.read(info)
        return Picture(io.BytesIO(content), len(content))
    file = cast("BinaryIO", opened.open(info))
    size = 0
    while piece := file.read(COPY_STEP):
        size += len(piece)
    file.seek(0)
    return Picture(file, size)


def read_members(piece: BinaryIO, *, count: int) -> list[zipfile.ZipInfo]:
    """The members of a chunk in the order of its frames. Raises DamagedPiece; for a directory that
    is far longer than `count` members need, before it is read."""
    try:
        _check_directory(piece, count)
        with zipfile.ZipFile(piece) as opened:
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
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < END_SIZE:
        raise DamagedPiece("it has no directory")
    if tail[max(place - 20, 0) : place].startswith(b"PK\x06\x07"):
        raise DamagedPiece("it has a directory for large files")
    (length,) = struct.unpack_from("<L", tail, place + 12)
    if length > count * DIRECTORY_ENTRY:
        raise DamagedPiece("its directory is far too long")


def _key(block: Block) -> tuple[int, int, int]:
    return block.task_id, block.job_id, block.chunk


def member(opened: zipfile.ZipFile, names: list[str], block: Block, frame: int) -> str:
    """The member that holds a frame: named by its number in a piece of decoded frames, else by its
    position among the sorted `names`. Raises KeyError."""
    own = own_name(frame)
    if own in opened.NameToInfo:
        return own
    if len(names) != block.size:
        raise KeyError(f"{len(names)} pictures where {block.size} belong")
    if not block.first <= frame < block.first + block.size:
        raise KeyError(f"frame {frame} does not belong to this chunk")
    return names[frame - block.first]


def own_name(frame: int) -> str:
    return f"frame{frame:012d}"
