"""Scenes: what is to be seen on each frame, drawn and annotated from one description.

A scene says which things are on frame n, and where. The picture is drawn from these things, and the
annotations (annotating.py) are made of the same ones, so that they fit. Everything follows from the
seed of the scene and the number of the frame. Coordinates are pixels of the picture.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

from PIL import Image, ImageDraw

Size = tuple[int, int]
Point = tuple[float, float]
Box = tuple[float, float, float, float]
Color = tuple[int, int, int]
Kind = Literal["rectangle", "polygon", "polyline", "points", "ellipse", "mask", "skeleton"]

SHARPNESS = 2  # pictures are drawn this many times larger, so that their edges are smooth
SMALLEST = 5.0  # pixels: what is lower is drawn, but nobody annotates it
HIDDEN = 0.75  # nobody annotates a thing of which more is covered
OCCLUDED = 0.15  # a thing of which more is covered is annotated as occluded
SILENT = 23  # the last of so many frames shows nothing, as if the camera had failed


@dataclass(frozen=True)
class Outline:
    """One annotation of a thing: its label, its kind, its points as CVAT has them. The parts are
    the points of a skeleton by their labels."""

    label: str
    kind: Kind
    points: tuple[float, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Point] = field(default_factory=dict)
    is_occluded: bool = False


@dataclass(frozen=True)
class Thing:
    """Something on one frame. `key` is the same on all frames that show it. Of two things, the one
    with the larger `nearness` covers the other."""

    key: str
    kind: str
    box: Box
    nearness: float
    color: Color = (128, 128, 128)
    step: float = 0.0  # where it is in its stride, in radians
    foot: float = 0.0  # where the pole of a sign ends
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    def at(self, x: float, y: float) -> Point:
        """The point at these shares of the width and height of its box."""
        return self.box[0] + x * self.width, self.box[1] + y * self.height


class Canvas:
    """Draws on an image that is SHARPNESS times larger than the coordinates say."""

    def __init__(self, image: Image.Image, brightness: float = 1.0) -> None:
        self._draw = ImageDraw.Draw(image)
        self._brightness = brightness

    def box(self, box: Sequence[float], color: Color, *, radius: float = 0) -> None:
        corners, fill = _larger(box), self._shade(color)
        if corners[2] - corners[0] < 1 or corners[3] - corners[1] < 1:
            return
        self._draw.rounded_rectangle(corners, radius * SHARPNESS, fill=fill)

    def ellipse(self, box: Sequence[float], color: Color, *, light: bool = False) -> None:
        self._draw.ellipse(_larger(box), fill=color if light else self._shade(color))

    def polygon(self, points: Iterable[Point], color: Color) -> None:
        flat = [_larger(point) for point in points]
        self._draw.polygon([(x, y) for x, y in flat], fill=self._shade(color))

    def line(self, points: Iterable[Point], color: Color, width: float) -> None:
        flat = [_larger(point) for point in points]
        thick = max(1, round(width * SHARPNESS))
        self._draw.line([(x, y) for x, y in flat], self._shade(color), thick, joint="curve")

    def _shade(self, color: Color) -> Color:
        red, green, blue = (int(value * self._brightness) for value in color)
        return red, green, blue


def _larger(values: Sequence[float]) -> list[float]:
    return [value * SHARPNESS for value in values]


class Scene(ABC):
    """A place that one camera looks at. Called with a frame number and a size, it draws.

    `labels` are those of a task of the scene, as `building.default_labels` takes them.
    `brightness` is 1 by day. `has_grain` makes the files as large as those of a camera.
    """

    labels: Sequence[Mapping[str, Any]]
    brightness: float = 1.0

    def __init__(self, seed: int = 0, *, has_grain: bool = False) -> None:
        self.seed = seed
        self.has_grain = has_grain
        self._backgrounds: dict[Size, Image.Image] = {}

    @abstractmethod
    def __repr__(self) -> str:
        """Says all that pictures and annotations depend on."""

    @abstractmethod
    def things(self, number: int, size: Size) -> list[Thing]:
        """What is on the frame, from far to near."""

    @abstractmethod
    def tags(self, number: int, size: Size) -> list[str]:
        """The labels of the tags of the frame."""

    @abstractmethod
    def outlines_of(self, thing: Thing, size: Size) -> Iterable[Outline]:
        """The annotations of a thing, first that of the whole."""

    @abstractmethod
    def background(self, canvas: Canvas, image: Image.Image, size: Size) -> None:
        """Draw what is the same on all frames, on an image that the canvas draws on too."""

    @abstractmethod
    def draw(self, canvas: Canvas, thing: Thing) -> None:
        """Draw a thing within its box."""

    def is_silent(self, number: int) -> bool:
        """Whether the camera has failed on this frame: it shows nothing."""
        return number % SILENT == SILENT - 1

    def annotated(self, number: int, size: Size) -> list[tuple[str, Outline]]:
        """The outlines of all things that people would annotate, each with a key that is the same
        on all frames."""
        if self.is_silent(number):
            return []
        things, result = self.things(number, size), []
        for place, thing in enumerate(things):
            covered = _covered_share(thing, things[place + 1 :], size)
            if thing.height < SMALLEST or covered > HIDDEN:
                continue
            for outline in self.outlines_of(thing, size):
                key = f"{thing.key} {outline.label}"
                result.append((key, replace(outline, is_occluded=covered > OCCLUDED)))
        return result

    def random(self, *key: object) -> random.Random:
        """Random numbers that depend on the seed and the key alone."""
        return random.Random(f"{self.seed} {key}")

    def __call__(self, number: int, size: Size) -> Image.Image:
        if self.is_silent(number):
            return Image.new("RGB", size, (58, 60, 66))
        image = self._background(size).copy()
        canvas = Canvas(image, self.brightness)
        for thing in self.things(number, size):
            self.draw(canvas, thing)
        picture = image.reduce(SHARPNESS)
        if not self.has_grain:
            return picture
        grain = _grain(number % 8, size)
        return Image.blend(picture, Image.merge("RGB", (grain, grain, grain)), 0.04)

    def _background(self, size: Size) -> Image.Image:
        if size not in self._backgrounds:
            image = Image.new("RGB", (size[0] * SHARPNESS, size[1] * SHARPNESS))
            self.background(Canvas(image, self.brightness), image, size)
            self._backgrounds[size] = image
        return self._backgrounds[size]


def _covered_share(thing: Thing, nearer: Iterable[Thing], size: Size) -> float:
    """How much of the thing lies behind nearer ones or outside of the picture; an estimate, for
    what two of them cover counts twice."""
    left, top, right, bottom = thing.box
    area = max(thing.width * thing.height, 1e-6)
    inside = _common((0, 0, *size), thing.box)
    covered = area - inside
    for other in nearer:
        if other.box[0] < right and other.box[2] > left:
            covered += _common(other.box, (left, top, right, bottom))
    return covered / area


def _common(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


@lru_cache(maxsize=8)
def _grain(seed: int, size: Size) -> Image.Image:
    return Image.frombytes("L", size, random.Random(seed).randbytes(size[0] * size[1]))


def clipped(box: Box, size: Size) -> tuple[float, ...]:
    """The part of a box that lies in the picture, as the points of a rectangle."""
    left, top, right, bottom = box
    return max(left, 0.0), max(top, 0.0), min(right, float(size[0])), min(bottom, float(size[1]))
