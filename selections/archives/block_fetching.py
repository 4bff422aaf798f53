"""Brings one chunk or one frame from CVAT into the spool."""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import BinaryIO

from cvat.bodies import MAX_PICTURE
from cvat.client import CvatClient
from cvat.exceptions import CvatError, CvatForbidden, CvatNotFound, CvatStorageUnreadable
from cvat.types import Download
from portal.work.exceptions import Stopped
from portal.work.waiting import Waiting
from selections.archives import video
from selections.archives.concurrency import RequestGate
from selections.archives.entries import WantedFrame
from selections.archives.pieces import own_name, read_members
from selections.archives.planning import Arrival, Block, CostModel
from selections.archives.refusals import Refusals
from selections.archives.spool import Spool

# Seconds for which a request that CVAT puts off is repeated before the block is put off.
PUT_OFF_AFTER = 2.0
# No real picture shrinks so much in a ZIP: more is an attempt to fill memory or disk.
MOST_SHRUNK = 100


class TooSlow(Exception):
    """The rest of this chunk costs more than the frames wanted of it."""


class Oversized(Exception):
    """A picture of the chunk unpacks to more than any picture has. `str(error)` can be shown."""


class BlockFetcher:
    """Safe for threads. All methods raise Stopped once `stop` is set, also during an answer."""

    def __init__(
        self,
        client: CvatClient,
        *,
        spool: Spool,
        waiting: Waiting,
        quality: str,
        frame_file_type: video.FrameFileType,
        gate: RequestGate,
        stop: Event,
    ) -> None:
        self.client = client
        self.spool = spool
        self.waiting = waiting
        self.refusals = Refusals(client)
        self.costs = CostModel()
        self._quality = quality
        self._frame_file_type = frame_file_type
        self._gate = gate
        self._stop = stop

    def fetch_chunk(self, block: Block, *, missing: int, read_timeout: float | None) -> None:
        """Raises CvatError, TooSlow, Oversized, DamagedPiece, video.Undecodable."""
        with self._noting_lost_storage(block):
            self._fetch_chunk(block, missing, read_timeout)

    def _fetch_chunk(self, block: Block, missing: int, read_timeout: float | None) -> None:
        arrival = Arrival(self.costs)

        def watch(received: int, length: int, seconds: float) -> None:
            self._watch()
            arrival.observe(received, seconds, now=time.monotonic())
            if self.costs.is_too_slow(
                block, missing=missing, length=length, received=received, seconds=seconds
            ):
                raise TooSlow("the connection is too slow for it")

        with self.spool.arriving_piece(block) as piece:
            answer = self.client.job_chunk(
                job_id=block.job_id,
                index=block.chunk,
                quality=self._quality,
                into=piece,
                watch=watch,
                put_off_after=PUT_OFF_AFTER,
                read_timeout=read_timeout,
            )
            arrival.end(answer.length, answer.seconds, now=time.monotonic())
            self._note_answer(answer)
            self._check_chunk(block, piece)
            self.spool.stamp(piece, answer)

    def _check_chunk(self, block: Block, piece: BinaryIO) -> None:
        """Check that the chunk is a ZIP with a picture per frame. Replace a video chunk by a ZIP of
        the wanted frames, decoded."""
        piece.seek(0)
        if piece.read(2) != b"PK":
            self._decode(block, piece)
            return
        members = read_members(piece, count=block.size)
        # Also those of frames that are not wanted: names choose the member that is unpacked.
        for member in members:
            if member.file_size > min(MAX_PICTURE, MOST_SHRUNK * member.compress_size + 4096):
                raise Oversized(
                    f"CVAT sent a picture that unpacks from {member.compress_size:,} to "
                    f"{member.file_size:,} bytes. No real picture does: it was not unpacked."
                )
        self.costs.observe_frames(sum(member.file_size for member in members), len(members))

    def _decode(self, block: Block, piece: BinaryIO) -> None:
        positions = [frame - block.first for frame in block.frames]
        with self.spool.scratch() as mp4:
            piece.seek(0)
            with mp4.open("wb") as out:
                shutil.copyfileobj(piece, out)
            piece.seek(0)
            piece.truncate()
            with zipfile.ZipFile(piece, "w") as decoded:
                for position, picture in video.pictures(mp4, positions, self._frame_file_type):
                    self._check_stop()
                    decoded.writestr(own_name(block.first + position), picture)

    def fetch_early(self, frame: WantedFrame) -> None:
        """Fetch a frame through its task before the jobs are known. If that fails, fetch_frame()
        fetches it later. Raises Stopped."""
        number = frame.frame
        block = Block(frame.task_id, frame.job_id, -1, number, 0, is_video=False, frames=(number,))
        with suppress(CvatError), self.spool.arriving_frame(block, number) as file:
            self._save(file, None, frame=number, task_id=frame.task_id)

    def fetch_frame(self, block: Block, frame: int, *, read_timeout: float | None) -> None:
        """Through its task, which serves what was uploaded; through its job where CVAT refuses the
        task. Raises CvatError."""
        refusal = self.refusals.known(block.task_id, block.job_id)
        if refusal is None and not block.size:
            # Perhaps the job is not listed because it was deleted.
            refusal = self.refusals.check(block.task_id, block.job_id)
        if refusal is not None:
            raise refusal
        try:
            with self._noting_lost_storage(block):
                self._fetch_frame(block, frame, read_timeout)
        except (CvatForbidden, CvatNotFound) as error:
            raise self.refusals.check(block.task_id, block.job_id) or error from None

    def _fetch_frame(self, block: Block, frame: int, read_timeout: float | None) -> None:
        if not self.refusals.closes_task(block.task_id):
            try:
                with self.spool.arriving_frame(block, frame) as file:
                    self._save(file, read_timeout, frame=frame, task_id=block.task_id)
                return
            except CvatForbidden as error:
                self.refusals.close_task(block.task_id, error)
        with self.spool.arriving_frame(block, frame, is_recompressed=block.is_recompressed) as file:
            self._save(file, read_timeout, frame=frame, job_id=block.job_id)

    @contextmanager
    def _noting_lost_storage(self, block: Block) -> Iterator[None]:
        try:
            yield
        except CvatStorageUnreadable as error:
            self.refusals.lose_storage(block.task_id, error)
            raise

    def _save(
        self,
        file: BinaryIO,
        read_timeout: float | None,
        *,
        frame: int,
        task_id: int | None = None,
        job_id: int | None = None,
    ) -> None:
        answer: Download = self.client.save_frame(
            task_id=task_id,
            job_id=job_id,
            frame=frame,
            quality=self._quality,
            into=file,
            watch=lambda *_: self._watch(),
            put_off_after=PUT_OFF_AFTER,
            read_timeout=read_timeout,
        )
        self.spool.stamp(file, answer)
        self.costs.observe_body(answer.length, answer.seconds, end=time.monotonic())
        self.costs.observe_frames(answer.length, 1)
        self._note_answer(answer)

    def _note_answer(self, answer: Download) -> None:
        self.costs.observe_wait(answer.waited, under_way=self._gate.under_way + 1)
        self._gate.note_answer(answer.length)

    def _watch(self) -> None:
        self.waiting.answer_began()
        self._check_stop()

    def _check_stop(self) -> None:
        # `_stop` alone: when the fetching has ended otherwise, answers under way may still arrive.
        if self._stop.is_set():
            raise Stopped
