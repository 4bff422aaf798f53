"""The names of labels as names of files and folders. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from selections.formats.distinct import distinct_names

NO_LABEL = "no_label"  # the folder of pictures without a label, beside those of labels
LONGEST = 200  # bytes in UTF-8: file systems take 255, and the name of a file goes on behind it
# Control characters, lone surrogates, the marks that turn the reading direction around, and what
# Windows refuses.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff<>:\"/\\|?*]"
)
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def label_names(labels: Iterable[str], *, reserved: Collection[str] = ()) -> dict[str, str]:
    """A name for each label, which is its own if every file system can hold that. No two are alike
    where case is ignored, and none is a reserved one."""
    return distinct_names(labels, _safe, taken=reserved)


def _safe(label: str) -> str:
    name = _UNSAFE.sub("_", label)
    encoded = name.encode()
    if len(encoded) > LONGEST:
        name = encoded[:LONGEST].decode(errors="ignore")
    name = name.strip(". ") or "_"
    return f"_{name}" if _RESERVED.fullmatch(name) else name
