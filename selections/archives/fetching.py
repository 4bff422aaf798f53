"""Brings the blocks of a plan into the spool, several at a time, and hands out their frames."""

from __future__ import annotations

import heapq
import itertools
import logging
import time
from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event, Lock
from typing import Any, NamedTuple, TypeVar

from cvat.client import CvatClient
from cvat.errors import DATA_FAILURES
from cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatForbidden,
    CvatNotFound,
    CvatRejected,
    CvatTimeout,
)
from portal.work.exceptions import Stopped
from selections.archives import video
from selections.archives.block_fetching import BlockFetcher, Oversized, TooSlow
from selections.archives.block_state import BlockState, Missing
from selections.archives.planning import Block
from selections.archives.spool import Damaged, Picture, Spool
from selections.archives.waiting import Waiting

logger = logging.getLogger(__name__)

T = TypeVar("T")

# What concerns one frame and not the build: it is named in the manifest, the others go on.
FRAME_ERRORS = (CvatBroken, CvatForbidden, CvatNotFound, CvatRejected)
LOOK_UP_SECONDS = 0.5  # how often a build that waits looks whether it is given up
AHEAD = 8  # blocks under way for each thread: a slow one must not make the others wait
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0  # seconds before a block is asked for again
FARTHEST_AHEAD = 10_000  # blocks, when the one that is waited for is put off
# When a block was given up lately, others get one more attempt each, and no longer wait than this.
LAST_READ_TIMEOUT = 15.0
# How long the threads of a build that failed may go on with the request that each has under way,
# for the next try to continue with; and how long they may take to end once it is broken off.
GRACE_SECONDS, JOIN_SECONDS = 3.0, 20.0


class Fetched(NamedTuple):
    task_id: int
    frame: int
    picture: Picture | None  # to be read before the next frame is asked for
    missing: Missing | None = None  # why there is none
    is_recompressed: bool = False  # by CVAT, which serves it otherwise than it was uploaded


def outcome(work: Future[T], stop: Event) -> T:
    """A request may hang for a minute; who gave the build up must not wait for it."""
    # `done` first: `wait` costs ten times as much, and most work is asked about once per frame.
    while not work.done() and not wait([work], timeout=LOOK_UP_SECONDS).done:
        if stop.is_set():
            raise Stopped
    return work.result()


def end_threads(
    pool: ThreadPoolExecutor,
    futures: Collection[Future[Any]],
    client: CvatClient,
    *,
    grace: float = 0.0,
) -> None:
    """Wait until the threads of a pool have ended. After `grace` seconds their requests are broken
    off, and with them all others of the client."""
    pool.shutdown(wait=False, cancel_futures=True)
    # Without those that are cancelled before they began, which `wait` would wait for.
    begun = [future for future in futures if not future.done()]
    late = wait(begun, timeout=grace).not_done
    if late:
        client.abort()
        late = wait(begun, timeout=JOIN_SECONDS).not_done
    if late:
        logger.error("%d requests do not end, though they were broken off", len(late))
    pool.shutdown(wait=not late)


