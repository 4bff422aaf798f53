"""Brings the blocks of a plan into the spool, several at a time, and hands out their pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event

from cvat.exceptions import CvatChunkUnserved, CvatError, CvatForbidden, CvatNotFound
from portal.work.exceptions import Stopped
from selections.archives import video
from selections.archives.block_fetching import BlockFetcher, Oversized, TooSlow
from selections.archives.block_state import BlockState, Missing
from selections.archives.entries import WantedFrame
from selections.archives.pieces import DamagedPiece, Picture
from selections.archives.planning import Block, Plan
from selections.archives.refusals import FRAME_ERRORS
from selections.archives.retry_later import PutOffBlocks
from selections.archives.threads import STOP_CHECK_SECONDS, end_threads

logger = logging.getLogger(__name__)

AHEAD = 8  # blocks under way for each thread: a slow one must not make the others wait
ENOUGH_AHEAD = 2  # while fetching is faster than the writing of the ZIP
FARTHEST_AHEAD = 10_000  # blocks, while the block that is waited for is put off
# So many frames are asked for when CVAT has failed on their chunk. One would be too few: it may be
# the one with the broken file, and another version of CVAT may serve the others alone.
TRIED_OF_DOUBTFUL = 3
# Before that, the first of them is asked for so often again, within 15 seconds in all: the store in
# which CVAT keeps its chunks may be restarting.
RETRIES_OF_DOUBTFUL = 4
# How long the threads of a build that failed may go on with the request that each has under way,
# for the next try to continue with.
GRACE_SECONDS = 3.0


class Fetcher:
    """The pictures of a plan, fetched by `threads` threads. To be closed: then all of them have
    ended, and the client of `blocks` is aborted if one of its requests hangs.

    `flush` writes the pictures that were handed out: called before they are removed from the spool,
    and before a wait for CVAT. `stop` ends the fetching from outside; `ended` is set when the
    fetching is over. What was fetched by then stays in the spool.
    """

    def __init__(
        self,
        blocks: BlockFetcher,
        plan: Plan,
        *,
        flush: Callable[[], None],
        threads: int,
        stop: Event,
        ended: Event,
    ) -> None:
        self._blocks = blocks
        self._plan = plan
        self._flush = flush
        self._spool = blocks.spool
        self._put_off = PutOffBlocks(blocks.client, blocks.waiting)
        self._threads = threads
        self._stop = stop
        self._ended = ended
        self._failure: Exception | None = None
        self._states: dict[int, BlockState] = {}  # by the numbers of the blocks in the plan
        self._remaining = [len(block.frames) for block in plan.blocks]  # frames not handed out
        self._submitted = 0
        self._handed_out: Block | None = None  # a block whose last picture was handed out
        self._futures: set[Future[None]] = set()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="fetch")

    def begin(self) -> None:
        """Begin to fetch the first blocks; without it, they are fetched from the first `picture`
        on."""
        self._submit_ahead(0)

    def picture(self, frame: WantedFrame) -> Picture | Missing:
        """The picture of a frame of the plan, or why there is none. To be asked for once for each
        frame, by task and frame number, when the one before was added to the ZIP. The file of the
        picture is to be closed.

        Waits until the block of the frame is fetched. Raises Stopped, or what ends the build: a
        CvatError, or whatever error a thread met.
        """
        if self._handed_out is not None:
            self._flush()
            self._spool.release(self._handed_out)
            self._handed_out = None
        number = self._plan.number_of(frame)
        self._submit_ahead(number)
        picture = self._picture(number, frame.frame)
        self._remaining[number] -= 1
        if not self._remaining[number]:
            del self._states[number]
            self._handed_out = self._plan.blocks[number]
        return picture

    def close(self) -> None:
        """End all threads: a request that hangs must not keep a build alive that has ended, and
        the threads must not outlive the session that they use."""
        self._ended.set()
        grace = 0.0 if self._stop.is_set() else GRACE_SECONDS
        end_threads(self._pool, set(self._futures), self._blocks.client, grace=grace)
        self._spool.close()

    def _submit_ahead(self, number: int) -> None:
        """Begin with the blocks that may be under way while the block of this number is waited
        for."""
        self._resume_put_off()
        blocks = self._plan.blocks
        is_fetched = number < self._submitted and self._states[number].done.done()
        ahead = ENOUGH_AHEAD if is_fetched else AHEAD
        end = min(len(blocks), number + ahead * self._threads)
        if number < self._submitted and self._states[number].is_put_off:
            end = min(len(blocks), number + FARTHEST_AHEAD, self._submitted + self._idle())
        while self._submitted < end:
            state = BlockState(blocks[self._submitted])
            self._states[self._submitted] = state
            self._submitted += 1
            self._submit(self._bring, state)

    def _idle(self) -> int:
        """How many more blocks may be under way; blocks that are put off do not count."""
        under_way = sum(
            not (state.is_put_off or state.done.done()) for state in self._states.values()
        )
        return max(AHEAD * self._threads - under_way, 0)

    def _resume_put_off(self) -> None:
        for state in self._put_off.due():
            if state.by_frames:
                self._submit_frames(state, threads=1 if state.is_doubtful else self._threads)
            else:
                self._submit(self._bring, state)

    def _wait_for(self, number: int) -> BlockState:
        state = self._states[number]
        if not state.done.done():
            self._flush()
        while not state.done.done() and not wait([state.done], timeout=STOP_CHECK_SECONDS).done:
            self._check_stop()
            if self._failure is not None:
                raise self._failure
            self._submit_ahead(number)
        state.done.result()
        return state

    def _picture(self, number: int, frame: int) -> Picture | Missing:
        """As `picture`; a block that turns out to be damaged is fetched again, frame by frame."""
        block = self._plan.blocks[number]
        state = self._wait_for(number)
        if frame in state.missing:
            return state.missing[frame]
        try:
            return self._spool.open(block, frame)
        except DamagedPiece:
            logger.warning("job %s chunk %s: damaged, fetched again", *block[1:3])
        state = self._fetch_again(number)
        return state.missing.get(frame) or self._spool.open(block, frame)

    def _fetch_again(self, number: int) -> BlockState:
        state = BlockState(self._plan.blocks[number])
        self._spool.drop(state.block)
        state.go_by_frames(list(state.block.frames))
        self._states[number] = state
        self._submit_frames(state, threads=self._threads)
        return self._wait_for(number)

    # --- in the threads ---

    def _submit(self, work: Callable[[BlockState], None], state: BlockState) -> None:
        future = self._pool.submit(self._run, work, state)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)

    def _submit_frames(self, state: BlockState, *, threads: int) -> None:
        """Let so many threads take frames of the block; not more than there are frames."""
        for _ in range(min(threads, state.count_not_taken())):
            self._submit(self._bring_frames, state)

    def _run(self, work: Callable[[BlockState], None], state: BlockState) -> None:
        try:
            self._check_stop()
            work(state)
        except Stopped as error:
            state.fail(error)
        except BaseException as error:
            # The edge of a thread: whatever it was, the build must not wait for this block.
            failure = error if isinstance(error, Exception) else RuntimeError(repr(error))
            self._failure = self._failure or failure
            state.fail(failure)

    def _check_stop(self) -> None:
        if self._stop.is_set() or self._ended.is_set():
            raise Stopped

    def _bring(self, state: BlockState) -> None:
        """Put the block into the spool, whole or frame by frame; other threads may still fetch its
        frames when this returns."""
        block = state.block
        refusal = self._blocks.refusals.known(block.task_id, block.job_id)
        missing = self._spool.missing(block)
        if not missing:
            state.finish()
        elif refusal is not None:
            state.go_by_frames(missing)
            state.give_up(Missing(str(refusal)))
        elif not self._brought_chunk(state, missing):
            state.go_by_frames(missing)
            if not state.is_doubtful:
                self._share_frames(state)
            self._bring_frames(state)

    def _share_frames(self, state: BlockState) -> None:
        """Let threads without other work help: else the last blocks keep one thread each busy."""
        self._submit_frames(state, threads=self._threads - 1)

    def _brought_chunk(self, state: BlockState, missing: list[int]) -> bool:
        """Fetch the block as a chunk where that is cheaper. False: its frames are to be fetched one
        by one. True: nothing more is to be done for it now."""
        block = state.block
        if not self._blocks.costs.prefers_chunk(block, missing=len(missing)):
            return False
        try:
            read_timeout = self._put_off.read_timeout
            self._blocks.fetch_chunk(block, missing=len(missing), read_timeout=read_timeout)
        except (Oversized, CvatChunkUnserved) as error:
            state.go_by_frames(missing)
            state.give_up(Missing(str(error)))
        except (TooSlow, DamagedPiece, video.Undecodable) as error:
            logger.info("job %s chunk %s: frames instead: %s", *block[1:3], error)
            return False
        except CvatError as error:
            if error.is_passing:
                self._put_off.come_back(state, error)
                return True
            if not isinstance(error, FRAME_ERRORS):
                raise
            # The frames of a chunk that cannot be had may be available one by one.
            logger.info("job %s chunk %s: frames instead: %s", *block[1:3], error)
            state.is_doubtful = error.status == 500
            if isinstance(error, (CvatForbidden, CvatNotFound)):
                with suppress(*FRAME_ERRORS):  # the frames meet the refusal themselves
                    self._blocks.refusals.check(block.task_id, block.job_id)
            return False
        else:
            self._put_off.note_success(state)
            state.finish()
        return True

    def _bring_frames(self, state: BlockState) -> None:
        while (frame := state.take()) is not None:
            self._check_stop()
            try:
                self._blocks.fetch_frame(
                    state.block, frame, read_timeout=self._put_off.read_timeout
                )
            except CvatError as error:
                is_doubtful = state.is_doubtful and error.status == 500
                if error.is_passing or (is_doubtful and state.put_offs < RETRIES_OF_DOUBTFUL):
                    state.put_back(frame)
                    self._put_off.come_back(state, error)
                    return
                if not isinstance(error, FRAME_ERRORS):
                    raise
                missing = Missing(str(error))
                state.note(frame, missing)
                is_lost = is_doubtful and len(state.missing) >= TRIED_OF_DOUBTFUL
                if is_lost or isinstance(error, CvatChunkUnserved):
                    state.give_up(missing)
            else:
                self._put_off.note_success(state)
                if state.is_doubtful:
                    state.is_doubtful = False
                    self._share_frames(state)
                state.note(frame)
