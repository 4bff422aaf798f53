"""Which TCP ports of this machine are free."""

from __future__ import annotations

import random
import socket

# Below those that systems hand out to outgoing connections, which could take a port found here
# before anything listens on it.
_CANDIDATES = range(15_000, 32_000)


def check_free(host: str, port: int) -> None:
    """Raises OSError when nothing could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def free_ports(count: int) -> list[int]:
    """So many different ports of the loopback address. Raises OSError when there are fewer."""
    found: list[int] = []
    for port in random.sample(_CANDIDATES, len(_CANDIDATES)):
        if len(found) == count:
            return found
        try:
            check_free("127.0.0.1", port)
        except OSError:
            continue
        found.append(port)
    raise OSError(f"fewer than {count} free ports")
