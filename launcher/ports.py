"""Find free TCP ports of this machine."""

from __future__ import annotations

import random
import socket

# Below the ports that systems assign to outgoing connections, which could take a port before a
# server listens on it.
_CANDIDATES = range(15_000, 32_000)


def check_free(host: str, port: int) -> None:
    """Raises OSError if a server could not listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def free_ports(count: int) -> list[int]:
    """Different free ports of the loopback address. Raises OSError if there are too few."""
    free: list[int] = []
    for port in random.sample(_CANDIDATES, len(_CANDIDATES)):
        if len(free) == count:
            return free
        try:
            check_free("127.0.0.1", port)
        except OSError:
            continue
        free.append(port)
    raise OSError(f"fewer than {count} free ports")
