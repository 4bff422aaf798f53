"""Numbers in requests: only whole ones written in digits, within what CVAT and browsers hold."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

MAX_ID = 2**53 - 1  # more than CVAT has, and the most that JavaScript can write exactly


class WholeNumberField(serializers.IntegerField):
    """Unlike DRF's: "1_000" is none (Python reads it as 1000)."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not re.fullmatch(r"\s*-?[0-9]+\s*", data):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class IdField(WholeNumberField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"invalid": "must be a whole number, such as 12."})
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)