class Fetcher:
    """Fetches through one client, which is aborted in the end; `stop` ends the work at once.

    A block that the server puts off (429 while its chunk is made, 408, 502 to 504, no answer in
    time) is asked for again later, and others meanwhile, until the patience of the client is over.
    Then its frames are missing, unless the server has no answer to anything else either.
    """

    def __init__(
        self,
        client: CvatClient,
        *,
        spool: Spool,
        waiting: Waiting,
        quality: str,
        picture_format: video.Format,
        threads: int,
        stop: Event,
        ended: Event,
    ) -> None:
        self._client = client
        self._spool = spool
        self._waiting = waiting
        self._threads = threads
        self._stop = stop
        self._ended = ended  # set when the fetching is over
        self._blocks = BlockFetcher(
            client,
            spool=spool,
            waiting=waiting,
            quality=quality,
            picture_format=picture_format,
            check_stop=self._check_given_up,
        )
        self._given_up_at: float | None = None  # when a block was; None once one put off came
        self._put_off: list[tuple[float, int, BlockState]] = []  # a heap, by when to ask again
        self._numbers = itertools.count()
        self._lock = Lock()
        self._failure: Exception | None = None
        self._states: dict[int, BlockState] = {}  # by their numbers in the plan
        self._submitted = 0
        self._futures: set[Future[None]] = set()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="fetch")

    def fetch(self, plan: Sequence[Block]) -> Generator[Fetched]:
        """Every frame of the plan, by task and frame. Raises Stopped, or what ends all: a
        CvatError, or whatever went wrong in a thread. What was fetched by then stays in the spool.
        To be closed: then all threads have ended."""
        order = sorted(
            (block.task_id, frame, number)
            for number, block in enumerate(plan)
            for frame in block.frames
        )
        remaining = [len(block.frames) for block in plan]
        try:
            for _, frame, number in order:
                self._submit_ahead(plan, number)
                fetched = self._fetched(plan, number, frame)
                try:
                    yield fetched
                finally:
                    if fetched.picture is not None:
                        fetched.picture.file.close()
                remaining[number] -= 1
                if not remaining[number]:
                    del self._states[number]
        finally:
            self._end()

    def _submit_ahead(self, plan: Sequence[Block], number: int) -> None:
        """Begin with the blocks that may be under way while that of this number is waited for."""
        self._resume_put_off()
        end = min(len(plan), number + AHEAD * self._threads)
        if number < self._submitted and self._states[number].is_put_off:
            end = min(len(plan), number + FARTHEST_AHEAD, self._submitted + self._idle())
        while self._submitted < end:
            state = BlockState(plan[self._submitted])
            self._states[self._submitted] = state
            self._submitted += 1
            self._submit(self._bring, state)

    def _idle(self) -> int:
        """How many more blocks may be under way, without those that are put off."""
        under_way = sum(
            not (state.is_put_off or state.done.done()) for state in self._states.values()
        )
        return max(AHEAD * self._threads - under_way, 0)

    def _resume_put_off(self) -> None:
        """Ask again for the blocks whose time has come."""
        due: list[BlockState] = []
        with self._lock:
            while self._put_off and self._put_off[0][0] <= time.monotonic():
                due.append(heapq.heappop(self._put_off)[2])
            self._waiting.put_off = len(self._put_off)
        for state in due:
            state.is_put_off = False
            if state.by_frames:
                self._submit_frames(state, threads=self._threads)
            else:
                self._submit(self._bring, state)

    def _wait_for(self, plan: Sequence[Block], number: int) -> BlockState:
        state = self._states[number]
        while not state.done.done() and not wait([state.done], timeout=LOOK_UP_SECONDS).done:
            self._check_stop()
            if self._failure is not None:
                raise self._failure
            self._submit_ahead(plan, number)
        state.done.result()
        return state

    def _fetched(self, plan: Sequence[Block], number: int, frame: int) -> Fetched:
        """A frame, once its block is dealt with; a block that turns out to be damaged is fetched
        again, frame by frame. The file of its picture is to be closed."""
        block, picture = plan[number], None
        state = self._wait_for(plan, number)
        if frame not in state.missing:
            try:
                picture = self._spool.open(block, frame)
            except Damaged:
                logger.warning("job %s chunk %s: damaged, fetched again", *block[1:3])
                state = self._fetch_again(plan, number)
                if frame not in state.missing:
                    picture = self._spool.open(block, frame)
        is_recompressed = (
            picture is not None
            and block.is_recompressed
            and self._spool.is_recompressed(block, frame)
        )
        return Fetched(block.task_id, frame, picture, state.missing.get(frame), is_recompressed)

    def _fetch_again(self, plan: Sequence[Block], number: int) -> BlockState:
        state = BlockState(plan[number])
        self._spool.drop(state.block)
        state.go_by_frames(list(state.block.frames))
        self._states[number] = state
        self._submit_frames(state, threads=self._threads)
        return self._wait_for(plan, number)

    def _end(self) -> None:
        """End all threads: requests that hang must not keep a build alive that is given up, and
        the threads must not outlive the session they work with."""
        self._ended.set()
        grace = 0.0 if self._stop.is_set() else GRACE_SECONDS
        end_threads(self._pool, set(self._futures), self._client, grace=grace)
        self._spool.close()

    # --- in the threads ---

    def _submit(self, work: Callable[[BlockState], None], state: BlockState) -> None:
        future = self._pool.submit(self._run, work, state)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)

    def _submit_frames(self, state: BlockState, *, threads: int) -> None:
        """Let so many threads take frames of the block; more than there are frames do not."""
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

    def _check_given_up(self) -> None:
        """For answers under way, which may still arrive when the fetching has ended otherwise."""
        if self._stop.is_set():
            raise Stopped

    def _bring(self, state: BlockState) -> None:
        """Put the block into the spool, whole or frame by frame; the latter may still go on."""
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
            # Whoever has nothing else to do helps: else the last blocks keep one thread each busy.
            self._submit_frames(state, threads=min(self._threads, len(missing) - 1))
            self._bring_frames(state)

    def _brought_chunk(self, state: BlockState, missing: list[int]) -> bool:
        """Whether the block is dealt with for now; False: its frames are to be fetched."""
        block = state.block
        if not self._blocks.line.prefers_chunk(block, missing=len(missing)):
            return False
        try:
            self._blocks.fetch_chunk(block, missing=len(missing), read_timeout=self._read_timeout)
        except Oversized as error:
            state.go_by_frames(missing)
            state.give_up(Missing(str(error)))
        except (TooSlow, Damaged, video.Undecodable) as error:
            logger.info("job %s chunk %s: frames instead: %s", *block[1:3], error)
            return False
        except CvatError as error:
            if error.is_passing:
                self._come_back(state, error)
                return True
            if not isinstance(error, FRAME_ERRORS):
                raise
            # Whatever is wrong with the chunk, its frames may still be had one by one.
            logger.info("job %s chunk %s: frames instead: %s", *block[1:3], error)
            if isinstance(error, (CvatForbidden, CvatNotFound)):
                with suppress(*FRAME_ERRORS):  # the frames meet the refusal themselves
                    self._blocks.refusals.check(block.task_id, block.job_id)
            return False
        else:
            self._note_success(state)
            state.finish()
        return True

    def _bring_frames(self, state: BlockState) -> None:
        while (frame := state.take()) is not None:
            self._check_stop()
            try:
                self._blocks.fetch_frame(state.block, frame, read_timeout=self._read_timeout)
            except CvatError as error:
                if error.is_passing:
                    state.put_back(frame)
                    self._come_back(state, error)
                    return
                if not isinstance(error, FRAME_ERRORS):
                    raise
                state.note(frame, Missing(str(error)))
            else:
                self._note_success(state)
                state.note(frame)

    @property
    def _is_patience_over(self) -> bool:
        """A block was given up lately. Not for the rest of the build: hours later, a healthy
        server that puts a block off for some seconds must be asked again."""
        given_up_at = self._given_up_at
        patience = self._client.retries.give_up_after
        return given_up_at is not None and time.monotonic() - given_up_at < patience

    @property
    def _read_timeout(self) -> float | None:
        return LAST_READ_TIMEOUT if self._is_patience_over else None

    def _note_success(self, state: BlockState) -> None:
        if state.put_offs:
            self._given_up_at = None

    def _come_back(self, state: BlockState, error: CvatError) -> None:
        """Ask for a block again later that the server has put off; or give it up."""
        patience = self._client.retries.give_up_after
        waited = state.waited()
        # A chunk that only took longer than LAST_READ_TIMEOUT may be made by the second attempt.
        was_asked_enough = error.status is not None or state.put_offs > 0
        is_hopeless = self._is_patience_over and was_asked_enough and self._client.is_well()
        if is_hopeless or waited >= patience:
            self._give_up(state, error)
        elif state.put_off():
            pause = min(FIRST_PAUSE * 2.0 ** (state.put_offs - 1), LONGEST_PAUSE)
            if error.retry_after is not None:
                pause = max(error.retry_after, LOOK_UP_SECONDS)
            due = time.monotonic() + min(pause, patience - waited)
            with self._lock:
                heapq.heappush(self._put_off, (due, next(self._numbers), state))
                self._waiting.put_off = len(self._put_off)

    def _give_up(self, state: BlockState, error: CvatError) -> None:
        if not self._client.is_well():
            raise error  # the server is down as a whole
        logger.warning("job %s chunk %s: given up: %s", *state.block[1:3], error)
        self._given_up_at = time.monotonic()
        # Not with the seconds that CVAT asked for: they were waited for in vain.
        reason = DATA_FAILURES.get(error.status or 0, str(error))
        state.give_up(Missing(reason, is_late=isinstance(error, CvatTimeout)))
