"""What a format has no place for among the objects of a selection, before an archive is built."""

from __future__ import annotations

from collections import Counter

from django.contrib.auth.models import User

from selections import formats
from selections.formats.format import counted
from selections.models import ArchiveOptions, Selection
from selections.services.selection_index import MOST_TASKS, indexed_frames


def left_out_by_format(*, user: User, selection: Selection, options: ArchiveOptions) -> list[str]:
    """How many objects of which kinds on the frames the format has no place for, such as
    "3 polylines", the most frequent first. [] where that takes the build to say, for many tasks.
    Raises NotConnected, NotRead, InvalidInput, CvatError."""
    chosen = options.objects
    format_ = formats.FORMATS.get(options.annotations)
    if format_ is None or selection.tasks.count() > MOST_TASKS:
        return []
    counts: Counter[str] = Counter()
    for part in indexed_frames(user=user, selection=selection, choice=chosen):
        for (label, kind), count in part.index.objects_on(part.frames).items():
            if chosen.takes_label(label) and not format_.holds_kind(kind):
                counts[kind] += count
    return [counted(count, kind) for kind, count in counts.most_common()]
