"""Train, validation and test: in which subset each frame of an archive is. Pure.

Frames of one unit (a frame, a job, a video, ...) are never on two sides. Units are ranked by a hash
of the seed and their name, not shuffled: the same split on every machine and in every order.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import blake2b
from typing import Any, NamedTuple, Self

from selections.sampling import MAX_SEED

NONE, SHARES, SUBSETS, NAMES = "none", "shares", "subsets", "names"
BY_CHOICES = (
    (NONE, "No split"),
    (SHARES, "By shares, at random"),
    (SUBSETS, "As the subsets in CVAT"),
    (NAMES, "By a list of names"),
)
SPLITS = ("train", "val", "test")
FRAME, JOB, TASK, VIDEO, FOLDER, NAME = "frame", "job", "task", "video", "folder", "name"
UNIT_CHOICES = (
    (FRAME, "Frames one by one"),
    (JOB, "Frames of a job"),
    (TASK, "Frames of a task"),
    (VIDEO, "Frames of a video"),
    (FOLDER, "Pictures of a folder"),
    (NAME, "Pictures whose names begin alike"),
)
UNIT_NOUNS = {  # of the table of a split
    JOB: "Jobs",
    TASK: "Tasks",
    VIDEO: "Videos",
    FOLDER: "Folders",
    NAME: "Names that begin alike",
}
MOST_NAMES = 20_000
LONGEST_FILENAME = 1024  # characters
LONGEST_SEPARATOR = 10
MOST_PIECES = 20
TOLERANCE = 1e-6  # of the sum of the shares
EXCESS_DIGITS = 9  # that are compared, so that rounding errors do not decide
BYTE_ORDER_MARK = "\ufeff"  # with which some editors begin a file
# What neither a file has in its name nor a database takes: NUL and halves of characters.
_NOT_STORABLE = re.compile(r"[\x00\ud800-\udfff]")
SYNONYMS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}

# What a unit holds: how many frames (under "") and how many with each label, by name.
Held = tuple[tuple[str, int], ...]


class SplitFrame(NamedTuple):
    """What a split depends on. `filename` is CVAT's path, "" in a video; `video` its file name."""

    task_id: int
    job_id: int
    frame: int
    filename: str
    video: str
    subset: str  # of its task in CVAT

    @property
    def name(self) -> str:
        """The path by which a list names it."""
        return self.filename or f"frame_{self.frame:06d}.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How to split.

    By `shares` of train, val and test (sum 1): the frames of one `unit` stay together; with
    `even_labels` each label is divided by these shares too, as far as the units allow. The unit
    "name" is the file name up to the separator that comes after `pieces` pieces. By `names`: pairs
    of a path in CVAT, or `task_<id>/` and a path, and a split.
    """

    by: str = NONE
    shares: tuple[float, ...] = (0.8, 0.1, 0.1)
    seed: int = 0
    unit: str = FRAME
    separator: str = "_"
    pieces: int = 1
    even_labels: bool = False
    names: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def check(self) -> None:
        """Raises ValueError for values that cannot be."""
        if self.by not in dict(BY_CHOICES):
            raise ValueError(f"by must be one of {', '.join(dict(BY_CHOICES))}")
        if self.unit not in dict(UNIT_CHOICES):
            raise ValueError(f"unit must be one of {', '.join(dict(UNIT_CHOICES))}")
        if len(self.shares) != len(SPLITS) or not all(0 <= share <= 1 for share in self.shares):
            raise ValueError("the shares are three numbers from 0 to 1, of train, val and test")
        if abs(sum(self.shares) - 1) > TOLERANCE:
            raise ValueError(f"the shares must add up to 1, not to {sum(self.shares):g}")
        if not 0 <= self.seed <= MAX_SEED:
            raise ValueError(f"the seed must be 0 to {MAX_SEED}")
        if not 1 <= len(self.separator) <= LONGEST_SEPARATOR:
            raise ValueError(f"the separator has 1 to {LONGEST_SEPARATOR} characters")
        if not 1 <= self.pieces <= MOST_PIECES:
            raise ValueError(f"pieces must be 1 to {MOST_PIECES}")
        if len(self.names) > MOST_NAMES:
            raise ValueError(f"the list can name at most {MOST_NAMES:,} pictures")
        if self.by == NAMES and not self.names:
            raise ValueError("the list of names is empty: give a line for each picture")
        if any(len(name) > LONGEST_FILENAME for name, _ in self.names):
            raise ValueError(f"a name in the list has at most {LONGEST_FILENAME:,} characters")
        if wrong := next((name for name, _ in self.names if _NOT_STORABLE.search(name)), None):
            raise ValueError(f"{wrong[:80]!r} in the list cannot be the name of a picture")
        if any(split not in SPLITS for _, split in self.names):
            raise ValueError(f"a split is one of {', '.join(SPLITS)}")

    @property
    def needs_labels(self) -> bool:
        return self.by == SHARES and self.even_labels

    def possible(self, subsets: Iterable[str]) -> tuple[str, ...]:
        """The splits that frames of tasks with these subsets can be in; () without a split."""
        if self.by == SHARES:
            return tuple(name for name, share in zip(SPLITS, self.shares, strict=True) if share)
        if self.by == NAMES:
            return tuple(name for name in SPLITS if name in dict(self.names).values())
        if self.by == SUBSETS:
            return tuple(sorted({split_of_subset(subset) for subset in subsets}))
        return ()

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the default and plays a part; {} without a split."""
        if self.by == NONE:
            return {}
        written: dict[str, Any] = {"by": self.by}
        if self.by == NAMES:
            written["names"] = dict(self.names)
        elif self.by == SHARES:
            written |= {"shares": dict(zip(SPLITS, self.shares, strict=True)), "seed": self.seed}
            written |= {"unit": self.unit}
            if self.unit == NAME:
                written |= {"separator": self.separator, "pieces": self.pieces}
            if self.even_labels:
                written["even_labels"] = True
        return written

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        if "shares" in values:
            values["shares"] = tuple(values["shares"].get(name, 0.0) for name in SPLITS)
        if "names" in values:
            values["names"] = tuple(values["names"].items())
        return cls(**values)


