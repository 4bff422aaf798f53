"""What some file system cannot have in the name of a file or folder, and which names it takes for
one. Pure."""

from __future__ import annotations

import re
import unicodedata

# Control characters, lone surrogates, the marks that turn the reading direction around (which
# let a name show another ending than it has), and what Windows refuses or takes for a separator.
UNSAFE_CHARACTERS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff<>:\"/\\|?*]"
)
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)


def is_reserved(name: str) -> bool:
    """Whether Windows takes the name for a device, whatever its extension."""
    return _DEVICES.fullmatch(name.partition(".")[0].rstrip(" ")) is not None


def folded(name: str) -> str:
    """Equal for names or paths that some file system takes for one: APFS and case-folding ext4
    ignore case (also of ß and ligatures), APFS the composition of accents."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
