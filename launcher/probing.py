"""Check the health of the local web server; containers run `python -m launcher.probing`."""

from __future__ import annotations

import http.client
import os
import sys

from django.conf import settings

from launcher import addresses


def is_healthy() -> bool:
    """Whether GET /health is answered with 200."""
    connection = http.client.HTTPConnection(addresses.local_host(), settings.PORT, timeout=5)
    try:
        connection.request("GET", "/health", headers={"Host": _host_name()})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _host_name() -> str:
    """A host name that ALLOWED_HOSTS accepts."""
    first = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost"
    return "localhost" if first == "*" else first.lstrip(".")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.exit(0 if is_healthy() else 1)
