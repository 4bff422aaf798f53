"""What is annotated on the frames of a scope: of one task or job, or of several tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cvat.types import FrameCatalog, Place
from portal.exceptions import InvalidInput
from selector.annotation_index.filter import AnnotationFilter
from selector.annotation_index.frame_sets import frames_of
from selector.annotation_index.words import listed
from selector.models import Connection
from selector.scope import Scope
from selector.services.annotation_index import (
    KnownAnnotations,
    read_annotations_of_tasks,
)

MOST_TASKS = 100  # whose annotations are looked through at once
MOST_TASKS_ASKED = 20  # of one request that takes what is known at the moment
MOST_NAMED = 50  # labels in a message


def with_annotations(
    *, connection: Connection, catalogs: Sequence[FrameCatalog], scope: Scope
) -> list[FrameCatalog]:
    """The catalogues with those frames alone that fulfil the annotation filter of the scope. They
    must be those of the scope, with all their frames. Raises InvalidInput; NotRead while workers
    read annotations, Conflict, Busy, CvatError."""
    known = _read(connection, catalogs, scope)
    conditions = scope.annotation_filter
    if not scope.has_several_tasks:
        sets = [known[0].matching(conditions)]
    else:
        _check_names(known, conditions)
        sets = [each.index.matching(conditions) for each in known]
    narrowed = []
    for catalog, frames in zip(catalogs, sets, strict=True):
        fits = set(frames_of(frames))
        matching = tuple(frame for frame in catalog.frames if frame.frame in fits)
        narrowed.append(replace(catalog, frames=matching))
    return narrowed


def frames_by_label(
    *,
    connection: Connection,
    catalogs: Sequence[FrameCatalog],
    scope: Scope,
    labels: Sequence[str],
) -> dict[str, set[Place]]:
    """The frames with each of the labels, as task and number; without labels, of all that the
    tasks have. Raises as `with_annotations`."""
    known = _read(connection, catalogs, scope)
    if not scope.has_several_tasks:
        sets = [known[0].frames_with(labels)]
    else:
        _check_names(known, AnnotationFilter(labels_any=tuple(labels)))
        sets = [
            {name: each.index.by_label.get(name, 0) for name in labels}
            if labels
            else each.frames_with(())
            for each in known
        ]
    places: dict[str, set[Place]] = {}
    for catalog, by_label in zip(catalogs, sets, strict=True):
        for label, frames in by_label.items():
            numbers = frames_of(frames)
            places.setdefault(label, set()).update((catalog.task_id, n) for n in numbers)
    return places


def _read(
    connection: Connection, catalogs: Sequence[FrameCatalog], scope: Scope
) -> list[KnownAnnotations]:
    """Of each catalogue."""
    if len(catalogs) > MOST_TASKS:
        raise InvalidInput(
            f"The annotations of {len(catalogs):,} tasks are more than can be looked through at "
            f"once ({MOST_TASKS}). Take fewer tasks, or jobs of one stage, state or assignee."
        )
    return read_annotations_of_tasks(connection=connection, catalogs=catalogs, job_id=scope.job_id)


def _check_names(known: Iterable[KnownAnnotations], conditions: AnnotationFilter) -> None:
    """Raises InvalidInput for labels and attributes that none of the tasks has."""
    attributes: dict[str, set[str]] = {}
    for each in known:
        for label in each.plan.labels:
            names = attributes.setdefault(label.name, set())
            names.update(attribute.name for attribute in label.attributes)
    existing = listed(sorted(attributes), MOST_NAMED)
    for name in sorted(conditions.labels):
        if name not in attributes:
            raise InvalidInput(f"No task there has a label “{name}”. They have {existing}.")
    for value in conditions.attributes:
        if value.name not in attributes[value.label]:
            raise InvalidInput(
                f"Label “{value.label}” has no attribute “{value.name}”. "
                f"It has {listed(sorted(attributes[value.label]), MOST_NAMED)}."
            )
