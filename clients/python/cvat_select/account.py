"""Address and token of the portal, kept in a file that only its owner may read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from cvat_select.errors import Error


class Account(NamedTuple):
    url: str
    token: str


def path_of_account() -> Path:
    """CVAT_SELECT_CONFIG, or a file in the folder for configuration."""
    named = os.environ.get("CVAT_SELECT_CONFIG")
    if named:
        return Path(named)
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "cvat-select" / "account.json"


def keep(account: Account) -> Path:
    """Write the account to its file."""
    path = path_of_account()
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f"{path.name}.{os.getpid()}")
    # Created with its mode, so that nobody reads it before a chmod.
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(account._asdict(), file)
    os.replace(written, path)
    return path


def load() -> Account:
    """CVAT_SELECT_URL and CVAT_SELECT_TOKEN, or what `connect` has kept. Raises Error."""
    url, token = os.environ.get("CVAT_SELECT_URL"), os.environ.get("CVAT_SELECT_TOKEN")
    if url and token:
        return Account(url, token)
    path = path_of_account()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Account(str(data["url"]), str(data["token"]))
    except FileNotFoundError:
        raise Error("Not connected to a portal yet: run cvat-select connect ADDRESS.") from None
    except (ValueError, KeyError, TypeError):
        raise Error(f"{path} cannot be read. Run cvat-select connect ADDRESS again.") from None
