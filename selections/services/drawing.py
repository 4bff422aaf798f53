"""Drawing frames of tasks at random."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.contrib.auth.models import User
from django.db.models import F, Q

from cvat.frames import frames_by_job
from cvat.types import Frame, FrameCatalog, Place, ShownTask
from portal.exceptions import InvalidInput
from selections.draws import Draw
from selections.methods.method import Facts
from selections.models import Recipe, SelectedFrame, Selection
from selections.sampling import Candidates, Sample, new_seed, place_of
from selections.services.known_names import leave_out_known
from selections.services.needed_tasks import (
    ALWAYS_READ,
    UnreadTask,
    may_read_few,
    read_needed,
    with_unread,
)
from selector.models import Connection
from selector.services.descriptors import read_descriptors
from selector.services.likeness import read_likeness
from selector.services.saved_searches import with_matching_tasks
from selector.services.scope_annotations import frames_by_label, with_annotations
from selector.services.scopes import check_jobs, load_catalogs, open_scope
from selector.thumbnails.likeness import Likeness

ALL_LEFT_OUT = "There is nothing to draw: every frame is in the selections left out."
NO_FRAME_LEFT = (
    "No frame is left for this round: all that the recipe takes are in its earlier rounds, or its "
    "tasks have no such frames. Add frames in CVAT, or make a recipe that takes others."
)


@dataclass(frozen=True)
class Drawn:
    """Frames drawn at random. `draw` has the task and the seed, so that it can be repeated.
    `catalogs` are those of the tasks drawn from, with the candidates alone as their frames."""

    catalogs: tuple[FrameCatalog, ...]
    sample: Sample
    draw: Draw
    unread: tuple[ShownTask, ...] = ()  # tasks of the scope that no frame was drawn of

    @cached_property
    def task_names(self) -> dict[int, str]:
        names = {shown.task_id: shown.name for shown in self.unread}
        return names | {catalog.task_id: catalog.task_name for catalog in self.catalogs}

    @cached_property
    def task_of_job(self) -> dict[int, int]:
        """The task of each job that was drawn from."""
        if self.draw.job_id is not None:
            return {self.draw.job_id: self.catalogs[0].task_id}
        tasks: tuple[FrameCatalog | ShownTask, ...] = (*self.catalogs, *self.unread)
        return {job.id: each.task_id for each in tasks for job in each.jobs}


def draw_frames(*, user: User, connection: Connection, draw: Draw) -> Drawn:
    """Draw from the scope as CVAT has it now, without the frames of `draw.exclude_selections` and
    of the earlier rounds of `draw.recipe`, and without those whose file names are in the tasks of
    `draw.exclude_filenames`. The selections must be of the same server, and the user may read them;
    the rounds of an own recipe are left out in any case.

    Raises InvalidInput, NotRead and PicturesNotRead (what the draw needs), CvatError.
    """
    draw = with_matching_tasks(connection=connection, scope=draw)
    excluded = _readable(user, connection, draw.exclude_selections)
    excluded += _earlier_rounds(user, connection, draw)
    if draw.seed is None:
        draw = replace(draw, seed=new_seed())
    whole, unread = _read(connection, draw, excluded)
    catalogs = whole
    if draw.annotation_filter:
        catalogs = with_annotations(connection=connection, catalogs=whole, scope=draw)
        if not _have_frames(catalogs):
            raise InvalidInput(
                "There is nothing to draw: no frame has such annotations. Try fewer conditions."
            )
    if excluded:
        catalogs = _without(catalogs, excluded, draw)
    without_known = leave_out_known(
        user=user, connection=connection, catalogs=catalogs, names=draw.exclude_filenames
    )
    catalogs = without_known.catalogs
    drawn = draw_from(catalogs, draw, _facts(connection, whole, draw))
    drawn = replace(drawn, sample=without_known.counted(drawn.sample, drawn.draw))
    if not unread:
        return drawn
    drawn = replace(drawn, unread=tuple(each.task for each in unread))
    sample = with_unread(drawn.sample, unread, draw, drawn.task_of_job)
    return replace(drawn, sample=sample)


def _read(
    connection: Connection, draw: Draw, excluded: list[Selection]
) -> tuple[list[FrameCatalog], list[UnreadTask]]:
    """The catalogues of the tasks that the draw needs, and the other tasks of its scope."""
    if not (draw.has_several_tasks and may_read_few(draw)):
        return load_catalogs(connection=connection, scope=draw), []
    with open_scope(connection, draw) as opened:
        if len(opened.tasks) <= ALWAYS_READ:
            return opened.read(), []
        places = _places(draw, excluded, [each.task_id for each in opened.tasks])
        return read_needed(opened, draw, places)


def _facts(connection: Connection, catalogs: Sequence[FrameCatalog], draw: Draw) -> Facts:
    """What the draw method may ask about the frames; read only when it asks. The catalogues are
    those of the scope, with all their frames."""

    def read_labels() -> dict[str, set[Place]]:
        return frames_by_label(
            connection=connection, catalogs=catalogs, scope=draw, labels=draw.labels
        )

    def likeness_of(frames: Sequence[Frame]) -> dict[Place, Likeness]:
        return read_likeness(
            connection=connection, catalogs=catalogs, job_id=draw.job_id, frames=frames
        )

    def descriptors_of(frames: Sequence[Frame]) -> dict[Place, bytes]:
        return read_descriptors(
            connection=connection, catalogs=catalogs, job_id=draw.job_id, frames=frames
        )

    assignees = {job.id: job.assignee for catalog in catalogs for job in catalog.jobs}
    return Facts(read_labels, likeness_of, read_descriptors=descriptors_of, assignees=assignees)


def draw_from(catalogs: Sequence[FrameCatalog], draw: Draw, facts: Facts | None = None) -> Drawn:
    """Draw from the frames of the catalogues, by the other filters of the draw. Raises
    InvalidInput."""
    if draw.by.amounts and (draw.count is None) == (draw.share is None):
        raise InvalidInput("Say either how many frames or which share of them.")
    seed = new_seed() if draw.seed is None else draw.seed
    draw = replace(draw, seed=seed)
    if not draw.has_several_tasks:
        draw = replace(draw, task_id=catalogs[0].task_id)
    if draw.narrows_frames:
        catalogs = _narrowed(catalogs, draw)
    sample = draw.by.draw(_candidates(catalogs, draw), draw.amount, seed, facts or Facts())
    if draw.job_id is not None:  # what was asked for in all was asked for of this job
        jobs = tuple(replace(job, requested=sample.requested) for job in sample.jobs)
        sample = replace(sample, jobs=jobs)
    if not sample.total:
        _refuse_nothing(draw)
    if draw.by.is_per_label and not sample.frames:
        whose = "one of these labels" if draw.labels else "a label"
        raise InvalidInput(
            f"There is nothing to draw: {_drawn_from(draw)} has {whose}. Annotate frames in CVAT, "
            "or draw by another method."
        )
    if draw.by.is_per_assignee and not sample.frames:
        raise InvalidInput(
            "There is nothing to draw: no job there that has frames to draw from is assigned to "
            "anybody. Assign jobs in CVAT, or draw by another method."
        )
    return Drawn(tuple(catalogs), sample, draw)


def _refuse_nothing(draw: Draw) -> None:
    """Raise InvalidInput if file name or number left no candidate."""
    if draw.recipe is not None:
        raise InvalidInput(NO_FRAME_LEFT)
    if draw.narrows_names:
        parts = {"contains": draw.filename_contains, "is like": draw.filename_pattern}
        said = " and ".join(f"{verb} “{text}”" for verb, text in parts.items() if text)
        hint = "another pattern" if draw.filename_pattern else "fewer words"
        raise InvalidInput(
            f"There is nothing to draw: no file name there {said}. Try {hint}, or other jobs."
        )
    if draw.narrows_frames:
        raise InvalidInput(
            "There is nothing to draw: no frame there is in this range. Try a larger range, or "
            "other jobs."
        )


def _drawn_from(draw: Draw) -> str:
    """Such as “no frame of task 8”."""
    limits = (
        draw.annotation_filter,
        draw.exclude_selections,
        draw.recipe,
        draw.exclude_filenames,
    )
    if draw.narrows_jobs or draw.narrows_frames or any(limits):
        return "none of the frames to draw from"
    return f"no frame of {draw.name}"


def _readable(user: User, connection: Connection, ids: tuple[int, ...]) -> list[Selection]:
    if not ids:
        return []
    selections = Selection.objects.for_user(user).in_bulk(ids)
    for number in ids:
        if number not in selections:
            raise InvalidInput(
                f"The frames of selection {number} cannot be left out: it is not there, or not "
                "shared with you."
            )
        # Elsewhere the same numbers are other tasks.
        if selections[number].url != connection.url:
            raise InvalidInput(
                f"The frames of “{selections[number].name}” cannot be left out: they are of "
                f"another CVAT server, {selections[number].url}."
            )
    return list(selections.values())


def _earlier_rounds(user: User, connection: Connection, draw: Draw) -> list[Selection]:
    if draw.recipe is None:
        return []
    earlier = Selection.objects.present().filter(
        recipe_id=draw.recipe, round_number__lt=draw.round_number
    )
    if Recipe.objects.editable_by(user).filter(pk=draw.recipe).exists():
        # Also rounds handed over since: else the recipe could never be drawn again.
        return list(earlier.filter(url=connection.url))
    return _readable(user, connection, tuple(earlier.values_list("pk", flat=True)))


def _have_frames(catalogs: Iterable[FrameCatalog]) -> bool:
    return any(catalog.frames for catalog in catalogs)


def _places(draw: Draw, excluded: list[Selection], task_ids: list[int]) -> set[Place]:
    """The frames of these selections that are of these tasks; of rounds of the recipe also those
    that were removed by hand, which a person has looked at."""
    left_out = Q(until__gt=F("selection__revision"))
    if draw.recipe is not None:
        left_out |= Q(selection__recipe=draw.recipe)
    selected = SelectedFrame.history.filter(
        left_out,
        selection__in=excluded,
        task_id__in=task_ids,
        since__lte=F("selection__revision"),
    )
    return set(selected.order_by().values_list("task_id", "frame"))


def _without(
    catalogs: Sequence[FrameCatalog], excluded: list[Selection], draw: Draw
) -> list[FrameCatalog]:
    """The catalogues without the frames of these selections."""
    places = _places(draw, excluded, [catalog.task_id for catalog in catalogs])
    others = [
        replace(c, frames=tuple(frame for frame in c.frames if place_of(frame) not in places))
        for c in catalogs
    ]
    if not _have_frames(others):
        raise InvalidInput(NO_FRAME_LEFT if draw.recipe is not None else ALL_LEFT_OUT)
    return others


def _narrowed(catalogs: Iterable[FrameCatalog], draw: Draw) -> list[FrameCatalog]:
    """Only the frames with the names and numbers asked for."""
    return [replace(each, frames=draw.narrow(each.frames)) for each in catalogs]


def _candidates(catalogs: Sequence[FrameCatalog], draw: Draw) -> Candidates:
    if draw.job_id is not None:  # a job of any type, whose catalogue this is
        return Candidates({draw.job_id: catalogs[0].frames})
    # Per job these are annotation jobs, over all the pool of a honeypot task as well.
    jobs_of = [
        [job for job in each.jobs if job.is_annotation or not draw.by.is_per_job]
        for each in catalogs
    ]
    kind = "annotation job" if draw.by.is_per_job else "job"
    check_jobs(draw, [job for jobs in jobs_of for job in jobs], kind=kind)
    by_job: dict[int, list[Frame]] = {}
    for catalog, jobs in zip(catalogs, jobs_of, strict=True):
        by_job |= frames_by_job(catalog.frames, [job for job in jobs if draw.takes_job(job)])
    return Candidates(by_job)
