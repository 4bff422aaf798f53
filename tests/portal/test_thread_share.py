"""The shares of the threads of a web process: all together leave some for quick requests."""

from __future__ import annotations

import pytest

from portal.body_guard import most_slow_bodies
from portal.thread_share import most_waiting_for_slow_work, slow_work_limits


@pytest.mark.parametrize("threads", [*range(4, 33), 100])
def test_a_thread_is_left(threads: int, settings: object) -> None:
    settings.WEB_THREADS = threads
    held = slow_work_limits()["all"] + most_waiting_for_slow_work() + most_slow_bodies()
    assert held < threads
