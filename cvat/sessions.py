"""HTTP sessions to CVAT servers: connections that stay open, and answers that must end in time.

The read time-out of a socket begins anew with every byte, so a server that sends one byte a second
could hold a thread for ever. Each answer therefore has a deadline of its own, checked before every
read, headers included.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

USER_AGENT = "cvat-image-selector"
IDLE_CONNECTIONS = 32  # that stay open to one server, of each process
# An answer may take GRACE seconds, and beyond that as long as its bytes take at SLOWEST.
GRACE = 120.0
SLOWEST = 4096  # bytes per second

_current = threading.local()


@contextmanager
def answers_until(deadline: float) -> Iterator[None]:
    """Answers that begin in this thread meanwhile raise TimeoutError after `deadline`, a time of
    time.monotonic()."""
    _current.deadline = deadline
    try:
        yield
    finally:
        del _current.deadline


def new_session(*, pool_size: int) -> Session:
    """A session with at most `pool_size` connections, without cookies and without credentials."""
    return Session(_Adapter(pool_connections=1, pool_maxsize=pool_size, pool_block=True))


def shared_session(url: str, verify: bool | str) -> Session:
    """The session of this process for the server: whoever asks, connections are used again."""
    parts = urlsplit(url)
    return _shared(parts.scheme, parts.netloc, verify)


@cache
def _shared(scheme: str, netloc: str, verify: bool | str) -> Session:
    # More may be asked at once than stay open: waiting for a connection would have no time-out.
    return Session(_Adapter(pool_connections=1, pool_maxsize=IDLE_CONNECTIONS, pool_block=False))


class Session(requests.Session):
    def __init__(self, adapter: _Adapter) -> None:
        super().__init__()
        self._adapter = adapter
        self.headers["User-Agent"] = USER_AGENT
        # A session cookie would win over a missing token and ask for CSRF headers (cvat-api 1.9).
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def abort(self) -> None:
        """Break off the requests of all threads, and those to come, as by a lost connection."""
        self._adapter.abort()

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: told not to follow, requests would still prepare to, and fail on bad ones."""


class _TimedReader(io.RawIOBase):
    """The bytes of one answer, read from its socket until the deadline."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        self._raw = raw
        self._socket = connection
        self._read_timeout = connection.gettimeout() or GRACE
        self._deadline: float = getattr(_current, "deadline", float("inf"))
        self._slowest = time.monotonic() + GRACE
        self._received = 0

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: Any) -> int | None:
        end = min(self._deadline, self._slowest + self._received / SLOWEST)
        remaining = end - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the answer takes too long")
        self._socket.settimeout(min(self._read_timeout, remaining))
        count: int | None = self._raw.readinto(buffer)
        self._received += count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _OpenSockets:
    """The sockets of a session, so that another thread can shut them down. Safe for threads."""

    def __init__(self) -> None:
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self._is_aborted = False

    def add(self, opened: socket.socket) -> None:
        with self._lock:
            self._sockets.add(opened)
            is_aborted = self._is_aborted
        if is_aborted:
            _shut_down(opened)

    def abort(self) -> None:
        """Shut down all of them, and those that are added from now on: what a thread waits for
        then fails at once."""
        with self._lock:
            self._is_aborted = True
            sockets = list(self._sockets)
        for each in sockets:
            _shut_down(each)


def _shut_down(opened: socket.socket) -> None:
    # Past TLS, whose own shutdown would take the state from under a thread that reads.
    with suppress(OSError):
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _pool_classes(sockets: _OpenSockets) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools by scheme, with connections that note their sockets."""

    class Connection(HTTPConnection):
        response_class = _TimedResponse

        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class TlsConnection(HTTPSConnection):
        response_class = _TimedResponse

        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": Pool, "https": TlsPool}


class _Adapter(HTTPAdapter):
    def __init__(self, **options: Any) -> None:
        self._sockets = _OpenSockets()
        self._pool_classes = _pool_classes(self._sockets)
        super().__init__(**options)

    def abort(self) -> None:
        self._sockets.abort()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # which has connections of its own
            manager.pool_classes_by_scheme = self._pool_classes
        return manager
