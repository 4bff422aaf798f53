"""Serializer fields for whole numbers, ids, flags and lists."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

MAX_ID = 2**53 - 1  # the largest that JavaScript holds exactly; ids of CVAT are smaller


class WholeNumberField(serializers.IntegerField):
    """An integer field that refuses "1_000", which DRF accepts."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not re.fullmatch(r"\s*-?[0-9]+\s*", data):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class IdField(WholeNumberField):
    """The id of an object: a whole number from 1."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"invalid": "must be a whole number, such as 12."})
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


class FlagField(serializers.BooleanField):
    """A query parameter that also means true when it has no value: `?follow`."""

    def to_internal_value(self, data: Any) -> bool:
        return True if data == "" else bool(super().to_internal_value(data))


class ListField(serializers.ListField):
    """A list field that does not answer in the words of Python."""

    default_error_messages = {"not_a_list": "Expected a list."}
