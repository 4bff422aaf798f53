"""Find out whether the client of a waiting request has closed its connection."""

from __future__ import annotations

import socket
import ssl

from django.http import HttpRequest
from rest_framework.request import Request


def has_hung_up(request: HttpRequest | Request) -> bool:
    """Whether the client has closed its connection. Also False if that cannot be known: only
    gunicorn gives access to the socket, and a TLS socket cannot be checked without reading."""
    connection = request.META.get("gunicorn.socket")
    if not isinstance(connection, socket.socket) or isinstance(connection, ssl.SSLSocket):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
