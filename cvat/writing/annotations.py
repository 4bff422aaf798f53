"""Objects added to jobs in CVAT, and deleted."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from cvat.annotation_json import LARGEST_NUMBER
from cvat.bodies import META as ANNOTATIONS
from cvat.exceptions import CvatBroken
from cvat.http import Call
from cvat.writing import refusals
from cvat.writing.objects import KINDS, Objects, count_by_place, missing, split
from cvat.writing.writer import Writer


class AnnotationWriter(Writer):
    """Adds and deletes what is annotated in jobs."""

    def create_annotations(self, job_id: int, objects: Objects) -> int:
        """Add objects, without ids, to a job: all of them or, when CVAT refuses one, none. Returns
        how many there were. Completed jobs take them, too, and keep their state."""
        call = Call(
            "PATCH",
            f"/api/jobs/{job_id}/annotations",
            f"the annotations of job {job_id}",
            {"action": "create"},
            body=objects,
            bounds=ANNOTATIONS,  # it repeats the objects
        )
        self._sender.send(call)
        return count_by_place(objects).total()

    def ensure_annotations(self, job_id: int, objects: Objects, *, before: int) -> int:
        """Add objects to a job that had `before` objects, once: they are looked for among those of
        the job. CvatRefused with CHANGED_MEANWHILE if neither they nor the state before are
        there."""
        wanted = count_by_place(objects)

        def added() -> int | None:
            present = count_by_place(self.annotations(job_id))
            if not wanted - present and present.total() >= before + wanted.total():
                return wanted.total()
            if present.total() != before:
                raise refusals.changed_meanwhile(job_id, before=before, present=present.total())
            return None

        return self._sender.ensure(added, lambda: self.create_annotations(job_id, objects))

    def add_missing_annotations(self, job_id: int, objects: Objects, *, at_once: int) -> None:
        """Add those of the objects that the job does not have, whoever made them, `at_once` in a
        request. May be repeated at any time: nothing is added twice."""
        lacking = missing(objects, self.annotations(job_id))
        while count := count_by_place(lacking).total():
            batch, lacking = split(lacking, at_once)
            self._add_batch(job_id, objects, batch, before=count)

    def _add_batch(self, job_id: int, objects: Objects, batch: Objects, *, before: int) -> None:
        """Add the batch to a job that lacks `before` of the objects."""
        after = before - count_by_place(batch).total()

        def added() -> bool | None:
            lacking = missing(objects, self.annotations(job_id))
            return True if count_by_place(lacking).total() <= after else None

        def add() -> bool:
            self.create_annotations(job_id, batch)
            return True

        self._sender.ensure(added, add)

    def ensure_annotations_deleted(self, job_id: int, objects: Objects) -> None:
        """Delete those of these objects, which have their ids, that the job still has."""
        wanted = _ids(objects)
        call = Call(
            "PATCH",
            f"/api/jobs/{job_id}/annotations",
            f"the annotations of job {job_id}",
            {"action": "delete"},
            body=objects,
            bounds=ANNOTATIONS,
        )

        def are_gone() -> bool | None:
            return None if wanted & _ids(self.annotations(job_id)) else True

        def delete() -> bool:
            self._sender.send(call)
            return True

        self._sender.ensure(are_gone, delete)

    def annotations(self, job_id: int) -> Objects:
        """What is annotated in a job, as CVAT answers it."""
        path, subject = f"/api/jobs/{job_id}/annotations", f"the annotations of job {job_id}"
        annotations: Objects = self._client.http.get(path, subject=subject, bounds=ANNOTATIONS)
        try:
            msgspec.convert(annotations, _Answer)
        except msgspec.ValidationError:
            raise CvatBroken(
                f"CVAT sent {subject} in an unknown form: is it a supported version?"
            ) from None
        return annotations


class _Object(msgspec.Struct, gc=False):
    """What is compared of an object, a keyframe or a part of a skeleton."""

    frame: Annotated[int, msgspec.Meta(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
    id: int | None = None
    label_id: int | None = None
    type: str | None = None
    points: list[float] | None = None
    rotation: float | None = None
    outside: bool | None = None
    attributes: list[_Value] | None = None
    shapes: list[_Object] | None = None
    elements: list[_Object] | None = None


class _Value(msgspec.Struct, gc=False):
    spec_id: int
    value: Any


class _Answer(msgspec.Struct):
    tags: list[_Object] | None = None
    shapes: list[_Object] | None = None
    tracks: list[_Object] | None = None


def _ids(objects: Objects) -> set[tuple[str, int]]:
    """The list and the id of each object: shapes, tags and tracks count separately."""
    return {(kind, each.get("id") or 0) for kind in KINDS for each in objects.get(kind) or ()}
