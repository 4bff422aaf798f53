"""What a format has no place for among the objects of a selection, before an archive is built."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from portal.exceptions import InvalidInput
from selections import formats
from selections.archives import results
from selections.models import Selection
from selections.object_choice import ObjectChoice
from selections.services.counting_place import counting_place
from selections.services.selection_index import MOST_TASKS, indexed_frames


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`objects`: how many of each kind. `attributes`: of each attribute, how many of the other
    objects have a value of it. Both the most frequent first."""

    objects: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)


def left_out_by_format(
    *,
    user: User,
    selection: Selection,
    annotations: str,
    choice: ObjectChoice,
    annotations_from: int | None = None,
) -> LeftOut:
    """What the format `annotations` has no place for among the chosen objects on the frames of the
    selection, or with `annotations_from` among the results of that publication, by kind; what
    depends on the points of an object, and attributes of the points of skeletons, the build alone
    counts. Raises NotConnected, Busy, NotRead (while annotations are read), InvalidInput, Conflict,
    CvatError."""
    format_ = formats.FORMATS.get(annotations)
    if format_ is None:
        return LeftOut()
    publication = results.find(user=user, selection=selection, results_id=annotations_from)
    count = selection.tasks.count()
    if count > MOST_TASKS and publication is None:
        raise InvalidInput(
            f"The annotations of {count:,} tasks are read when the ZIP is built, whose manifest "
            "says what the format has no place for."
        )
    objects: Counter[str] = Counter()
    attributes: Counter[str] = Counter()
    for part in indexed_frames(user=user, selection=selection, choice=choice, results=publication):
        with counting_place(user):
            for (label, kind), number in part.index.objects_on(part.frames).items():
                if choice.takes_label(label) and not format_.holds_kind(kind):
                    objects[kind] += number
            for (label, kind, name), number in part.index.attributes_on(part.frames).items():
                if (
                    choice.takes_label(label)
                    and format_.holds_kind(kind)
                    and not format_.holds_attribute(kind, name)
                ):
                    attributes[name] += number
    return LeftOut(dict(objects.most_common()), dict(attributes.most_common()))
