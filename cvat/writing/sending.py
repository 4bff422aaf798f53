"""Sends changes to CVAT, each once; finds out what became of those whose answer was lost."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import TypeVar

from cvat import reading
from cvat.client import TOKENS, CvatClient
from cvat.exceptions import CvatError, CvatTimeout
from cvat.http import Call, Changed
from cvat.retries import TEMPORARY
from cvat.writing.refusals import explained

T = TypeVar("T")

LATE_LOOKS = 3  # after a time-out, when CVAT may still be at work on the request
_MAKING = ("/api/tasks", "/api/projects", "/api/jobs")
ATTEMPTS_AT_500 = 2  # CVAT's own failure: mostly it fails again


class Sender:
    """Changes through the client of a credential that may write."""

    def __init__(self, client: CvatClient) -> None:
        self.client = client
        self._is_read_only: bool | None = None

    def send(self, call: Call, *, is_personal: Callable[[], bool] | None = None) -> Changed:
        """The answer to a change, which is sent once. CvatRefused if CVAT refuses it; see
        refusals.explained. `is_personal` is for a change that gives work to somebody: whether the
        object is in a personal space, asked when CVAT forbids it."""
        try:
            return self.client.http.change(call)
        except CvatError as error:
            failure = error
        is_forbidden = failure.status == 403
        raise explained(
            failure,
            subject=call.subject,
            makes=call.method == "POST" and call.path in _MAKING,
            names_assignee=is_personal is not None,
            is_personal=is_forbidden and is_personal is not None and is_personal(),
            is_read_only=is_forbidden and self.is_read_only(),
        )

    def ensure(
        self, look: Callable[[], T | None], do: Callable[[], T], *, is_first: bool = False
    ) -> T:
        """What `look` finds, else what `do` makes: once, although answers may be lost.

        `look` returns None while nothing is there. It is called before each `do`, and after one
        whose answer was lost: CVAT may have carried the request out. It may raise, too, when what
        it finds forbids to go on. `is_first`: the request was never sent before, so that there is
        nothing to look for yet.
        """
        started = time.monotonic()
        known = None if is_first else look()
        for attempt in itertools.count(1):
            if known is not None:
                return known
            try:
                return do()
            except CvatError as error:
                if not is_lost(error):
                    raise
                wait = self._wait(error, attempt, time.monotonic() - started)
                late = LATE_LOOKS if isinstance(error, CvatTimeout) else 1
                failure = error
            for _ in range(late):
                self.client.pause(wait or 0.0)
                known = look()
                if known is not None:
                    return known
            if wait is None:
                raise failure
        raise AssertionError("unreachable")

    def pause_after(self, error: CvatError, attempt: int) -> None:
        """Wait before a look and another attempt. Raises the error of an attempt that was refused,
        or of the last one. `attempt` counts those in a row that failed."""
        wait = self._wait(error, attempt, 0.0)
        can_go_on = is_lost(error) or error.status in (404, 409)
        if wait is None or not can_go_on:
            raise error
        self.client.pause(wait)

    def is_read_only(self) -> bool:
        """Whether the credential is an access token that may only read. False for a login key."""
        if self._is_read_only is None:
            try:
                answer = self.client.http.get(f"{TOKENS}/self", subject="the access token")
                self._is_read_only = reading.own_token(answer).read_only
            except CvatError:
                self._is_read_only = False  # a login key, or an answer that is lost now
        return self._is_read_only

    def _wait(self, error: CvatError, attempt: int, elapsed: float) -> float | None:
        retries = self.client.retries
        is_last = error.status == 500 and attempt >= ATTEMPTS_AT_500
        if is_last or elapsed > retries.give_up_after:
            return None
        return retries.wait(attempt, retry_after=error.retry_after)


def is_lost(error: CvatError) -> bool:
    """Whether CVAT may have carried out the request that this error answers: there was no answer,
    or one that comes from a proxy or from a failure."""
    status = error.status
    return status is None or status >= 500 or status in TEMPORARY or 200 <= status < 300
