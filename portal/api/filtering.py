"""Filters and ordering that refuse unknown values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.views import APIView

LARGEST_ID = 2**63 - 1  # of the database


@extend_schema_field(OpenApiTypes.INT64)
class IdFilter(django_filters.NumberFilter):  # type: ignore[misc]  # has no types
    """A filter by the id of an object."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **kwargs)


@extend_schema_field(OpenApiTypes.BOOL)
class TrueFalseFilter(django_filters.TypedChoiceFilter):  # type: ignore[misc]  # has no types
    """A filter that takes "true" or "false"; BooleanFilter would ignore every other word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        words = {"true": True, "false": False}
        super().__init__(
            *args, choices=[(word, word) for word in words], coerce=words.__getitem__, **kwargs
        )


class Ordering(OrderingFilter):
    """Orders rows that are equal otherwise by the newest first, so that pages do not overlap."""

    def remove_invalid_fields(
        self, queryset: QuerySet[Any], fields: Iterable[str], view: APIView, request: Request
    ) -> list[str]:
        wanted = list(fields)
        valid = list(super().remove_invalid_fields(queryset, wanted, view, request))
        if len(valid) < len(wanted):
            known = ", ".join(getattr(view, "ordering_fields", []))
            raise ValidationError({"ordering": [f"the list can be ordered by {known}."]})
        return [*valid, "-pk"]
