"""Draws from frames and jobs, without a catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cvat.frames import frames_by_job
from cvat.types import Frame, Job
from selections.methods import METHODS
from selections.methods.method import Facts
from selections.sampling import Amount, Candidates, Sample


def draw_per_job(
    frames: Sequence[Frame], jobs: Iterable[Job], *, seed: int, **amount: float
) -> Sample:
    annotated = [job for job in jobs if job.is_annotation]
    candidates = Candidates(frames_by_job(frames, annotated))
    return drawn("random_per_job", candidates, seed=seed, **amount)


def drawn(method: str, candidates: Candidates, *, seed: int, **amount: float) -> Sample:
    return METHODS[method].draw(candidates, Amount(**amount), seed, Facts())
