"""Filters by annotation: as a JSON object, and as query parameters."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from rest_framework import serializers

from cvat.annotations import SOURCES
from portal.api.choices import ChoiceField
from portal.api.fields import ListField, WholeNumberField
from portal.api.strict import StrictSerializer
from selector.annotation_index.filter import AnnotationFilter
from selector.api.serializers import ConnectionQuerySerializer

MOST_NAMES, LONGEST_NAME = 200, 500
MOST_VALUES, LONGEST_VALUE = 200, 5000
MOST_OBJECTS = 1_000_000  # on a frame


class NamesField(ListField):
    """Names of labels."""

    def __init__(self, **kwargs: Any) -> None:
        child = serializers.CharField(max_length=LONGEST_NAME, trim_whitespace=False)
        super().__init__(child=child, required=False, max_length=MOST_NAMES, **kwargs)


class AttributeValueSerializer(StrictSerializer):
    """A value of an attribute of a label."""

    label = serializers.CharField(  # type: ignore[assignment]
        max_length=LONGEST_NAME, trim_whitespace=False, help_text="Name of the label."
    )
    name = serializers.CharField(
        max_length=LONGEST_NAME, trim_whitespace=False, help_text="Name of the attribute."
    )
    value = serializers.CharField(max_length=LONGEST_VALUE, trim_whitespace=False, allow_blank=True)


class FilterFields(StrictSerializer):
    """The conditions that have one form in JSON and in a query."""

    labels_any = NamesField(help_text="An object of one of these labels must be there.")
    labels_all = NamesField(help_text="An object of each of these labels must be there.")
    labels_none = NamesField(help_text="No object of these labels may be there.")
    objects_from = WholeNumberField(
        min_value=0,
        max_value=MOST_OBJECTS,
        required=False,
        allow_null=True,
        help_text="At least so many objects that fulfil all other conditions, of `labels_any` or "
        "else of all labels.",
    )
    objects_to = WholeNumberField(
        min_value=0,
        max_value=MOST_OBJECTS,
        required=False,
        allow_null=True,
        help_text="At most so many of these objects.",
    )
    annotated = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="True: with an object or a tag; false: without any.",
    )
    sources = ListField(
        child=ChoiceField(choices=SOURCES),
        required=False,
        max_length=len(SOURCES),
        help_text="How the object was made, in CVAT's words.",
    )
    occluded = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="True: an object that something hides a part of; false: one that nothing hides.",
    )
    area_from = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        allow_null=True,
        help_text="The object covers at least this share of the picture, 0 to 1.",
    )
    area_to = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        allow_null=True,
        help_text="The object covers at most this share of the picture.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("objects", "area"):
            least, most = attrs.get(f"{name}_from"), attrs.get(f"{name}_to")
            if least is not None and most is not None and least > most:
                raise serializers.ValidationError(
                    {f"{name}_to": [f"must not be smaller than {name}_from."]}
                )
        return attrs


class AnnotationFilterSerializer(FilterFields):
    """What must be annotated on a frame. Conditions on source, occlusion, area and attributes are
    those of one object, together with its label. Several values of one attribute are alternatives;
    a label that only `attributes` names must be there as well."""

    attributes = ListField(
        child=AttributeValueSerializer(),
        required=False,
        max_length=MOST_VALUES,
        help_text="An object with one of these values of each attribute that is named.",
    )


class FilterQuerySerializer(FilterFields, ConnectionQuerySerializer):
    """The same as query parameters; lists are repeated parameters."""

    attribute = ListField(
        child=serializers.CharField(max_length=LONGEST_VALUE, trim_whitespace=False),
        required=False,
        max_length=MOST_VALUES,
        help_text="`label:name=value`. In label and name, `:`, `=` and `%` are written as `%3A`, "
        "`%3D` and `%25` (on top of the encoding of the address).",
    )

    def validate_attribute(self, texts: list[str]) -> list[dict[str, str]]:
        return [_attribute(text) for text in texts]


def filter_of(query: dict[str, Any]) -> AnnotationFilter:
    """The filter of validated query parameters."""
    others = ("attribute", "connection", "task_ids")
    given = {name: value for name, value in query.items() if name not in others}
    return AnnotationFilter.from_json({**given, "attributes": query.get("attribute", [])})


def _attribute(text: str) -> dict[str, str]:
    label, colon, rest = text.partition(":")
    name, equals, value = rest.partition("=")
    if not colon or not equals:
        raise serializers.ValidationError("must be written as label:name=value.")
    return {"label": unquote(label), "name": unquote(name), "value": value}
