"""Text for XML. Characters that XML cannot hold become U+FFFD."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@lru_cache(maxsize=1024)  # labels and attributes repeat a million times
def text(value: str) -> str:
    """The text between two tags."""
    return escape(_NOT_IN_XML.sub("\ufffd", value), {"\r": "&#13;"})


@lru_cache(maxsize=1024)
def quoted(value: str) -> str:
    """The value of an attribute, with its quotes."""
    return quoteattr(_NOT_IN_XML.sub("\ufffd", value))
