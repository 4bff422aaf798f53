"""The worker class of the web server: gunicorn's threads, of which slow clients hold few.

Where this server meets clients without a proxy that buffers requests, whoever sends or closes
slowly must not keep the others waiting.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

LINGER = 0.3  # seconds that a client has to take its answer and close


class Worker(ThreadWorker):  # type: ignore[misc]  # has no types
    """Waits in the thread of the request for the client to close. gunicorn does so in the loop
    that accepts connections, for up to two seconds, while nobody else is answered."""

    def handle(self, conn: Any) -> Any:
        result = super().handle(conn)
        if result is False:
            _linger(conn.sock)
        return result


def _linger(connection: socket.socket) -> None:
    """Half-close, and read what the client still sends, lest it loses the end of the answer."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        end = time.monotonic() + LINGER
        while (remaining := end - time.monotonic()) > 0:
            connection.settimeout(remaining)
            if not connection.recv(2**16):
                break
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)  # gunicorn finds nothing to wait for
