"""The log of the requests to the stand-in, for tests."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_REQUESTS = 100_000


@dataclass
class Seen:
    """One request; `path` without prefix. `status` is 0 until answered, or when hung up on.

    `sent` counts the bytes of the body that went out.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    status: int = 0
    sent: int = 0


class RequestLog:
    """The last 100,000 requests in the order they came in; safe to read at any time."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=MAX_REQUESTS)
        self._lock = threading.Lock()

    def add(self, seen: Seen) -> None:
        with self._lock:
            self._seen.append(seen)

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()

    def all(self) -> list[Seen]:
        with self._lock:
            return list(self._seen)

    def matching(self, pattern: str, method: str | None = None) -> list[Seen]:
        """The requests whose path contains a match of the regular expression."""
        expression = re.compile(pattern)
        wanted = [seen for seen in self.all() if method in (None, seen.method)]
        return [seen for seen in wanted if expression.search(seen.path)]

    def __iter__(self) -> Iterator[Seen]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self._seen)

    def __getitem__(self, index: int) -> Seen:
        return self.all()[index]
