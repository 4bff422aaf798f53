"""The folder in which a build stores what it has fetched until its archive is finished.

A file is complete or absent, so a build that was killed continues with what the folder holds. A
frame is a file of its own, or a member of the piece of its block: a chunk as CVAT sent it, with its
members in the order of the frames, or a ZIP of video frames decoded here, with members named by
their frame numbers.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from cvat.types import Download
from selections.archives.pieces import UNREADABLE, DamagedPiece, Picture, Piece, Reader
from selections.archives.planning import Block

BUILD_PREFIX = "build-"  # of files that a worker writes, and leaves incomplete when killed
RECOMPRESSED = ".recompressed"  # ending of a frame that CVAT served as a JPEG of its own
REMOVED = ".gone"  # after the name of a folder that is being removed
CLOCKS_APART = 300  # seconds that the clocks of CVAT and of the portal may differ
OPEN_PIECES = 8  # blocks of overlapping jobs interleave, a few at most


class Spool:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = Reader()
        self._open: dict[tuple[int, int, int], Piece] = {}

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
        for piece in self._open.values():
            piece.close()
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
        """One frame, whose file is to be closed before the next is opened. Raises DamagedPiece
        before anything can be read: a member of a piece is compared with its checksum first."""
        try:
            if _key(block) not in self._open and not self._piece(block).exists():
                path = self._frame(block, frame)
                is_recompressed = block.is_recompressed and path.suffix == RECOMPRESSED
                picture = self._reader.single(path)._replace(is_recompressed=is_recompressed)
            else:
                picture = self._opened(block).picture(
                    frame, first=block.first, size=block.size, reader=self._reader
                )
        except (*UNREADABLE, KeyError) as error:
            raise DamagedPiece(str(error)) from error
        if not picture.size:
            picture.file.close()
            raise DamagedPiece(f"frame {frame} is empty")  # after the machine lost its power
        return picture

    def drop(self, block: Block) -> None:
        """Remove all frames of a block."""
        if _key(block) in self._open:
            self._open.pop(_key(block)).close()
        self._piece(block).unlink(missing_ok=True)
        for frame in block.frames:
            self._frame(block, frame).unlink(missing_ok=True)

    def _opened(self, block: Block) -> Piece:
        key = _key(block)
        if key not in self._open:
            if len(self._open) >= OPEN_PIECES:
                oldest = next(iter(self._open))
                self._open.pop(oldest).close()
            self._open[key] = Piece(self._piece(block))
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


def _key(block: Block) -> tuple[int, int, int]:
    return block.task_id, block.job_id, block.chunk
