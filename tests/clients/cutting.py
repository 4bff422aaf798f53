"""A relay in front of a server that cuts connections."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit


class Cutting:
    """Passes connections on to the server at `url`. The first ones are cut once so many bytes of
    the server's answers have passed: `after` has a number for each."""

    def __init__(self, url: str, *, after: list[int]) -> None:
        target = urlsplit(url)
        self._target = (target.hostname, target.port)
        self._after = list(after)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake the thread that waits in accept().
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                limit = self._after.pop(0) if self._after else None
                server = socket.create_connection(self._target)
                for source, sink, most in ((client, server, None), (server, client, limit)):
                    threading.Thread(
                        target=_pass_on, args=(source, sink, most), daemon=True
                    ).start()


def _pass_on(source: socket.socket, sink: socket.socket, most: int | None) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data if most is None else data[:most])
            if most is not None:
                most -= len(data)
                if most <= 0:
                    break
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
