"""What a user wants of the dialogue with CVAT: connect, look."""

from selector.catalogs import load as load_catalog
from selector.services.connecting import (
    Connected,
    connect,
    disconnect,
    find_connection,
)

__all__ = [
    "Connected",
    "connect",
    "disconnect",
    "find_connection",
    "load_catalog",
]
