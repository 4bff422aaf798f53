"""Addresses of the web server."""

from __future__ import annotations

from django.conf import settings

EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not bound


def join(host: str, port: int) -> str:
    """host:port, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def local_host() -> str:
    """The address under which this machine reaches the web server."""
    return "127.0.0.1" if settings.BIND in EVERY_ADDRESS else str(settings.BIND)


def portal_url() -> str:
    """The URL for a person on this machine."""
    host = "localhost" if local_host() in {"127.0.0.1", "::1"} else local_host()
    return f"http://{join(host, settings.PORT)}"
