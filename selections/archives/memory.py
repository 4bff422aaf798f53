"""What a build leaves behind in memory."""

from __future__ import annotations

import ctypes
import gc

_libc = ctypes.CDLL(None)


def give_back() -> None:
    """Return to the system what the finished build had used: a worker lives for many builds, and
    glibc would keep the most that any of them took (where there is another libc, nothing)."""
    gc.collect()
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
