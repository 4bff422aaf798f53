"""What a reader collects of a file: pictures, the objects on them, and what it cannot read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from cvat.annotation_json import FARTHEST, LARGEST_NUMBER
from cvat.annotations import LONGEST_VALUE, Label, Shape
from publishing.copying import MOST_FRAMES, MOST_OBJECTS, OBJECTS, NamedPicture
from publishing.readers.relative import RelativeObject

LONGEST_NAME = 1000  # characters
MOST_REASONS = 50  # that are told apart
# Of the masks of a file, as their runs are turned from columns to rows: half a minute.
MOST_MASK_PIXELS = 2**32


class BadFile(Exception):
    """The file cannot be read; the text says what to do."""


class BadValue(Exception):
    """An object cannot be read; the text completes “2 objects: ...”."""


class Reading:
    """The frames of the objects are the numbers of the pictures. `relative` are objects whose
    place is known once the sizes of the pictures are."""

    def __init__(self) -> None:
        self.pictures: list[NamedPicture] = []
        self.shapes: list[Shape] = []
        self.relative: list[RelativeObject] = []
        self.unread: Counter[str] = Counter()
        self._mask_pixels = 0

    def picture(self, name: Any, width: Any, height: Any) -> int:
        """Its number. Raises BadFile, BadValue."""
        if len(self.pictures) >= MOST_FRAMES:
            raise BadFile(f"It names more than {MOST_FRAMES:,} pictures. Divide it.")
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
            raise BadValue("a picture has no name, or a very long one")
        frame = len(self.pictures)
        self.pictures.append(NamedPicture(frame, name, whole(width or 0), whole(height or 0)))
        return frame

    def add(self, shape: Shape) -> None:
        """Raises BadFile, BadValue."""
        for each in (shape, *shape.elements):
            if any(len(value) > LONGEST_VALUE for _, value in each.attributes):
                raise BadValue(f"an attribute has more than {LONGEST_VALUE:,} characters")
        self._take_object()
        self.shapes.append(shape)

    def add_relative(self, each: RelativeObject) -> None:
        """Raises BadFile."""
        self._take_object()
        self.relative.append(each)

    def _take_object(self) -> None:
        if len(self.shapes) + len(self.relative) >= MOST_OBJECTS:
            raise BadFile(f"It has more than {MOST_OBJECTS:,} objects. Divide it.")

    def take_pixels(self, count: int) -> None:
        """Count the pixels of a mask that is about to be drawn. Raises BadFile."""
        self._mask_pixels += count
        if self._mask_pixels > MOST_MASK_PIXELS:
            raise BadFile("Its masks are too many and too large. Divide it.")

    def skip(self, reason: str, where: str = "") -> None:
        """Count an object that cannot be read."""
        text = f"{OBJECTS}: {reason} ({where})" if where else f"{OBJECTS}: {reason}"
        if text not in self.unread and len(self.unread) >= MOST_REASONS:
            text = f"{OBJECTS}: cannot be read, for other reasons"
        self.unread[text] += 1


def label(name: Any, sublabels: Iterable[Label] = ()) -> Label:
    """A label of the file. Raises BadValue."""
    if not isinstance(name, str) or not name:
        raise BadValue("the label has no name")
    return Label(0, name[:LONGEST_NAME], sublabels=tuple(sublabels))


def number(value: Any) -> float:
    """A coordinate or an angle. Raises BadValue."""
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        raise BadValue(f"“{str(value)[:40]}” is no number") from None
    if not math.isfinite(result) or abs(result) > FARTHEST:
        raise BadValue(f"{result:g} is no number that a picture has room for")
    return result


def whole(value: Any) -> int:
    """Raises BadValue."""
    result = number(value)
    if result != int(result) or abs(result) > LARGEST_NUMBER:
        raise BadValue(f"“{str(value)[:40]}” is no whole number")
    return int(result)


def numbers(values: Any, *, least: int, even: bool = True) -> list[float]:
    """A list of coordinates. Raises BadValue."""
    if not isinstance(values, list) or len(values) < least or (even and len(values) % 2):
        raise BadValue("there are too few points")
    return [number(value) for value in values]


def rectangle(values: Any) -> list[float]:
    """The corners of x, y, width, height. Raises BadValue."""
    if not isinstance(values, list) or len(values) != 4:
        raise BadValue("the box has not four numbers")
    x, y, width, height = map(number, values)
    return [x, y, x + width, y + height]


def mask(runs: Iterable[int], x: int, y: int, width: int, height: int) -> list[float]:
    """The points of a mask in CVAT: the lengths of its runs, row by row within its box, and the
    box (cvat-api 14.2). Raises BadValue."""
    lengths = list(runs)
    if width < 1 or height < 1 or min(lengths, default=-1) < 0 or sum(lengths) != width * height:
        raise BadValue("the runs of the mask do not fill it")
    return [*lengths, x, y, x + width - 1, y + height - 1]


def text_of(value: Any) -> str:
    """The value of an attribute as CVAT stores it: without white space around it (cvat-api 14.9).
    Raises BadValue."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value).strip()
    raise BadValue("the value of an attribute is neither text nor number")
