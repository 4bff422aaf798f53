"""Where the portal listens and under which address a person on this machine finds it."""

from __future__ import annotations

from django.conf import settings

EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not bound


def joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def local_host() -> str:
    """An address of this machine at which the web server answers."""
    return "127.0.0.1" if settings.BIND in EVERY_ADDRESS else str(settings.BIND)


def portal_url() -> str:
    host = "localhost" if local_host() in {"127.0.0.1", "::1"} else local_host()
    return f"http://{joined(host, settings.PORT)}"
