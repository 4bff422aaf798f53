"""Unused names of selections."""

from __future__ import annotations

from django.contrib.auth.models import User

from portal import naming
from selections.models import Selection

MAX_LENGTH = 200


def free_name(owner: User, wanted: str) -> str:
    """`wanted` if no selection that the owner sees has that name, else with the next free
    number."""
    stem = naming.stem_of(wanted[:MAX_LENGTH], longest=MAX_LENGTH)
    alike = Selection.objects.for_user(owner).filter(name__startswith=stem)
    taken = set(alike.values_list("name", flat=True))
    return naming.free_name(wanted, taken=taken, longest=MAX_LENGTH)


def is_made_of(name: str, wanted: str) -> bool:
    """Whether free_name(owner, wanted) can have made the name."""
    stem = naming.stem_of(wanted, longest=MAX_LENGTH)
    return name == wanted or naming.stem_of(name, longest=MAX_LENGTH) == stem
