"""What a kind of work chooses: its statuses, its limits and what its result is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import models


class WorkStatus(models.TextChoices):
    """What every kind has. A kind may add its own statuses and words, see `status_field`."""

    QUEUED = "queued", "waiting"
    RUNNING = "running", "running"
    READY = "ready", "ready"
    INCOMPLETE = "incomplete", "incomplete"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


ACTIVE = (WorkStatus.QUEUED, WorkStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Limits:
    """When a worker counts as dead and a message as lost, and how much work is allowed."""

    heartbeat_seconds: float
    stale_seconds: float  # without a heartbeat for so long, the worker is dead
    requeue_seconds: float  # queued for so long, the message is lost
    attempts: int
    longest: timedelta
    running_per_person: int  # of all kinds together


@dataclass(frozen=True, slots=True)
class ResultFiles:
    """The files that a work has made for download."""

    count: int = 0
    bytes: int = 0
    path: str = ""  # on the portal, of the only file


def status_field(statuses: type[models.TextChoices]) -> models.CharField[str, str]:
    """The field `status` with the statuses and words of one kind of work."""
    return models.CharField(
        max_length=12,
        choices=statuses.choices,
        default=WorkStatus.QUEUED,
        editable=False,
        db_index=True,
    )
