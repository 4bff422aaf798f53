"""What a format has no place for among the objects of a selection, before an archive is built."""

from __future__ import annotations

from collections import Counter

from django.contrib.auth.models import User

from selections import formats
from selections.formats.format import plural
from selections.models import ArchiveOptions, Selection
from selections.object_choice import ALL
from selections.services.connections import required_connection
from selector.annotation_index.frame_sets import frame_set
from selector.services.annotation_index import read_annotations
from selector.services.catalogs import load_catalog

MOST_TASKS = 20  # whose annotations are read while a person waits


def left_out_by_format(*, user: User, selection: Selection, options: ArchiveOptions) -> list[str]:
    """How many objects of which kinds on the frames the format has no place for, such as
    "3 polylines", the most frequent first. [] where that takes the build to say: for many
    tasks, and for the objects of some jobs alone. Raises NotConnected, NotRead, CvatError."""
    chosen = options.objects
    format_ = formats.FORMATS.get(options.annotations)
    tasks = [task.task_id for task in selection.tasks.all()]
    if format_ is None or chosen.jobs != ALL or len(tasks) > MOST_TASKS:
        return []
    connection = required_connection(user, selection)
    counts: Counter[str] = Counter()
    for task_id in tasks:
        catalog = load_catalog(connection=connection, task_id=task_id)
        known = read_annotations(connection=connection, catalog=catalog, job_id=None)
        frames = selection.frames.filter(task_id=task_id).order_by()
        numbers = frame_set(frames.values_list("frame", flat=True))
        for (label, kind), count in known.index.objects_on(numbers).items():
            if chosen.takes_label(label) and not format_.holds_kind(kind):
                counts[kind] += count
    return [
        f"{count:,} {kind if count == 1 else plural(kind)}" for kind, count in counts.most_common()
    ]
