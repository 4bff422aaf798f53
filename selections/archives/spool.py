"""The folder in which a build stores what it has fetched until that is in the ZIP of its archive.

A file is complete or absent, so a build that was killed continues with what the folder holds. A
frame is a file of its own, or a member of the piece of its block: a chunk as CVAT sent it, with its
members in the order of the frames, or a ZIP of video frames decoded here, with members named by
their frame numbers. What is in the ZIP is removed, and read from there by the next attempt
(written.py); the files of pieces are written again (spare_files.py).
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from math import inf
from pathlib import Path
from typing import BinaryIO

from cvat.types import Download
from selections.archives.pieces import UNREADABLE, DamagedPiece, Picture, Piece, Reader
from selections.archives.planning import Block
from selections.archives.spare_files import SpareFiles, scratch_path
from selections.archives.written import WrittenPictures, lists_of_furthest, zip_of

BUILD_PREFIX = "build-"  # of files that a worker writes, and leaves incomplete when killed
RECOMPRESSED = ".recompressed"  # ending of a frame that CVAT served as a JPEG of its own
WRITTEN = "_written"  # ending of an empty file: its stamp is that of the pieces in the ZIP
REMOVED = ".gone"  # after the name of a folder that is being removed
CLOCKS_APART = 300  # seconds that the clocks of CVAT and of the portal may differ
OPEN_PIECES = 8  # blocks of overlapping jobs interleave, a few at most


class Spool:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = Reader()
        self._spare = SpareFiles(folder)
        self._written = WrittenPictures()
        self._stamps: dict[int, float] = {}  # of each task: the oldest of what is in the ZIP
        self._open: dict[tuple[int, int, int], Piece] = {}
        self._tasks_with_frames: set[int] = set()  # that have frames with files of their own

    def prepare(self, *, earlier: Path | None = None) -> None:
        """Make the folder, or take over that of an earlier try. Remove the incomplete files of a
        worker that was killed, but its ZIP if that has most of all."""
        if earlier is not None and earlier.is_dir() and not self.folder.exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # just removed, because the disk is short
                os.replace(earlier, self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        lists = lists_of_furthest(self.folder, BUILD_PREFIX)
        used = {*lists, *map(zip_of, lists)}
        for debris in (*self.folder.glob("*.part"), *self.folder.glob(f"{BUILD_PREFIX}*")):
            if debris not in used:
                debris.unlink(missing_ok=True)
        if self._spare.were_lost():
            self._remove_pieces()
        self._written.close()
        self._written = WrittenPictures(lists)
        self._stamps = {
            task_id: path.stat().st_mtime
            for path, task_id in self._pieces()
            if path.name.endswith(WRITTEN)
        }
        self._tasks_with_frames = {
            task_id for path, task_id in self._pieces() if path.suffix != ".zip"
        }

    def size(self) -> int:
        """Bytes that are freed when the folder is removed."""
        return self._size("*")

    def size_of_pieces(self) -> int:
        """Bytes of what is not in a ZIP yet."""
        return self._size("task*")

    def _size(self, pattern: str) -> int:
        """Bytes of files that have no name elsewhere, as a ZIP file in the storage has."""
        files: dict[int, os.stat_result] = {}
        names: Counter[int] = Counter()
        for path in self.folder.glob(pattern):
            with suppress(FileNotFoundError):  # just taken over by another build
                about = path.stat()
                files[about.st_ino] = about
                names[about.st_ino] += 1
        return sum(each.st_size for each in files.values() if each.st_nlink == names[each.st_ino])

    def oldest_by_task(self) -> dict[int, float]:
        """The stamp (see `stamp`) of the oldest piece of each task, also of those that are in the
        ZIP."""
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
        self._written.drop_task(task_id)
        self._stamps.pop(task_id, None)

    def _remove_pieces(self) -> None:
        for path in self.folder.glob("task*.zip"):
            path.unlink(missing_ok=True)
        self._spare.forget()

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
        self._written.close()
        self._spare.remove()

    # --- writing, from any thread ---

    def missing(self, block: Block) -> list[int]:
        """The frames of a block that the spool does not hold yet."""
        if self._piece(block).exists():
            return []
        return [frame for frame in block.frames if not self._has(block, frame)]

    def _has(self, block: Block, frame: int) -> bool:
        if self._written.has(block.task_id, frame):
            return True
        is_possible = block.task_id in self._tasks_with_frames
        return is_possible and self._frame(block, frame).exists()

    @contextmanager
    def arriving_frame(
        self, block: Block, frame: int, *, is_recompressed: bool = False
    ) -> Iterator[BinaryIO]:
        """A file that becomes the frame if the with-block ends without an error."""
        self._tasks_with_frames.add(block.task_id)
        path = self._recompressed(block, frame) if is_recompressed else self._single(block, frame)
        with self._arriving(path) as file:
            yield file

    @contextmanager
    def arriving_piece(self, block: Block) -> Iterator[BinaryIO]:
        """A file that becomes the piece of the block if the with-block ends without an error. It
        may hold bytes of another piece: it is to be truncated where the new one ends."""
        with self._arriving(self._piece(block), self._spare.take()) as file:
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
    def scratch(self, spare: Path | None = None) -> Iterator[Path]:
        """The path of a temporary file: that of the spare file, or a new one."""
        path = spare or scratch_path(self.folder)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def _arriving(self, target: Path, spare: Path | None = None) -> Iterator[BinaryIO]:
        with self.scratch(spare) as part:
            part.touch()
            with part.open("r+b") as file:
                yield file
            os.replace(part, target)

    # --- reading, from one thread ---

    def open(self, block: Block, frame: int) -> Picture:
        """One frame, whose file is to be closed before the next is opened. Raises DamagedPiece
        before anything can be read: a member of a piece is compared with its checksum first."""
        try:
            if _key(block) not in self._open and not self._piece(block).exists():
                picture = self._alone(block, frame)
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

    def _alone(self, block: Block, frame: int) -> Picture:
        if self._written.has(block.task_id, frame):
            return self._written.picture(block.task_id, frame, self._reader)
        path = self._frame(block, frame)
        is_recompressed = block.is_recompressed and path.suffix == RECOMPRESSED
        return self._reader.single(path)._replace(is_recompressed=is_recompressed)

    def drop(self, block: Block) -> None:
        """Remove all frames of a block."""
        self._close(block)
        self._piece(block).unlink(missing_ok=True)
        for frame in block.frames:
            self._frame(block, frame).unlink(missing_ok=True)
        self._written.drop(block.task_id, block.frames)

    def release(self, block: Block) -> None:
        """Remove the files of a block, all frames of which are in the ZIP now."""
        self._close(block)
        if not self._released(block, self._piece(block)):
            for frame in block.frames:
                self._released(block, self._frame(block, frame))

    def _released(self, block: Block, path: Path) -> bool:
        """Remove a file, whose stamp stays with the task. False if there is none."""
        try:
            stamp = path.stat().st_mtime
        except FileNotFoundError:
            return False
        if stamp < self._stamps.get(block.task_id, inf):
            self._stamps[block.task_id] = stamp
            of_task = self.folder / f"task{block.task_id}{WRITTEN}"
            of_task.touch()
            os.utime(of_task, (stamp, stamp))
        if path.suffix == ".zip":
            self._spare.add(path)
        else:
            path.unlink(missing_ok=True)
        return True

    def _close(self, block: Block) -> None:
        if _key(block) in self._open:
            self._open.pop(_key(block)).close()

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
