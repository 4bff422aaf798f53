"""What a task has already where objects are to be copied to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cvat.annotation_json import read_track
from cvat.annotations import BadObject, JobAnnotations, Labels, Track
from cvat.client import CvatClient
from cvat.overlapping import objects_by_frame
from cvat.types import FrameCatalog, Job
from cvat.writing import AnnotationWriter
from cvat.writing.conversion import convert
from cvat.writing.objects import KINDS, Objects, missing
from publishing.groups import numbers_apart, regrouped

_NOTHING: Objects = {"tags": [], "shapes": [], "tracks": []}


@dataclass(frozen=True, slots=True)
class PresentObjects:
    """What a job has, in CVAT's form: its `objects`, and as `tracked` what its tracks show on the
    frames to which objects are to be copied, as single objects."""

    objects: Objects
    tracked: Objects

    @property
    def shown(self) -> Objects:
        """Single objects and what tracks show, to be compared with single objects."""
        shapes = [*(self.objects.get("shapes") or ()), *self.tracked["shapes"]]
        return {**self.objects, "shapes": shapes}

    def without_tracked(self, wanted: Objects) -> Objects:
        """Those of the wanted objects that no track shows in the same place."""
        return missing(wanted, self.tracked) if self.tracked["shapes"] else wanted


def read_present(
    client: CvatClient, catalog: FrameCatalog, labels: Labels, planned: Mapping[int, Objects]
) -> dict[int, PresentObjects]:
    """What is in the jobs that hold a frame of the planned objects, which are given by the id of
    the job that they are for. `labels` are those of the task. Raises CvatError."""
    # AnnotationWriter reads annotations in the form in which they are compared before writing.
    writer = AnnotationWriter(client)
    frames = {job_id: _frames(objects) for job_id, objects in planned.items()}
    everywhere = sorted(set().union(*frames.values()))
    present = {}
    for job in catalog.jobs:
        if _holds_any(job, everywhere):
            objects = writer.annotations(job.id)
            tracked = _tracked(job, objects, labels, frames.get(job.id, ()), catalog)
            present[job.id] = PresentObjects(objects, tracked)
    return present


def with_free_groups(
    planned: Mapping[int, Objects], present: Mapping[int, PresentObjects]
) -> dict[int, Objects]:
    """The planned objects, whose groups get other numbers where the task has them: objects that are
    copied must not join a group of others."""
    own = {group for objects in planned.values() for group in _groups(objects)}
    used = {group for each in present.values() for group in _groups(each.objects)}
    if not own & used:
        return dict(planned)
    numbers = numbers_apart(own, used)
    return {
        job_id: {kind: [regrouped(each, numbers) for each in objects[kind]] for kind in KINDS}
        for job_id, objects in planned.items()
    }


def _frames(objects: Objects) -> set[int]:
    return {each["frame"] for kind in KINDS for each in objects[kind]}


def _holds_any(job: Job, frames: Sequence[int]) -> bool:
    """`frames` are ascending."""
    first = bisect_left(frames, job.start_frame)
    return first < len(frames) and frames[first] <= job.stop_frame


def _tracked(
    job: Job, objects: Objects, labels: Labels, frames: Collection[int], catalog: FrameCatalog
) -> Objects:
    tracks = list(_tracks(objects, labels))
    if not tracks or not frames:
        return _NOTHING
    annotations = JobAnnotations(tracks=tracks)
    by_frame = objects_by_frame(
        [job], sorted(frames), lambda _: annotations, deleted=frozenset(catalog.deleted_frames)
    )
    shapes = [shape for _, on_frame in by_frame for shape in on_frame]
    return convert(shapes, labels, frames={frame: frame for frame in frames}).objects


def _tracks(objects: Objects, labels: Labels) -> Iterator[Track]:
    for item in objects.get("tracks") or ():
        try:
            yield read_track(item, labels)
        except BadObject:
            continue  # what cannot be read is in the same place as no other object


def _groups(objects: Objects) -> Iterator[int]:
    """The groups of objects, 0 for none left out; a part of a skeleton is in one as well."""
    for kind in KINDS:
        for each in objects.get(kind) or ():
            for part in (each, *(each.get("elements") or ())):
                if group := part.get("group"):
                    yield group
