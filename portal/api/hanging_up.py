"""Whether the client of a request that waits is still there."""

from __future__ import annotations

import socket
import ssl

from django.http import HttpRequest
from rest_framework.request import Request


def has_hung_up(request: HttpRequest | Request) -> bool:
    """True once the client has closed its connection. False where the web server does not tell:
    only gunicorn names the socket, and TLS cannot be looked into without reading it."""
    connection = request.META.get("gunicorn.socket")
    if not isinstance(connection, socket.socket) or isinstance(connection, ssl.SSLSocket):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
