"""The threads of a build that ask CVAT: how they sleep, are waited for, and are ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any, TypeVar

from cvat.client import CvatClient
from portal.work.exceptions import Stopped

logger = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_SLEEP = 0.2  # seconds until a thread that sleeps looks at all events that end it
STOP_CHECK_SECONDS = 0.5  # how often a thread that waits checks whether the build has ended
JOIN_SECONDS = 20.0  # how long threads may take to end once their requests are broken off


def sleep(seconds: float, *ending: Event) -> None:
    """Wait so long, in a thread of a build. Raises Stopped soon after one of the events is set."""
    until = time.monotonic() + seconds
    while not any(event.is_set() for event in ending):
        remaining = until - time.monotonic()
        if remaining <= 0:
            return
        ending[0].wait(min(remaining, LONGEST_SLEEP))
    raise Stopped


def wait_for(future: Future[T], *, stop: Event) -> T:
    """The result of the future. Raises Stopped when `stop` is set before: a request may hang for a
    minute and must not keep the build alive."""
    # `done` first: `wait` takes ten times as long, and most futures are asked once per frame.
    while not future.done() and not wait([future], timeout=STOP_CHECK_SECONDS).done:
        if stop.is_set():
            raise Stopped
    return future.result()


def ask(client: CvatClient, question: Callable[[], T], *, stop: Event) -> T:
    """Call `question`, which asks CVAT through the client, in a thread of its own. Raises Stopped
    when `stop` is set before it answers."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(question)
        try:
            return wait_for(answer, stop=stop)
        except Stopped:
            client.abort()
            raise


def end_threads(
    pool: ThreadPoolExecutor,
    futures: Collection[Future[Any]],
    *clients: CvatClient,
    grace: float = 0.0,
) -> None:
    """Wait until the threads of a pool have ended. After `grace` seconds their requests are broken
    off, and with them all others of the clients."""
    pool.shutdown(wait=False, cancel_futures=True)
    # Without the futures that are cancelled before they began, which `wait` would wait for.
    begun = [future for future in futures if not future.done()]
    late = wait(begun, timeout=grace).not_done
    if late:
        for client in clients:
            client.abort()
        late = wait(begun, timeout=JOIN_SECONDS).not_done
    if late:
        logger.error("%d requests did not end after they were broken off", len(late))
    pool.shutdown(wait=not late)
