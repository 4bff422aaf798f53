"""Indexes in memory are read from their files once, however many threads ask."""

from __future__ import annotations

import threading
from types import SimpleNamespace, TracebackType

import pytest

from selector.annotation_index import cache
from selector.annotation_index.job_index import JobIndex
from selector.annotation_index.task_index import TaskIndex

KEYS = ("aa",)


def test_two_threads_at_once_read_an_index_once(monkeypatch: pytest.MonkeyPatch) -> None:
    second_arrived = threading.Event()  # at a lock that the first one holds, or at the reading

    class WatchedLock:
        def __init__(self) -> None:
            self._lock = threading.Lock()

        def __enter__(self) -> None:
            if not self._lock.acquire(blocking=False):
                second_arrived.set()
                self._lock.acquire()

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            self._lock.release()

    reads: list[tuple[str, ...]] = []
    loaded: list[TaskIndex] = []

    def read_index(keys: tuple[str, ...]) -> TaskIndex:
        reads.append(keys)
        if len(reads) == 1:
            second.start()
        else:
            second_arrived.set()
        assert second_arrived.wait(60)
        return TaskIndex([JobIndex(0, b"\1", ())])

    monkeypatch.setattr(cache, "threading", SimpleNamespace(Lock=WatchedLock))
    monkeypatch.setattr(cache, "read_index", read_index)
    indexes = cache.IndexCache()
    second = threading.Thread(target=lambda: loaded.append(indexes.load(KEYS)))
    first = indexes.load(KEYS)
    second.join(60)
    assert loaded == [first]
    assert reads == [KEYS]
