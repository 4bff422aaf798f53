"""The limit on anonymous requests: 100 a minute per client address (cvat-api 1.7)."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque

from standin.messages import Refusal

WINDOW = 60.0


class Throttle:
    """`limit` None switches it off; may be changed at run time."""

    def __init__(self, limit: int | None = 100) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    def check(self, client: str) -> None:
        """Count one anonymous request of that client. Raises Refusal 429."""
        if self.limit is None:
            return
        now = time.monotonic()
        with self._lock:
            seen = self._seen[client]
            while seen and seen[0] <= now - WINDOW:
                seen.popleft()
            if len(seen) >= self.limit:
                wait = max(1, math.floor(WINDOW - (now - seen[0])))
                text = f"Request was throttled. Expected available in {wait} seconds."
                raise Refusal(429, {"detail": text}, Retry_After=str(wait))
            seen.append(now)

    def forget(self) -> None:
        with self._lock:
            self._seen.clear()
