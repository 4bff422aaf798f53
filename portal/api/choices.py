"""Values out of a set: what is said of any other, and the serializer field that says so."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, NoReturn

from rest_framework import serializers

LONGEST_SHOWN = 100  # characters of a wrong value


class ChoiceField(serializers.ChoiceField):
    """A choice field that lists the choices when it refuses a value."""

    def fail(self, key: str, **values: Any) -> NoReturn:
        if key == "invalid_choice":
            raise serializers.ValidationError(not_among(self.choices, values["input"]), code=key)
        super().fail(key, **values)


def not_among(choices: Iterable[Any], value: Any) -> str:
    """The sentences that refuse a value and list the choices. An empty one is not listed."""
    known = [str(choice) for choice in choices if str(choice)]
    shown = str(value)[:LONGEST_SHOWN]
    return f'"{shown}" is not a valid choice. {alike(shown, known)}Known: {", ".join(known)}.'


def alike(name: str, known: list[str]) -> str:
    """A hint at similar known names, or ""."""
    name = name.lower()
    # "seed" for "random_seed" as well as "nme" for "name"
    near = [each for each in known if len(name) > 2 and name in each.split("_")]
    near = near or get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Is {' or '.join(near)} meant? " if near else ""
