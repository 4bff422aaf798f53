"""The worker class of gunicorn for the portal, which slow clients cannot block.

It matters where no proxy that buffers requests stands in front.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

LINGER_SECONDS = 0.3  # for a client to receive its answer and close the connection


class Worker(ThreadWorker):  # type: ignore[misc]  # has no types
    """Waits for the client to close in the thread of the request. gunicorn itself waits in the loop
    that accepts connections, for up to two seconds, during which nobody else is answered."""

    def handle(self, conn: Any) -> Any:
        result = super().handle(conn)
        if result is False:
            _linger(conn.sock)
        return result


def _linger(connection: socket.socket) -> None:
    """Half-close, and read what the client still sends, so that it gets the whole answer."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        end = time.monotonic() + LINGER_SECONDS
        while (remaining := end - time.monotonic()) > 0:
            connection.settimeout(remaining)
            if not connection.recv(2**16):
                break
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)  # gunicorn finds nothing to wait for
