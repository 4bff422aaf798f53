"""Blocks that CVAT puts off (408, 429, 502 to 504, no answer in time): when to ask again, and when
to give up."""

from __future__ import annotations

import heapq
import itertools
import logging
import time
from threading import Lock

from cvat.client import CvatClient
from cvat.exceptions import CvatError, CvatTimeout
from portal.work.waiting import Waiting
from selections.archives.block_state import BlockState, Missing
from selections.archives.threads import STOP_CHECK_SECONDS

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0  # seconds before a block is asked for again
# After a block was given up, other blocks get one more attempt each that lasts so long at most.
LAST_READ_TIMEOUT = 15.0


class PutOffBlocks:
    """Safe for threads. A block is asked for again, while others are fetched, until the patience of
    the client is over. Then its frames are missing, unless CVAT answers nothing else either.
    """

    def __init__(self, client: CvatClient, waiting: Waiting) -> None:
        self._client = client
        self._waiting = waiting
        self._given_up_at: float | None = None  # when a block was; None after a late success
        self._heap: list[tuple[float, int, BlockState]] = []  # by when to ask again
        self._numbers = itertools.count()
        self._lock = Lock()

    def due(self) -> list[BlockState]:
        """The blocks to be asked for again now; they do not count as put off any more."""
        due: list[BlockState] = []
        with self._lock:
            while self._heap and self._heap[0][0] <= time.monotonic():
                due.append(heapq.heappop(self._heap)[2])
            self._waiting.put_off = len(self._heap)
            self._waiting.failing -= sum(state.is_doubtful for state in due)
        for state in due:
            state.is_put_off = False
        return due

    @property
    def read_timeout(self) -> float | None:
        """Seconds for the next request; None for the client's own."""
        return LAST_READ_TIMEOUT if self._is_patience_over else None

    def note_success(self, state: BlockState) -> None:
        """A chunk or frame of the block was fetched."""
        if state.put_offs:
            self._given_up_at = None

    def come_back(self, state: BlockState, error: CvatError) -> None:
        """Have the block asked for again later, or give it up. Raises the error when CVAT answers
        nothing else either."""
        patience = self._client.retries.give_up_after
        waited = state.waited()
        # A chunk that only took longer than LAST_READ_TIMEOUT may be ready at the second attempt.
        was_asked_enough = error.status is not None or state.put_offs > 0
        # Not for a 500, which is asked again a few times only, whatever became of other blocks.
        is_given_up_soon = error.is_passing and self._is_patience_over and was_asked_enough
        if waited >= patience or (is_given_up_soon and self._client.is_well()):
            self._give_up(state, error)
        elif state.put_off():
            pause = min(FIRST_PAUSE * 2.0 ** (state.put_offs - 1), LONGEST_PAUSE)
            if error.retry_after is not None:
                pause = max(error.retry_after, STOP_CHECK_SECONDS)
            due = time.monotonic() + min(pause, patience - waited)
            with self._lock:
                heapq.heappush(self._heap, (due, next(self._numbers), state))
                self._waiting.failing += state.is_doubtful  # it stays so until it is due
                self._waiting.put_off = len(self._heap)

    @property
    def _is_patience_over(self) -> bool:
        """A block was given up not long ago. Not for the rest of the build: hours later, a healthy
        server that puts a block off for some seconds must be asked again."""
        given_up_at = self._given_up_at
        patience = self._client.retries.give_up_after
        return given_up_at is not None and time.monotonic() - given_up_at < patience

    def _give_up(self, state: BlockState, error: CvatError) -> None:
        if not self._client.is_well():
            raise error  # the server is down as a whole
        logger.warning("job %s chunk %s: given up: %s", *state.block[1:3], error)
        self._given_up_at = time.monotonic()
        state.give_up(Missing(error.lasting, is_late=isinstance(error, CvatTimeout)))
