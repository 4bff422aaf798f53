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
from contextlib import contextmanager
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

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


def new_session(*, pool_size: int) -> requests.Session:
    """A session with at most `pool_size` connections, without cookies and without credentials."""
    return _session(_Adapter(pool_connections=1, pool_maxsize=pool_size, pool_block=True))


def shared_session(url: str, verify: bool | str) -> requests.Session:
    """The session of this process for the server: whoever asks, connections are used again."""
    parts = urlsplit(url)
    return _shared(parts.scheme, parts.netloc, verify)


@cache
def _shared(scheme: str, netloc: str, verify: bool | str) -> requests.Session:
    # More may be asked at once than stay open: waiting for a connection would have no time-out.
    return _session(_Adapter(pool_connections=1, pool_maxsize=IDLE_CONNECTIONS, pool_block=False))


def _session(adapter: HTTPAdapter) -> requests.Session:
    session = _Session()
    session.headers["User-Agent"] = USER_AGENT
    # A session cookie would win over a missing token and ask for CSRF headers (api-facts 1).
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Session(requests.Session):
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


class _Connection(HTTPConnection):
    response_class = _TimedResponse


class _TlsConnection(HTTPSConnection):
    response_class = _TimedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):  # which has connections of its own
            manager.pool_classes_by_scheme = _POOLS
        return manager
