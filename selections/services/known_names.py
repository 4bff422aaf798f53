"""Reading the file names of other tasks, and leaving out the frames that have one of them."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace

from django.contrib.auth.models import User

from cvat.exceptions import CvatError
from cvat.frames import frames_by_job
from cvat.types import Frame, FrameCatalog
from portal.exceptions import InvalidInput
from selections.draws import Draw
from selections.known_names import KnownNames
from selections.sampling import Sample
from selector.models import Connection
from selector.own_connections import closest_connection
from selector.services.catalogs import load_each

ALL_NAMED = "There is nothing to draw: the file name of every frame is in the other tasks."


@dataclass(frozen=True, slots=True)
class WithoutKnownNames:
    """The catalogues without the frames whose file names are in other tasks, and these frames."""

    catalogs: list[FrameCatalog]
    left_out: list[Frame] = field(default_factory=list)

    def counted(self, sample: Sample, draw: Draw) -> Sample:
        """The sample, whose jobs say how many of their frames were left out so."""
        if not self.left_out:
            return sample
        frames = draw.narrow(self.left_out)
        if draw.job_id is not None:
            held = {draw.job_id: list(frames)}
        else:
            held = self._by_job(frames, {job.job_id for job in sample.jobs})
        counted = (replace(job, known_names=len(held.get(job.job_id, ()))) for job in sample.jobs)
        places = {(f.task_id, f.frame) for frames in held.values() for f in frames}
        return replace(sample, jobs=tuple(counted), known_names=len(places))

    def _by_job(self, frames: Iterable[Frame], job_ids: Container[int]) -> dict[int, list[Frame]]:
        """The frames that each of these jobs holds."""
        of_task: dict[int, list[Frame]] = {}
        for frame in frames:
            of_task.setdefault(frame.task_id, []).append(frame)
        held: dict[int, list[Frame]] = {}
        for catalog in self.catalogs:
            jobs = [job for job in catalog.jobs if job.id in job_ids]
            held |= frames_by_job(of_task.get(catalog.task_id, []), jobs)
        return held


def leave_out_known(
    *, user: User, connection: Connection, catalogs: list[FrameCatalog], names: KnownNames
) -> WithoutKnownNames:
    """Leave out the frames whose file names are in the other tasks, as CVAT shows these to the user
    now. Raises InvalidInput for a server that the user is not connected to, for a task that is
    drawn from itself, and if no frame remains; CvatError."""
    if not names:
        return WithoutKnownNames(catalogs)
    known = _read(user, connection, {catalog.task_id for catalog in catalogs}, names)
    left_out = [
        frame
        for catalog in catalogs
        for frame in catalog.frames
        if frame.filename and names.key(frame.filename) in known
    ]
    if not left_out:
        return WithoutKnownNames(catalogs)
    places = {(frame.task_id, frame.frame) for frame in left_out}
    others = [
        replace(each, frames=tuple(f for f in each.frames if (f.task_id, f.frame) not in places))
        for each in catalogs
    ]
    if not any(each.frames for each in others):
        raise InvalidInput(ALL_NAMED)
    return WithoutKnownNames(others, left_out)


def _read(user: User, connection: Connection, drawn_from: set[int], names: KnownNames) -> set[str]:
    """The keys (see KnownNames.key) of the file names in the other tasks."""
    task_ids: dict[str, set[int]] = {}
    for url, task_id in names.tasks:
        task_ids.setdefault(url or connection.url, set()).add(task_id)
    if own := sorted(task_ids.get(connection.url, set()) & drawn_from):
        raise InvalidInput(
            f"The file names of task {own[0]} cannot be left out: the frames are drawn from it."
        )
    known: set[str] = set()
    for url, wanted in task_ids.items():
        loaded = load_each(connection=_connection_to(user, connection, url), task_ids=wanted)
        for catalog in loaded.values():
            if isinstance(catalog, CvatError):
                raise catalog
            known.update(names.key(frame.filename) for frame in catalog.frames if frame.filename)
    return known


def _connection_to(user: User, connection: Connection, url: str) -> Connection:
    if url == connection.url:
        return connection
    accepted = Connection.objects.for_user(user).accepted()
    other = closest_connection(accepted, url=url, organization="", pk=None)
    if other is None:
        raise InvalidInput(
            f"The file names of tasks on {url} cannot be left out: you are not connected to this "
            "server. Connect to it first."
        )
    return other
