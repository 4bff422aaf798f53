"""Drawing frames of a task at random."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib.auth.models import User

from cvat.types import FrameCatalog, Job
from portal.exceptions import InvalidInput
from selections.draws import Draw
from selections.methods.method import Facts
from selections.models import SelectedFrame, Selection
from selections.sampling import Candidates, Place, Sample, new_seed
from selector.annotation_index.frame_sets import frames_of
from selector.models import Connection
from selector.services.annotation_index import read_annotations, with_annotations
from selector.services.catalogs import load_catalog


@dataclass(frozen=True, slots=True)
class Drawn:
    """Frames drawn at random. `draw` has the task and the seed, so that it can be repeated."""

    catalog: FrameCatalog
    sample: Sample
    draw: Draw


def draw_frames(*, user: User, connection: Connection, draw: Draw) -> Drawn:
    """Draw from the task as CVAT has it now, without the frames of `draw.exclude_selections`,
    which must be selections that the user may read, of the same server.

    Raises InvalidInput, NotRead (annotations that the draw needs), CvatError.
    """
    excluded = _readable(user, connection, draw.exclude_selections)
    catalog = whole = load_catalog(connection=connection, task_id=draw.task_id, job_id=draw.job_id)

    def read_labels() -> dict[str, set[Place]]:
        known = read_annotations(connection=connection, catalog=whole, job_id=draw.job_id)
        sets = known.frames_with(draw.labels)
        return {
            label: {(whole.task_id, frame) for frame in frames_of(frames)}
            for label, frames in sets.items()
        }

    if draw.annotation_filter:
        catalog = with_annotations(
            connection, catalog, job_id=draw.job_id, conditions=draw.annotation_filter
        )
        if not catalog.frames:
            raise InvalidInput(
                "There is nothing to draw: no frame has such annotations. Try fewer conditions."
            )
    if excluded:
        catalog = _without(catalog, excluded)
    return draw_from(catalog, draw, Facts(read_labels))


def draw_from(catalog: FrameCatalog, draw: Draw, facts: Facts | None = None) -> Drawn:
    """Draw from the frames of the catalogue. Raises InvalidInput."""
    if draw.by.amounts and (draw.count is None) == (draw.share is None):
        raise InvalidInput("Say either how many frames or which share of them.")
    seed = new_seed() if draw.seed is None else draw.seed
    draw = replace(draw, task_id=catalog.task_id, seed=seed)
    if draw.filename_contains:
        catalog = _with_names(catalog, draw.filename_contains)
    sample = draw.by.draw(_candidates(catalog, draw), draw.amount, seed, facts or Facts())
    if draw.job_id is not None:  # what was asked for in all was asked for of this job
        jobs = tuple(replace(job, requested=sample.requested) for job in sample.jobs)
        sample = replace(sample, jobs=jobs)
    if draw.filename_contains and not sample.total:
        raise InvalidInput(
            "There is nothing to draw: no file name there contains "
            f"“{draw.filename_contains}”. Try fewer words, or other jobs."
        )
    if draw.by.is_per_label and not sample.frames:
        whose = "one of these labels" if draw.labels else "a label"
        raise InvalidInput(
            f"There is nothing to draw: {_drawn_from(draw)} has {whose}. Annotate frames in CVAT, "
            "or draw by another method."
        )
    return Drawn(catalog, sample, draw)


def _drawn_from(draw: Draw) -> str:
    """Such as “no frame of task 8”."""
    limits = (draw.job_ids, draw.filename_contains, draw.annotation_filter, draw.exclude_selections)
    if any(limits):
        return "none of the frames to draw from"
    return f"no frame of {f'job {draw.job_id}' if draw.job_id else f'task {draw.task_id}'}"


def _readable(user: User, connection: Connection, ids: tuple[int, ...]) -> list[Selection]:
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


def _without(catalog: FrameCatalog, excluded: list[Selection]) -> FrameCatalog:
    """The catalogue without the frames of these selections."""
    selected = SelectedFrame.objects.filter(selection__in=excluded, task_id=catalog.task_id)
    numbers = set(selected.order_by().values_list("frame", flat=True).distinct())
    frames = tuple(frame for frame in catalog.frames if frame.frame not in numbers)
    if not frames:
        raise InvalidInput("There is nothing to draw: every frame is in the selections left out.")
    return replace(catalog, frames=frames)


def _with_names(catalog: FrameCatalog, text: str) -> FrameCatalog:
    """Only the frames whose names have all words of `text`."""
    words = text.lower().split()
    named = (f for f in catalog.frames if all(word in f.filename.lower() for word in words))
    return replace(catalog, frames=tuple(named))


def _candidates(catalog: FrameCatalog, draw: Draw) -> Candidates:
    if draw.job_id is not None:  # a job of any type, whose catalogue this is
        return Candidates({draw.job_id: catalog.frames})
    return Candidates.of_jobs(catalog.frames, _jobs(catalog, draw))


def _jobs(catalog: FrameCatalog, draw: Draw) -> list[Job]:
    """The jobs to draw from; per job these are annotation jobs, over all the pool of a honeypot
    task as well. Raises InvalidInput for one that is not there."""
    jobs = [job for job in catalog.jobs if job.is_annotation or not draw.by.is_per_job]
    if not draw.job_ids:
        return jobs
    wanted = set(draw.job_ids)
    unknown = sorted(wanted - {job.id for job in jobs})
    if unknown:
        listed = ", ".join(map(str, unknown[:10])) + (" …" if len(unknown) > 10 else "")
        kind = "annotation job" if draw.by.is_per_job else "job"
        raise InvalidInput(f"Task {catalog.task_id} has no {kind} {listed} to draw from.")
    return [job for job in jobs if job.id in wanted]
