"""Conditions on what is annotated on a frame. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple


class AttributeValue(NamedTuple):
    """A value of an attribute of a label."""

    label: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class AnnotationFilter:
    """What must be annotated on a frame; a condition that is empty or None does not count.

    `attributes`, `sources`, `occluded` and the area (share of the picture, 0 to 1) are conditions
    on one object: the frame needs an object that fulfils them all, of one of `labels_any` and of
    each of `labels_all`; without any label, an object of any label. Several values of one attribute
    are alternatives. A label that only `attributes` names counts as one of `labels_all`; objects of
    labels that `attributes` does not name need no value. `objects_from` and `objects_to` bound the
    number of these objects on the frame, of `labels_any` or else of all labels. No object of
    `labels_none` may be there, whatever its attributes.
    """

    labels_any: tuple[str, ...] = ()
    labels_all: tuple[str, ...] = ()
    labels_none: tuple[str, ...] = ()
    objects_from: int | None = None
    objects_to: int | None = None
    attributes: tuple[AttributeValue, ...] = ()
    annotated: bool | None = None
    sources: tuple[str, ...] = ()
    occluded: bool | None = None
    area_from: float | None = None
    area_to: float | None = None

    def __bool__(self) -> bool:
        return self != NO_FILTER

    @property
    def labels(self) -> set[str]:
        """All labels that are named."""
        in_attributes = {each.label for each in self.attributes}
        return {*self.labels_any, *self.labels_all, *self.labels_none, *in_attributes}

    @property
    def required_labels(self) -> set[str]:
        """The labels of which an object must be there."""
        in_attributes = {each.label for each in self.attributes}
        return {*self.labels_all, *(in_attributes - {*self.labels_any})}

    def values_of(self, label: str) -> dict[str, set[str]]:
        """The values that the attributes of an object of the label may have, by their names."""
        values: dict[str, set[str]] = {}
        for each in self.attributes:
            if each.label == label:
                values.setdefault(each.name, set()).add(each.value)
        return values

    @property
    def concerns_objects(self) -> bool:
        """Whether there is a condition on an object beside its label and attributes."""
        bounds = (self.occluded, self.area_from, self.area_to)
        return bool(self.sources) or any(each is not None for each in bounds)

    def to_json(self) -> dict[str, Any]:
        """Only the conditions that count, such as {"labels_any": ["car"], "attributes": [{"label":
        "car", "name": "colour", "value": "red"}]}."""
        return dict(self._given())

    def _given(self) -> Iterator[tuple[str, Any]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "attributes":
                value = [each._asdict() for each in value]
            elif isinstance(value, tuple):
                value = list(value)
            if value not in (None, []):
                yield field.name, value

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AnnotationFilter:
        """The filter that `to_json` wrote; lists in any order and with repetitions are the same
        filter."""
        values = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        for name in ("labels_any", "labels_all", "labels_none", "sources"):
            values[name] = tuple(sorted(set(values.get(name) or ())))
        given = values.get("attributes") or ()
        values["attributes"] = tuple(sorted({AttributeValue(**each) for each in given}))
        return cls(**values)


NO_FILTER = AnnotationFilter()
