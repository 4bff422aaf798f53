"""Fields for amount, settings and seed of a draw, each with one sentence for all errors."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.api.fields import WholeNumberField
from selections.sampling import MAX_SEED

MAX_COUNT = 1_000_000

AMOUNT = "how many frames to take must be a {}."
REQUIRED_AMOUNT = "say how many frames to take."


def _always(sentence: str) -> dict[str, Any]:
    """One sentence for whatever is wrong with a value."""
    wrong = ("invalid", "null", "min_value", "max_value", "max_string_length")
    return dict.fromkeys(wrong, sentence)


class CountField(WholeNumberField):
    def __init__(self, **kwargs: Any) -> None:
        messages = _always(AMOUNT.format("whole number, 1 or more")) | {
            "max_value": AMOUNT.format(f"whole number, {MAX_COUNT:,} at most"),
            "required": REQUIRED_AMOUNT,
        }
        super().__init__(min_value=1, max_value=MAX_COUNT, error_messages=messages, **kwargs)


class ShareField(serializers.FloatField):
    def __init__(self, **kwargs: Any) -> None:
        messages = _always(AMOUNT.format("share above 0 and at most 1"))
        super().__init__(min_value=1e-6, max_value=1, error_messages=messages, **kwargs)

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):  # True would be 100 %
            self.fail("invalid")
        return float(super().to_internal_value(data))


class SettingField(WholeNumberField):
    """A number that a draw method takes beside the amount."""

    def __init__(self, name: str, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        sentence = f"{name} must be a whole number, {min_value} to {max_value:,}."
        super().__init__(
            min_value=min_value,
            max_value=max_value,
            required=False,
            error_messages=_always(sentence),
            **kwargs,
        )


class SeedField(WholeNumberField):
    """0 to MAX_SEED; null: a new random seed."""

    def __init__(self, **kwargs: Any) -> None:
        messages = _always(f"the seed must be a whole number, 0 to {MAX_SEED}.")
        super().__init__(
            min_value=0,
            max_value=MAX_SEED,
            required=False,
            allow_null=True,
            error_messages=messages,
            **kwargs,
        )
