"""Which answers of CVAT are temporary (429 among them), and when a request is repeated."""

from __future__ import annotations

import random
from dataclasses import dataclass

TEMPORARY = (408, 429, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Retries:
    """When a GET is repeated. Other methods never are."""

    attempts: int  # including the first
    damaged_attempts: int  # the same for bodies that arrive cut short or with a wrong checksum
    backoff: float  # seconds before the second attempt, doubled for each one after
    longest_backoff: float
    longest_wait: float  # seconds; a longer Retry-After ends the GET
    give_up_after: float  # seconds since the first attempt; no attempt begins later

    def wait(self, attempt: int, *, retry_after: float | None) -> float | None:
        """Seconds to wait after the failed attempt of this number, from 1; `retry_after` is what
        the answer asked for, in seconds. None if there shall be no other attempt."""
        if attempt >= self.attempts:
            return None
        if retry_after is not None:
            return retry_after if retry_after <= self.longest_wait else None
        backoff = min(self.backoff * 2.0 ** min(attempt - 1, 20), self.longest_backoff)
        return backoff * random.uniform(0.5, 1.0)  # noqa: S311  (jitter, no secret)


INTERACTIVE = Retries(
    attempts=3,
    damaged_attempts=3,
    backoff=0.3,
    longest_backoff=2.0,
    longest_wait=2.0,
    give_up_after=5.0,
)
# For workers: a restart of CVAT may take minutes, so time is the limit, not attempts.
PATIENT = Retries(
    attempts=1000,
    damaged_attempts=8,
    backoff=0.3,
    longest_backoff=10.0,
    longest_wait=60.0,
    give_up_after=300.0,
)
