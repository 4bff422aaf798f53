"""HTTP sessions to CVAT servers: shared connections, and a deadline for each whole answer.

The read time-out of a socket starts again with every byte, so a server that sends one byte a second
could hold a thread for ever. Each answer therefore has a deadline, checked before every read,
headers included.
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
IDLE_CONNECTIONS = 32  # kept open to one server, in each process
# An answer may take BASE_SECONDS, plus the time that its bytes take at MIN_BYTES_PER_SECOND.
BASE_SECONDS = 120.0
MIN_BYTES_PER_SECOND = 4096

_current = threading.local()
_shared_lock = threading.Lock()


@contextmanager
def answers_until(deadline: float) -> Iterator[None]:
    """Within the context, reading an answer in this thread raises TimeoutError after `deadline`
    (a value of time.monotonic())."""
    _current.deadline = deadline
    try:
        yield
    finally:
        del _current.deadline


def new_session() -> Session:
    """A session without cookies and without credentials.

    The number of connections is not limited. To wait for a free one would have no time-out, and a
    thread that waits here would keep its slot (portal.work.slots) while others need it.
    """
    return Session(_Adapter(pool_connections=1, pool_maxsize=IDLE_CONNECTIONS, pool_block=False))


def shared_session(url: str, verify: bool | str) -> Session:
    """The session that this process shares among all clients of the server."""
    parts = urlsplit(url)
    with _shared_lock:  # `cache` alone makes two for threads that ask at the same moment
        return _shared(parts.scheme, parts.netloc, verify)


@cache
def _shared(scheme: str, netloc: str, verify: bool | str) -> Session:
    return new_session()


class Session(requests.Session):
    """A session with one server, without cookies and redirects, whose requests can be aborted."""

    def __init__(self, adapter: _Adapter) -> None:
        super().__init__()
        self._adapter = adapter
        self._environment: Any = None  # settings of a request
        self.headers["User-Agent"] = USER_AGENT
        # A session cookie would win over a missing token and ask for CSRF headers (cvat-api 1.9).
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def abort(self) -> None:
        """Break off the running requests of all threads, and all later ones."""
        self._adapter.abort()

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """The proxy and the certificates, as the environment has them at the first request. For
        each, requests would read all variables of the environment twice."""
        if self._environment is None:
            self._environment = super().merge_environment_settings(
                url, proxies, stream, verify, cert
            )
        return {**self._environment, "stream": stream}

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None. Even with allow_redirects=False, requests would parse the target and fail on a bad
        one."""


class _TimedReader(io.RawIOBase):
    """The bytes of one answer, read from its socket until the deadline."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        self._raw = raw
        self._socket = connection
        self._read_timeout = connection.gettimeout() or BASE_SECONDS
        self._deadline: float = getattr(_current, "deadline", float("inf"))
        self._base_end = time.monotonic() + BASE_SECONDS
        self._received = 0

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: Any) -> int | None:
        slowest_end = self._base_end + self._received / MIN_BYTES_PER_SECOND
        end = min(self._deadline, slowest_end)
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


class TimedResponse(http.client.HTTPResponse):
    """An answer that has to arrive within the deadline of `answers_until`, and not too slowly."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _OpenSockets:
    """The sockets of a session, which another thread can shut down. Safe for threads."""

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
        """Shut down all sockets, and those that are added later: waiting threads fail at once."""
        with self._lock:
            self._is_aborted = True
            sockets = list(self._sockets)
        for each in sockets:
            _shut_down(each)


def _shut_down(opened: socket.socket) -> None:
    # Not the shutdown of the TLS socket, which would change its state while a thread reads.
    with suppress(OSError):
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _pool_classes(sockets: _OpenSockets) -> dict[str, type[HTTPConnectionPool]]:
    """urllib3's pools by scheme, with connections that add their sockets to `sockets`."""

    class Connection(HTTPConnection):
        response_class = TimedResponse

        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

    class TlsConnection(HTTPSConnection):
        response_class = TimedResponse

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
        if not proxy.lower().startswith("socks"):  # SOCKS has connection classes of its own
            manager.pool_classes_by_scheme = self._pool_classes
        return manager
