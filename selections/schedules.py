"""When something that repeats is due. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

NEVER: Final = ""
DAILY: Final = "daily"
WEEKLY: Final = "weekly"
SCHEDULES = [(NEVER, "only when asked for"), (DAILY, "every day"), (WEEKLY, "every week")]
WEEKDAYS = [
    (0, "Monday"),
    (1, "Tuesday"),
    (2, "Wednesday"),
    (3, "Thursday"),
    (4, "Friday"),
    (5, "Saturday"),
    (6, "Sunday"),
]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Daily or weekly at an hour, or never. `weekday` counts from Monday, 0, and only if weekly."""

    repeats: str = NEVER
    hour: int = 6
    weekday: int = 0

    def next_after(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first time after the moment at which the clocks of the zone show the hour; None for
        never."""
        if self.repeats == NEVER:
            return None
        local = moment.astimezone(zone)
        due = local.replace(hour=self.hour, minute=0, second=0, microsecond=0, fold=0)
        while due <= local or (self.repeats == WEEKLY and due.weekday() != self.weekday):
            due += timedelta(days=1)
        return due.astimezone(UTC)

    @property
    def text(self) -> str:
        """Such as “every Monday at 6:00”; "" for never."""
        if self.repeats == NEVER:
            return ""
        day = "day" if self.repeats == DAILY else dict(WEEKDAYS)[self.weekday]
        return f"every {day} at {self.hour}:00"
