"""Keeps the credentials of a world in a file, as a real server keeps them in its database: who
connected before a restart is connected after it."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from standin.model import AccessToken
from standin.world import World

LOOK_SECONDS = 0.5
_DATES = ("expiry_date", "created_date", "updated_date", "last_used_date")


class StoredCredentials:
    """Reads `path` on entering; writes it, whole or not at all, whenever something has changed."""

    def __init__(self, world: World, path: Path) -> None:
        self._world = world
        self._path = path
        self._written = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="credentials", daemon=True)

    def __enter__(self) -> StoredCredentials:
        if self._path.exists():
            _restore(self._world, json.loads(self._path.read_text()))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._write()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self._write()

    def _write(self) -> None:
        with self._world.lock:
            text = json.dumps(_snapshot(self._world))
        if text == self._written:
            return
        part = self._path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(text)
        os.replace(part, self._path)
        self._written = text


def _snapshot(world: World) -> dict[str, Any]:
    return {
        "login_tokens": {key: user.username for key, user in world.login_tokens.items()},
        "access_tokens": [_token_fields(token) for token in world.access_tokens.values()],
    }


def _token_fields(token: AccessToken) -> dict[str, Any]:
    dates = {name: getattr(token, name) for name in _DATES}
    return {
        "id": token.id,
        "value": token.value,
        "owner": token.owner.username,
        "name": token.name,
        "read_only": token.read_only,
        "revoked": token.revoked,
        **{name: date.isoformat() if date else None for name, date in dates.items()},
    }


def _restore(world: World, stored: dict[str, Any]) -> None:
    for key, username in stored["login_tokens"].items():
        if (user := world.user(username)) is not None:
            world.login_tokens[key] = user
    for fields in stored["access_tokens"]:
        owner = world.user(fields.pop("owner"))
        dates = {name: fields.pop(name) for name in _DATES}
        if owner is not None:
            read = {name: datetime.fromisoformat(text) for name, text in dates.items() if text}
            world.access_tokens[fields["id"]] = AccessToken(
                owner=owner, **{"expiry_date": None, "last_used_date": None, **fields, **read}
            )
