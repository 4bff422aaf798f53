"""Filters by annotation and lists of names in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from selector.annotation_index.filter import AnnotationFilter

MOST_NAMED = 20


def filter_text(conditions: AnnotationFilter) -> str:
    """Such as: any of “car”, “van”; none of “bike”; 2 or more objects; occluded."""
    return "; ".join(_phrases(conditions))


def _phrases(conditions: AnnotationFilter) -> Iterator[str]:
    if conditions.annotated is not None:
        yield "annotated" if conditions.annotated else "not annotated"
    for words, labels in (
        ("any of", conditions.labels_any),
        ("all of", conditions.labels_all),
        ("none of", conditions.labels_none),
    ):
        if labels:
            yield f"{words} {listed(labels, MOST_NAMED)}"
    objects = _range(conditions.objects_from, conditions.objects_to)
    if objects:
        yield f"{objects} objects"
    for each in conditions.attributes[:MOST_NAMED]:
        yield f"“{each.label}” with {each.name} “{each.value}”"
    if len(conditions.attributes) > MOST_NAMED:
        yield "…"
    if conditions.sources:
        yield f"source {' or '.join(conditions.sources)}"
    if conditions.occluded is not None:
        yield "occluded" if conditions.occluded else "not occluded"
    area = _range(_percent(conditions.area_from), _percent(conditions.area_to))
    if area:
        yield f"{area} of the picture covered"


def _range(least: object, most: object) -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return f"{least} or more"
    if least is None:
        return f"{most} or fewer" if isinstance(most, int) else f"{most} or less"
    return f"{least} to {most}"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share * 100:g} %"


def listed(names: Sequence[str], most: int) -> str:
    """Such as “car”, “van” and 3 more; none without names."""
    if not names:
        return "none"
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(f"“{name}”" for name in names[:most]) + more
