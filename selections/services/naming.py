"""Unused names of selections."""

from __future__ import annotations

import re

from django.contrib.auth.models import User

from selections.models import Selection

MAX_LENGTH = 200
_NUMBERED = re.compile(r"(.*\S) ([1-9][0-9]{0,2})")


def free_name(owner: User, wanted: str) -> str:
    """`wanted` if no selection that the owner sees has that name, else with the next free number:
    “Two cams”, “Two cams 2”, “Two cams 3”."""
    wanted = wanted[:MAX_LENGTH]
    stem, number = _numbered(wanted)
    stem = stem[: MAX_LENGTH - 8]
    alike = Selection.objects.for_user(owner).filter(name__startswith=stem)
    taken = set(alike.values_list("name", flat=True))
    if wanted not in taken:
        return wanted
    while f"{stem} {number + 1}" in taken:
        number += 1
    return f"{stem} {number + 1}"


def is_made_of(name: str, wanted: str) -> bool:
    """Whether free_name(owner, wanted) can have made the name."""
    stem, _ = _numbered(wanted)
    return name == wanted or _numbered(name)[0] == stem[: MAX_LENGTH - 8]


def _numbered(name: str) -> tuple[str, int]:
    numbered = _NUMBERED.fullmatch(name)
    return (numbered[1], int(numbered[2])) if numbered else (name, 1)
