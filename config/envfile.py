"""Write the .env file from .env.example, with generated keys."""

from __future__ import annotations

import base64
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
EXAMPLE = BASE_DIR / ".env.example"

_ASSIGNMENT = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Z][A-Z0-9_]*)[ \t]*=[ \t]*(.*?)[ \t]*$", re.M
)
# In the example a variable with a default is a comment, `# PORT=5020`.
_MENTIONED = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.M)


def path() -> Path:
    """The .env file of this installation."""
    return Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")


def variable_names() -> list[str]:
    """The names of all variables, in the order of .env.example."""
    return _MENTIONED.findall(EXAMPLE.read_text(encoding="utf-8"))


def complete(env_file: Path) -> bool:
    """Write the file if there is none, and add keys that are set nowhere. True if it changed.

    Existing lines are never changed. In production nothing is written: a lost file must be
    noticed, not replaced by new keys that cannot decrypt the stored credentials.
    """
    is_new = not env_file.exists()
    text = (EXAMPLE if is_new else env_file).read_text(encoding="utf-8")
    known = dict(_ASSIGNMENT.findall(text)) | os.environ
    missing = [name for name in _GENERATORS if not known.get(name)]
    if not missing or _is_production(known):
        return False
    for name in missing:
        text = _with(text, name, _GENERATORS[name]())
    _write(env_file, text, is_new=is_new)
    return True


def _is_production(known: Mapping[str, str]) -> bool:
    return bool(known.get("REDIS_URL")) and bool(known.get("DATABASE_URL"))


def _secret_key() -> str:
    return secrets.token_urlsafe(50)


def encryption_key() -> str:
    """A new Fernet key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


_GENERATORS = {"SECRET_KEY": _secret_key, "FIELD_ENCRYPTION_KEYS": encryption_key}


def _with(text: str, name: str, value: str) -> str:
    """The text with the value set in the empty line for `name`, or in a new last line."""
    line = f"{name}={value}"
    changed, count = re.subn(rf"^{name}=[ \t]*$", line, text, count=1, flags=re.M)
    return changed if count else f"{text.rstrip()}\n{line}\n"


def _write(env_file: Path, text: str, *, is_new: bool) -> None:
    """Write a file that only its owner can read. A file that appeared meanwhile is not replaced."""
    target = env_file if is_new else env_file.with_name(env_file.name + ".new")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not is_new:
        target.unlink(missing_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if not is_new:
        target.replace(env_file)
