"""The HTTP server of the stand-in."""

from __future__ import annotations

import selectors
import socket
import threading
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

from standin.costs import Costs
from standin.faults import Faults
from standin.handler import Handler
from standin.requestlog import RequestLog
from standin.site import Site
from standin.throttle import Throttle
from standin.world import World

INTERNAL_HOST = "http://cvat-internal:8080"


class _Server(ThreadingHTTPServer):
    """Many short connections at a time; all of them are closed when it stops."""

    request_queue_size = 512
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        self._open: set[socket.socket] = set()
        self.accepted = 0
        self._guard = threading.Lock()
        super().__init__(address, handler)
        self._ended, self._end = socket.socketpair()

    def serve_until_ended(self) -> None:
        """As `serve_forever`, but ended by a message: it would poll for its end."""
        with self._ended, selectors.DefaultSelector() as selector:
            for each in (self.socket, self._ended):
                selector.register(each, selectors.EVENT_READ)
            while self._ended not in [key.fileobj for key, _ in selector.select()]:
                self._accept()

    def _accept(self) -> None:
        try:
            request, address = self.get_request()
        except OSError:
            return  # who asked has hung up meanwhile
        try:
            self.process_request(request, address)
        except Exception:  # such as that no thread can be started: others are served all the same
            self.handle_error(request, address)
            self.shutdown_request(request)

    def end(self) -> None:
        with self._end:
            self._end.send(b"x")  # to close it is not enough where a forked process holds it

    def server_bind(self) -> None:
        """As the base class, without its look-up of the host's name."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
            self.accepted += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up in mid-answer are nothing to report."""

    def hang_up(self) -> None:
        """Close all connections, in whatever they are."""
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


class StandIn:
    """A running stand-in; use it as a context manager or with `start()` and `stop()`.

    `prefix` serves everything below a sub-path as a reverse proxy would, and then links in
    answers name an internal host that clients cannot reach. `throttle` is the number of
    anonymous requests a minute per client address, None for no limit. `access_tokens=False`
    with `version="2.40.0"` is an older server.

    `requests` logs what was asked. `costs` and `faults` may be changed or replaced at any time.
    """

    def __init__(
        self,
        world: World,
        host: str = "127.0.0.1",
        port: int = 0,
        prefix: str = "",
        costs: Costs | None = None,
        faults: Faults | None = None,
        *,
        throttle: int | None = 100,
        version: str = "2.54.1",
        access_tokens: bool = True,
    ) -> None:
        self.site = Site(
            world,
            costs or Costs(),
            faults or Faults(),
            Throttle(throttle),
            prefix.rstrip("/"),
            version,
            access_tokens,
        )
        self.requests = RequestLog()
        self._address = (host, port)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def world(self) -> World:
        return self.site.world

    @world.setter
    def world(self, world: World) -> None:
        self.site.world = world

    @property
    def throttle(self) -> Throttle:
        return self.site.throttle

    @property
    def costs(self) -> Costs:
        return self.site.costs

    @costs.setter
    def costs(self, costs: Costs) -> None:
        self.site.costs = costs

    @property
    def faults(self) -> Faults:
        return self.site.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.site.faults = faults

    @property
    def port(self) -> int:
        """The port it listens on; 0 before the first start when none was asked for."""
        return self._address[1]

    @property
    def url(self) -> str:
        """What a user would type into a form: scheme, host, port and prefix."""
        return f"http://{self._address[0]}:{self.port}{self.site.prefix}"

    @property
    def accepted(self) -> int:
        """How many TCP connections it has taken since its start."""
        return self._server.accepted if self._server else 0

    def start(self) -> StandIn:
        """Listen and serve in threads. A restart listens on the same port again."""
        standin = self

        class Bound(Handler):
            site = standin.site
            requests = standin.requests
            links = INTERNAL_HOST if standin.site.prefix else ""

        self._server = _Server(self._address, Bound)
        self._address = (self._address[0], self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_until_ended, daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and close every connection, also those that are being answered."""
        if self._server is None or self._thread is None:
            return
        self.faults.clear()
        self._server.end()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> StandIn:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
