"""Brings the blocks of a plan into the spool, several at a time, and hands out their frames."""

from __future__ import annotations

import logging
import shutil
import zipfile
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import BinaryIO, NamedTuple, TypeVar

from selections.archives import video
from selections.archives.planning import Block, Line
from selections.archives.singles import Singles
from selections.archives.spool import UNREADABLE, Damaged, Picture, Spool, own_name
from selector.cvat.client import CvatClient
from selector.cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatForbidden,
    CvatNotFound,
    CvatRejected,
    CvatTimeout,
)
from selector.cvat.types import Download

logger = logging.getLogger(__name__)

T = TypeVar("T")

# What concerns one frame and not the build: it is named in the manifest, the others go on.
FRAME_ERRORS = (CvatBroken, CvatForbidden, CvatNotFound, CvatRejected)
LOOK_UP_SECONDS = 0.5  # how often a build that waits looks whether it is given up
AHEAD = 8  # blocks under way for each thread: a slow one must not make the others wait


class Stopped(Exception):
    """The build was given up while frames were being fetched."""


class _TooSlow(Exception):
    """The rest of this chunk costs more than the frames wanted of it."""


class Fetched(NamedTuple):
    task_id: int
    frame: int
    picture: Picture | None  # to be read before the next frame is asked for
    error: str = ""  # why there is none
    is_recompressed: bool = False  # by CVAT, which serves it otherwise than it was uploaded


def outcome(work: Future[T], stop: Event) -> T:
    """A request may hang for a minute; who gave the build up must not wait for it."""
    while not wait([work], timeout=LOOK_UP_SECONDS).done:
        if stop.is_set():
            raise Stopped
    return work.result()


