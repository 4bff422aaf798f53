"""What a work has sent to CVAT to change something there, and what came of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from portal.work.models import Work
from publishing.change import Change


class WorkOfSteps(Work):
    """A work that notes every request before it is sent, so that whoever goes on with it knows
    which ones CVAT may have carried out."""

    # What was sent to CVAT: [{"request", "text", "sent_at", "done_at", "is_refused"}]; without
    # `done_at` and `is_refused` the answer is not known.
    steps = models.JSONField(default=list, blank=True)

    class Meta(Work.Meta):
        abstract = True

    def has_done(self, change: Change) -> bool:
        """Whether it is known that CVAT has carried out the request."""
        return any(_is_of(step, change) and step["done_at"] for step in self.steps)

    def has_begun(self, change: Change) -> bool:
        """Whether the request may have been sent, whatever became of it."""
        return any(_is_of(step, change) for step in self.steps)

    def begin_step(self, worker: uuid.UUID, change: Change) -> bool:
        """Note that the request is about to be sent, for the first time or once more. False if the
        worker has lost its claim."""
        if self.has_begun(change):
            return self._note_of(worker, change, is_refused=False)
        step = {
            "request": change.request,
            "text": change.text,
            "sent_at": timezone.now().isoformat(),
            "done_at": None,
            "is_refused": False,
        }
        return self._note([*self.steps, step], worker)

    def end_step(self, worker: uuid.UUID, change: Change) -> bool:
        """Note that CVAT has done what was sent. False if the worker has lost its claim."""
        return self._note_of(worker, change, done_at=timezone.now().isoformat())

    def refuse_step(self, worker: uuid.UUID, change: Change) -> bool:
        """Note that CVAT refuses what was sent. False if the worker has lost its claim."""
        return self._note_of(worker, change, is_refused=True)

    def _note_of(self, worker: uuid.UUID, change: Change, **values: Any) -> bool:
        steps = [step | values if _is_of(step, change) else step for step in self.steps]
        return self._note(steps, worker)

    def _note(self, steps: list[dict[str, Any]], worker: uuid.UUID) -> bool:
        return self._change(self._held(worker), steps=steps)


def _is_of(step: dict[str, Any], change: Change) -> bool:
    """Whether the step is this request: one of several to the same address has a text of its
    own."""
    return (step["request"], step["text"]) == (change.request, change.text)
