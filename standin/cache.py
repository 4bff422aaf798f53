"""A bounded cache that makes each value once, however many ask for it at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

V = TypeVar("V")


class BoundedCache(Generic[V]):
    """Least recently used values go when the sum of `weigh(value)` passes `limit`."""

    def __init__(self, limit: int, weigh: Callable[[V], int]) -> None:
        self._limit = limit
        self._weigh = weigh
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._making: dict[Hashable, Future[V]] = {}
        self._weight = 0

    def get(
        self, key: Hashable, make: Callable[[], V], wait: Callable[[Future[V]], None] | None = None
    ) -> V:
        """The value for `key`. While another thread makes it, `wait` is called with the future.

        Raises what `make` raised, in all threads that waited.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            future = self._making.get(key)
            if future is None:
                own: Future[V] = Future()
                self._making[key] = own
        if future is not None:
            if wait is not None:
                wait(future)
            return future.result()
        return self._make(key, make, own)

    def _make(self, key: Hashable, make: Callable[[], V], future: Future[V]) -> V:
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._making[key]
            future.set_exception(error)
            raise
        with self._lock:
            self._values[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._limit and len(self._values) > 1:
                _, dropped = self._values.popitem(last=False)
                self._weight -= self._weigh(dropped)
            del self._making[key]
        future.set_result(value)
        return value

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._weight = 0

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._values

    def __len__(self) -> int:
        return len(self._values)
