"""Names with a number, for what would have the same name as another thing."""

from __future__ import annotations

import re
from collections.abc import Container

_NUMBERED = re.compile(r"(.*\S) ([1-9][0-9]{0,2})")
_ROOM = 8  # characters that the number may need


def free_name(wanted: str, *, taken: Container[str], longest: int) -> str:
    """`wanted`, cut to `longest` characters, if it is not taken; else with the next free number:
    “Two cams”, “Two cams 2”, “Two cams 3”."""
    wanted = wanted[:longest]
    if wanted not in taken:
        return wanted
    stem, number = stem_of(wanted, longest=longest), _split(wanted)[1]
    while f"{stem} {number + 1}" in taken:
        number += 1
    return f"{stem} {number + 1}"


def stem_of(name: str, *, longest: int) -> str:
    """What the name has in common with those that free_name() makes of it."""
    return _split(name)[0][: longest - _ROOM]


def _split(name: str) -> tuple[str, int]:
    numbered = _NUMBERED.fullmatch(name)
    return (numbered[1], int(numbered[2])) if numbered else (name, 1)
