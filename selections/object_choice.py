"""Which objects come into the files of annotations, and under which labels. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

from cvat.annotations import Labels

ALL, COMPLETED, ACCEPTED = "all", "completed", "accepted"
JOB_CHOICES = (
    (ALL, "All jobs"),
    (COMPLETED, "Jobs in state completed"),
    (ACCEPTED, "Jobs in stage acceptance and state completed"),
)
MOST_LABELS = 1000
LONGEST_NAME = 64  # characters, as in CVAT
NAMES_LISTED = 50  # in a message
ARROW = "->"
# Not `str.isprintable`, which takes no joiners and no space but the plain one: names of labels in
# Persian and Japanese have these.
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class JobProgress(Protocol):
    """The fields of a Job that are used here."""

    @property
    def stage(self) -> str: ...
    @property
    def state(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChoice:
    """The objects to deliver.

    `jobs`: those of all jobs, of completed or of accepted ones. `labels`: only those of these
    labels; empty: of all. `rename`: labels and their names in the files; labels that get one name
    become one.
    """

    jobs: str = ALL
    labels: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()

    def check(self) -> None:
        """Raises ValueError for values that cannot be."""
        if self.jobs not in dict(JOB_CHOICES):
            raise ValueError(f"jobs must be one of {', '.join(dict(JOB_CHOICES))}")
        if len(self.labels) > MOST_LABELS or len(self.rename) > MOST_LABELS:
            raise ValueError(f"at most {MOST_LABELS:,} labels can be named")
        for name in (*self.labels, *(name for pair in self.rename for name in pair)):
            if not 1 <= len(name) <= LONGEST_NAME or _CONTROL_CHARACTERS.search(name):
                raise ValueError(
                    f"a label has 1 to {LONGEST_NAME} characters and no line breaks or other "
                    f"control characters; {name[:LONGEST_NAME]!r} is none"
                )
        if len(dict(self.rename)) < len(self.rename):
            raise ValueError("a label can be renamed only once")

    def takes_job(self, job: JobProgress) -> bool:
        if self.jobs == ALL:
            return True
        is_completed = job.state == "completed"
        return is_completed and (self.jobs == COMPLETED or job.stage == "acceptance")

    def takes_label(self, name: str) -> bool:
        """Whether objects of a label of CVAT are delivered. A new name stands for all labels that
        get it."""
        return not self.labels or name in self.labels or dict(self.rename).get(name) in self.labels

    def renamed(self, labels: Labels) -> Labels:
        """The labels with their names in the files."""
        names = dict(self.rename)
        return Labels(replace(each, name=names.get(each.name, each.name)) for each in labels)

    def unknown(self, existing: Collection[str]) -> list[str]:
        """The named labels that are none of the existing ones."""
        renamed = dict(self.rename)
        known = {*existing, *renamed.values()}
        names = [name for name in self.labels if name not in known]
        return names + [name for name in renamed if name not in existing]

    def to_json(self) -> dict[str, Any]:
        """Such as {"jobs": "completed", "labels": ["car"], "rename": {"van": "car"}}; {} for all
        objects under their own labels."""
        written = {
            "jobs": "" if self.jobs == ALL else self.jobs,
            "labels": list(self.labels),
            "rename": dict(self.rename),
        }
        return {name: value for name, value in written.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            jobs=data.get("jobs", ALL),
            labels=tuple(data.get("labels", ())),
            rename=tuple(data.get("rename", {}).items()),
        )


EVERY_OBJECT = ObjectChoice()


def parsed_labels(text: str) -> tuple[str, ...]:
    """Names separated by commas or lines."""
    return tuple(dict.fromkeys(_names(text.splitlines())))


def parsed_rename(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of a table with lines such as "car, van -> vehicle". Raises ValueError."""
    pairs: list[tuple[str, str]] = []
    for line in filter(str.strip, text.splitlines()):
        before, arrow, new = line.partition(ARROW)
        if not (arrow and before.strip() and new.strip()):
            raise ValueError(
                f"{line.strip()[:80]!r} is not understood: write labels, an arrow and their name "
                f"in the files, such as “car, van {ARROW} vehicle”"
            )
        pairs += [(name, new.strip()) for name in _names([before])]
    return tuple(pairs)


def _names(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield from filter(None, (name.strip() for name in line.split(",")))