NO_SPLIT = Split()


class Assignment:
    """The split of each frame. For a split by shares `frames` are all that are split, each with the
    labels on it."""

    def __init__(
        self, split: Split, frames: Iterable[tuple[SplitFrame, Collection[str]]] = ()
    ) -> None:
        self._split = split
        self._names = dict(split.names)
        self._by_unit: dict[str, str] = {}
        if split.by == SHARES:
            self._by_unit = divide(_units(frames, split), split.shares, split.seed)

    @property
    def units_count(self) -> Counter[str]:
        """How many units are in each split by shares."""
        return Counter(self._by_unit.values())

    def of(self, frame: SplitFrame) -> str:
        """Empty for a frame that is not split."""
        if self._split.by == SHARES:
            return self._by_unit.get(unit_of(frame, self._split), "")
        if self._split.by == SUBSETS:
            return split_of_subset(frame.subset)
        return self._names.get(f"task_{frame.task_id}/{frame.name}") or self._names.get(
            frame.name, ""
        )


def parsed_names(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of a list: lines with a name, a tab and a split, or a JSON object of names and
    splits. Raises ValueError."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    if not text.lstrip().startswith("{"):
        return checked_names(_named_in_lines(text))
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        # The first line may be that of a picture whose name begins with a brace.
        if "\t" not in text.lstrip().partition("\n")[0]:
            raise ValueError(f"the list is no JSON: {error}") from error
        pairs = _named_in_lines(text)
    return checked_names(pairs)


def _named_in_lines(text: str) -> list[list[str]]:
    # Only "\n" ends a line: names in CVAT may hold the other characters at which splitlines cuts.
    lines = [line.rstrip("\r\t ") for line in text.split("\n")]
    pairs = [line.rsplit("\t", 1) for line in lines if line]
    if wrong := [pair[0] for pair in pairs if len(pair) != 2]:
        raise ValueError(f"{wrong[0][:80]!r} has no split: write a name, a tab and a split")
    return pairs


def checked_names(pairs: Iterable[Sequence[Any]]) -> tuple[tuple[str, str], ...]:
    """The pairs with the splits as they are called here. Raises ValueError."""
    names: dict[str, str] = {}
    for name, called in pairs:
        split = SYNONYMS.get(called.strip().casefold()) if isinstance(called, str) else None
        if split is None:
            raise ValueError(f"{str(called)[:80]!r} is no split: write one of {', '.join(SPLITS)}")
        if names.setdefault(name, split) != split:
            raise ValueError(f"{name[:80]!r} is in two splits")
    return tuple(names.items())


def unit_of(frame: SplitFrame, split: Split) -> str:
    """The name of the unit that the frame belongs to."""
    if split.unit == JOB:
        return f"job {frame.job_id}"
    if split.unit == VIDEO:
        return f"video {frame.video}" if frame.video else f"task {frame.task_id}"
    if split.unit == FOLDER:
        path = frame.filename or frame.video
        return f"folder {posixpath.dirname(path)}"
    if split.unit == NAME:
        stem = posixpath.splitext(posixpath.basename(frame.filename or frame.video))[0]
        return f"name {split.separator.join(stem.split(split.separator)[: split.pieces])}"
    return f"task {frame.task_id}" if split.unit == TASK else f"{frame.task_id}:{frame.frame}"


def _units(frames: Iterable[tuple[SplitFrame, Collection[str]]], split: Split) -> dict[str, Held]:
    """What each unit holds. A million units may have one frame each: those that hold the same share
    one tuple."""
    units: dict[str, Held] = {}
    counters: dict[str, Counter[str]] = {}  # of units with several frames
    known: dict[Held, Held] = {}
    ones: dict[str, tuple[str, int]] = {}
    for frame, labels in frames:
        unit, keys = unit_of(frame, split), {"", *labels}
        if unit in counters:
            counters[unit].update(keys)
        elif unit in units:
            counters[unit] = Counter(dict(units[unit]))
            counters[unit].update(keys)
        else:
            held = tuple(ones.setdefault(key, (key, 1)) for key in sorted(keys))
            units[unit] = known.setdefault(held, held)
    units.update((unit, tuple(sorted(counts.items()))) for unit, counts in counters.items())
    return units


def divide(units: Mapping[str, Held], shares: Sequence[float], seed: int) -> dict[str, str]:
    """The split of each unit, given what it holds.

    First come the units that hold the largest part of all frames or of a label, among equals those
    of the lowest rank. Each goes where the most is lacking of that of which it holds the largest
    part (so of its rarest label), in case of a tie of the next; but no split with a share stays
    empty while there are units for it. Parts are not added up: rare labels would hardly count.
    """
    totals: Counter[str] = Counter()
    for held in units.values():
        for key, count in held:
            totals[key] += count
    parts = _parts(set(units.values()), totals)
    # One after the other, the last one first: tuples to compare would take more than the units.
    order = sorted(units)
    order.sort(key=lambda unit: _rank(unit, seed))
    order.sort(key=lambda unit: -parts[units[unit]][0][1])
    # Of each split, how much more than its share it has of all frames and of each label.
    excess = {
        name: dict.fromkeys(totals, -share)
        for name, share in zip(SPLITS, shares, strict=True)
        if share
    }
    empty = list(excess)
    assigned: dict[str, str] = {}
    for position, unit in enumerate(order):
        largest_first = parts[units[unit]]
        candidates = empty if len(order) - position <= len(empty) else excess
        _, _, chosen = min(
            ([round(excess[name][key], EXCESS_DIGITS) for key, _ in largest_first], index, name)
            for index, name in enumerate(candidates)
        )
        assigned[unit] = chosen
        for key, part in largest_first:
            excess[chosen][key] += part
        if chosen in empty:
            empty.remove(chosen)
    return assigned


def _parts(
    holdings: Iterable[Held], totals: Mapping[str, int]
) -> dict[Held, tuple[tuple[str, float], ...]]:
    """How much of all frames ("") and of each label is held, the largest part first."""
    known: dict[tuple[str, int], tuple[str, float]] = {}
    parts: dict[Held, tuple[tuple[str, float], ...]] = {}
    for held in holdings:
        each = [known.setdefault((key, count), (key, count / totals[key])) for key, count in held]
        parts[held] = tuple(sorted(each, key=lambda pair: (-pair[1], pair[0])))
    return parts


def _rank(unit: str, seed: int) -> int:
    key = f"{seed}:{unit}".encode(errors="surrogatepass")
    return int.from_bytes(blake2b(key, digest_size=8).digest())


def split_of_subset(subset: str) -> str:
    """The split that a subset of CVAT is called by; another subset stays what it is, and tasks
    without one train."""
    return SYNONYMS.get(subset.strip().casefold(), subset) or SPLITS[0]
