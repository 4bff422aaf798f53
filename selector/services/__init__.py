"""What a user wants of the dialogue with CVAT: connect, look, draw. Every rule about it is here."""

from selector.services.connecting import (
    Connected,
    connect,
    disconnect,
    find_connection,
)
from selector.services.drawing import (
    PER_JOB,
    UNIFORM,
    Draw,
    DrawRequest,
    draw_from,
    load_catalog,
)

__all__ = [
    "PER_JOB",
    "UNIFORM",
    "Connected",
    "Draw",
    "DrawRequest",
    "connect",
    "disconnect",
    "draw_from",
    "find_connection",
    "load_catalog",
]
