"""Filters and ordering that refuse unknown values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.api.choices import not_among

LARGEST_ID = 2**63 - 1  # of the database


class ListsChoices(forms.ChoiceField):
    """A form field that lists the choices when it refuses a value."""

    def validate(self, value: Any) -> None:
        if value and not self.valid_value(value):
            choices: Any = self.choices  # pairs, once the field is made
            known = [choice for choice, _ in choices]
            raise forms.ValidationError(not_among(known, value), code="invalid_choice")
        super().validate(value)


class ListedChoiceField(ListsChoices, django_filters.fields.ChoiceField):  # type: ignore[misc]
    pass


class ListedTypedChoiceField(ListsChoices, forms.TypedChoiceField):
    pass


class ChoiceFilter(django_filters.ChoiceFilter):  # type: ignore[misc]  # has no types
    field_class = ListedChoiceField


class Filters(DjangoFilterBackend):  # type: ignore[misc]  # has no types
    """Applies the FilterSet of a view. A list that is asked for without a filter pays for no form
    of its filters."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> QuerySet[Any]:
        kind = self.get_filterset_class(view, queryset)
        if kind is None or kind.base_filters.keys().isdisjoint(request.query_params):
            return queryset
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered


class FilterSet(django_filters.FilterSet):  # type: ignore[misc]  # has no types
    """Filters of a list, in which a wrong choice is told with the choices."""

    @classmethod
    def filter_for_lookup(cls, field: Any, lookup_type: str) -> tuple[Any, dict[str, Any]]:
        kind, parameters = super().filter_for_lookup(field, lookup_type)
        return ChoiceFilter if kind is django_filters.ChoiceFilter else kind, parameters


@extend_schema_field(OpenApiTypes.INT64)
class IdFilter(django_filters.NumberFilter):  # type: ignore[misc]  # has no types
    """A filter by the id of an object."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST_ID, **kwargs)


@extend_schema_field(OpenApiTypes.BOOL)
class TrueFalseFilter(django_filters.TypedChoiceFilter):  # type: ignore[misc]  # has no types
    """A filter that takes "true" or "false"; BooleanFilter would ignore every other word."""

    field_class = ListedTypedChoiceField

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

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        [ordering] = super().get_schema_operation_parameters(view)
        fields = ", ".join(getattr(view, "ordering_fields", []))
        told = f"One of {fields}, or several with commas. A - before it turns the order round."
        return [ordering | {"description": told}]
