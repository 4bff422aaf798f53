"""Indexes of tasks in the memory of a process."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from selector.annotation_index import files
from selector.annotation_index.task_index import TaskIndex

MOST_BYTES = 100_000_000


def read_index(keys: Iterable[str]) -> TaskIndex:
    """The index of those of these jobs whose file can be read."""
    return TaskIndex(job for key in keys if (job := files.find(key)) is not None)


class IndexCache:
    """The indexes that were used last, within MOST_BYTES; the last one always stays. Safe for
    threads."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[tuple[str, ...], TaskIndex] = OrderedDict()
        self._lock = threading.Lock()
        self._reading: dict[tuple[str, ...], threading.Lock] = {}

    def load(self, keys: tuple[str, ...]) -> TaskIndex:
        """The index of these jobs, from memory if all of them were read before, else as
        `read_index`; read once, however many threads ask."""
        if (index := self._get(keys)) is not None:
            return index
        with self._one_reads(keys):
            if (index := self._get(keys)) is not None:
                return index
            index = read_index(keys)
            with self._lock:
                if index.jobs_count == len(keys):
                    self._indexes[keys] = index
                while len(self._indexes) > 1 and self._size() > MOST_BYTES:
                    self._indexes.popitem(last=False)
        return index

    def _get(self, keys: tuple[str, ...]) -> TaskIndex | None:
        with self._lock:
            index = self._indexes.get(keys)
            if index is not None:
                self._indexes.move_to_end(keys)
        return index

    @contextmanager
    def _one_reads(self, keys: tuple[str, ...]) -> Iterator[None]:
        with self._lock:
            reading = self._reading.setdefault(keys, threading.Lock())
        try:
            with reading:
                yield
        finally:
            with self._lock:
                self._reading.pop(keys, None)

    def _size(self) -> int:
        return sum(index.size for index in self._indexes.values())