class Fetcher:
    """Fetches through one client; `stop` ends the work between two requests."""

    def __init__(
        self,
        client: CvatClient,
        *,
        spool: Spool,
        quality: str,
        picture_format: video.Format,
        threads: int,
        stop: Event,
    ) -> None:
        self._client = client
        self._spool = spool
        self._quality = quality
        self._picture_format = picture_format
        self._threads = threads
        self._stop = stop
        self._line = Line()
        self._closed_tasks: set[int] = set()  # 403: go through the jobs
        self._given_up = 0  # one after the other, with no answer to anything in between
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="fetch")

    def fetch(self, plan: Sequence[Block]) -> Generator[Fetched]:
        """Every frame of the plan, by task and frame. Raises Stopped, or the CvatError that ends
        all. What was fetched by then stays in the spool."""
        order = sorted(
            (block.task_id, frame, number)
            for number, block in enumerate(plan)
            for frame in block.frames
        )
        try:
            yield from self._in_order(plan, order)
        finally:
            # Not waited for: a request that hangs must not keep a cancelled build alive.
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._spool.close()

    def _in_order(
        self,
        plan: Sequence[Block],
        order: list[tuple[int, int, int]],
    ) -> Iterator[Fetched]:
        under_way: dict[int, Future[Singles]] = {}
        left = [len(block.frames) for block in plan]
        submitted = 0
        for _, frame, number in order:
            while submitted < min(len(plan), number + AHEAD * self._threads):
                under_way[submitted] = self._pool.submit(self._bring, plan[submitted])
                submitted += 1
            errors = outcome(outcome(under_way[number], self._stop).done, self._stop)
            with self._picture(plan[number], frame, errors) as picture:
                yield self._fetched(plan[number], frame, picture, errors)
            left[number] -= 1
            if not left[number]:
                del under_way[number]

    @contextmanager
    def _picture(
        self, block: Block, frame: int, errors: dict[int, str]
    ) -> Iterator[Picture | None]:
        """None for a frame that cannot be had. `errors` learns what goes wrong when a damaged
        block is fetched again."""
        with ExitStack() as stack:
            picture = None
            if frame not in errors:
                try:
                    picture = stack.enter_context(self._spool.open(block, frame))
                except Damaged:
                    logger.warning("job %s chunk %s: damaged, fetched again", *block[1:3])
                    self._spool.drop(block)
                    errors.update(self._bring_singles(Singles(block, list(block.frames))))
                    if frame not in errors:
                        picture = stack.enter_context(self._spool.open(block, frame))
            yield picture

    def _fetched(
        self, block: Block, frame: int, picture: Picture | None, errors: dict[int, str]
    ) -> Fetched:
        if picture is None:
            return Fetched(block.task_id, frame, None, errors[frame])
        changed = block.is_recompressed and self._spool.is_recompressed(block, frame)
        return Fetched(block.task_id, frame, picture, is_recompressed=changed)

    # --- in the threads ---

    def _bring(self, block: Block) -> Singles:
        """Put the block into the spool, whole or frame by frame; the latter may still go on."""
        if self._stop.is_set():
            raise Stopped
        missing = self._spool.missing(block)
        if self._line.prefers_chunk(block, missing=len(missing)):
            try:
                self._bring_chunk(block, len(missing))
                return Singles(block, [])
            except (_TooSlow, video.Undecodable, Damaged, *FRAME_ERRORS) as error:
                # Whatever is wrong with the chunk, its frames may still be had one by one.
                if isinstance(error, CvatError) and not _concerns_one_frame(error):
                    raise
                logger.info("job %s chunk %s: frames instead: %s", *block[1:3], error)
            except CvatTimeout as error:
                # Its frames lie in the same chunk at the server: they would wait just as long.
                if self._answers_nothing():
                    raise
                return Singles(block, missing).given_up(str(error))
        singles = Singles(block, missing)
        # Whoever has nothing else to do helps: else the last blocks keep one thread each busy.
        for _ in missing[1:]:
            self._pool.submit(self._bring_singles, singles)
        self._bring_singles(singles)
        return singles

    def _bring_chunk(self, block: Block, missing: int) -> None:
        def watch(received: int, length: int, seconds: float) -> None:
            if self._stop.is_set():
                raise Stopped
            if self._line.is_too_slow(
                block, missing=missing, length=length, received=received, seconds=seconds
            ):
                self._line.observe_body(received, seconds)
                raise _TooSlow("the line is too slow for it")

        with self._spool.arriving_piece(block) as piece:
            answer = self._client.job_chunk(
                job_id=block.job_id,
                index=block.chunk,
                quality=self._quality,
                into=piece,
                watch=watch,
            )
            self._given_up = 0
            self._line.observe_body(answer.length, answer.seconds)
            self._check_chunk(block, piece)

    def _check_chunk(self, block: Block, piece: BinaryIO) -> None:
        """A ZIP of the right number of pictures; of a film, the frames wanted are made one."""
        piece.seek(0)
        if piece.read(2) != b"PK":
            self._decode(block, piece)
            return
        try:
            with zipfile.ZipFile(piece) as opened:
                infos = opened.infolist()
        except UNREADABLE as error:
            raise Damaged(str(error)) from error
        if len(infos) != block.size:
            raise Damaged(f"{len(infos)} pictures where {block.size} belong")
        self._line.observe_frames(sum(info.file_size for info in infos), len(infos))

    def _decode(self, block: Block, piece: BinaryIO) -> None:
        positions = [frame - block.first for frame in block.frames]
        with self._spool.scratch() as film:
            piece.seek(0)
            with film.open("wb") as out:
                shutil.copyfileobj(piece, out)
            piece.seek(0)
            piece.truncate()
            with zipfile.ZipFile(piece, "w") as made:
                for position, picture in video.pictures(film, positions, self._picture_format):
                    made.writestr(own_name(block.first + position), picture)

    def _bring_singles(self, singles: Singles) -> dict[int, str]:
        while (frame := singles.take()) is not None:
            try:
                if self._stop.is_set():
                    raise Stopped
                self._bring_single(singles.block, frame)
            except CvatTimeout as error:
                if self._answers_nothing():
                    singles.fail(error)
                    raise
                singles.note(frame, str(error))
                singles.given_up(f"Like frame {frame}: {error}")
            except CvatError as error:
                if not _concerns_one_frame(error):
                    singles.fail(error)
                    raise
                singles.note(frame, str(error))
            except BaseException as error:
                # The edge of a thread: whatever it was, the build must not wait for the frame.
                singles.fail(error)
                raise
            else:
                singles.note(frame)
        return singles.errors

    def _bring_single(self, block: Block, frame: int) -> None:
        """Through its task, which gives what was uploaded; else through its job."""
        if block.task_id not in self._closed_tasks:
            try:
                with self._spool.arriving_frame(block, frame) as file:
                    self._note(
                        self._client.save_frame(
                            task_id=block.task_id, frame=frame, quality=self._quality, into=file
                        )
                    )
                return
            except CvatForbidden:
                self._closed_tasks.add(block.task_id)
        with self._spool.arriving_frame(
            block, frame, is_recompressed=block.is_recompressed
        ) as file:
            self._note(
                self._client.save_frame(
                    job_id=block.job_id, frame=frame, quality=self._quality, into=file
                )
            )

    def _answers_nothing(self) -> bool:
        """After something was put off for longer than our patience: it is left out, as long as
        the server gives other things."""
        self._given_up += 1
        return self._given_up >= max(2, self._threads)

    def _note(self, answer: Download) -> None:
        self._given_up = 0
        self._line.observe_wait(answer.waited)
        self._line.observe_body(answer.length, answer.seconds)
        self._line.observe_frames(answer.length, 1)


def _concerns_one_frame(error: CvatError) -> bool:
    """Not what a server says that is down as a whole, which ends the build instead."""
    return isinstance(error, FRAME_ERRORS) and error.status not in (502, 503)
