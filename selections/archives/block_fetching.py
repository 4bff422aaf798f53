"""Brings one chunk or one frame from CVAT into the spool."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from typing import BinaryIO

from cvat.bodies import MAX_PICTURE
from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNotFound
from cvat.types import Download
from selections.archives import video
from selections.archives.planning import Block, Line
from selections.archives.refusals import Refusals
from selections.archives.spool import Spool, own_name, read_members
from selections.archives.waiting import Waiting

# A server that puts a request off is asked again for so long before the thread turns to other
# blocks.
PUT_OFF_AFTER = 2.0  # seconds
# No picture shrinks so much: beyond it, it is made to fill memory or disk.
MOST_SHRUNK = 100


class TooSlow(Exception):
    """The rest of this chunk costs more than the frames wanted of it."""


class Oversized(Exception):
    """A picture of the chunk unpacks to more than any picture has. `str(error)` can be shown."""


class BlockFetcher:
    """Safe for threads. `check_stop` raises when the build is over."""

    def __init__(
        self,
        client: CvatClient,
        *,
        spool: Spool,
        waiting: Waiting,
        quality: str,
        picture_format: video.Format,
        check_stop: Callable[[], None],
    ) -> None:
        self.refusals = Refusals(client)
        self.line = Line()
        self._client = client
        self._spool = spool
        self._waiting = waiting
        self._quality = quality
        self._picture_format = picture_format
        self._check_stop = check_stop

    def fetch_chunk(self, block: Block, *, missing: int, read_timeout: float | None) -> None:
        """Raises CvatError, TooSlow, Oversized, Damaged, video.Undecodable."""

        def watch(received: int, length: int, seconds: float) -> None:
            self._watch()
            if self.line.is_too_slow(
                block, missing=missing, length=length, received=received, seconds=seconds
            ):
                self.line.observe_body(received, seconds)
                raise TooSlow("the line is too slow for it")

        with self._spool.arriving_piece(block) as piece:
            answer = self._client.job_chunk(
                job_id=block.job_id,
                index=block.chunk,
                quality=self._quality,
                into=piece,
                watch=watch,
                put_off_after=PUT_OFF_AFTER,
                read_timeout=read_timeout,
            )
            self.line.observe_body(answer.length, answer.seconds)
            self._check_chunk(block, piece)
            self._spool.stamp(piece, answer)

    def _check_chunk(self, block: Block, piece: BinaryIO) -> None:
        """A ZIP of the right number of pictures; of a film, the frames wanted are made one."""
        piece.seek(0)
        if piece.read(2) != b"PK":
            self._decode(block, piece)
            return
        members = read_members(piece, count=block.size)
        for frame in block.frames:
            member = members[frame - block.first]
            if member.file_size > min(MAX_PICTURE, MOST_SHRUNK * member.compress_size + 4096):
                raise Oversized(
                    f"CVAT sent a picture that unpacks from {member.compress_size:,} to "
                    f"{member.file_size:,} bytes. No real picture does: it was not unpacked."
                )
        self.line.observe_frames(sum(member.file_size for member in members), len(members))

    def _decode(self, block: Block, piece: BinaryIO) -> None:
        positions = [frame - block.first for frame in block.frames]
        with self._spool.scratch() as film:
            piece.seek(0)
            with film.open("wb") as out:
                shutil.copyfileobj(piece, out)
            piece.seek(0)
            piece.truncate()
            with zipfile.ZipFile(piece, "w") as decoded:
                for position, picture in video.pictures(film, positions, self._picture_format):
                    self._check_stop()
                    decoded.writestr(own_name(block.first + position), picture)

    def fetch_frame(self, block: Block, frame: int, *, read_timeout: float | None) -> None:
        """Through its task, which gives what was uploaded; else through its job. Raises
        CvatError."""
        refusal = self.refusals.known(block.task_id, block.job_id)
        if refusal is None and not block.size:
            # Perhaps a job that is not listed because it is gone.
            refusal = self.refusals.check(block.task_id, block.job_id)
        if refusal is not None:
            raise refusal
        try:
            self._fetch_frame(block, frame, read_timeout)
        except (CvatForbidden, CvatNotFound) as error:
            raise self.refusals.check(block.task_id, block.job_id) or error from None

    def _fetch_frame(self, block: Block, frame: int, read_timeout: float | None) -> None:
        if not self.refusals.closes_task(block.task_id):
            try:
                with self._spool.arriving_frame(block, frame) as file:
                    self._save(file, read_timeout, frame=frame, task_id=block.task_id)
                return
            except CvatForbidden as error:
                self.refusals.close_task(block.task_id, error)
        with self._spool.arriving_frame(
            block, frame, is_recompressed=block.is_recompressed
        ) as file:
            self._save(file, read_timeout, frame=frame, job_id=block.job_id)

    def _save(
        self,
        file: BinaryIO,
        read_timeout: float | None,
        *,
        frame: int,
        task_id: int | None = None,
        job_id: int | None = None,
    ) -> None:
        answer: Download = self._client.save_frame(
            task_id=task_id,
            job_id=job_id,
            frame=frame,
            quality=self._quality,
            into=file,
            watch=lambda *_: self._watch(),
            put_off_after=PUT_OFF_AFTER,
            read_timeout=read_timeout,
        )
        self._spool.stamp(file, answer)
        self.line.observe_wait(answer.waited)
        self.line.observe_body(answer.length, answer.seconds)
        self.line.observe_frames(answer.length, 1)

    def _watch(self) -> None:
        self._waiting.answer_began()
        self._check_stop()
