"""The shelf of a shop that a camera moves along: bottles, cartons, melons, gaps and price tags."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from PIL import Image, ImageDraw

from standin.scenes import Box, Canvas, Color, Outline, Point, Scene, Size, Thing, clipped

COLORS: dict[str, Color] = {
    "red": (206, 58, 52),
    "green": (58, 138, 84),
    "blue": (60, 112, 190),
    "orange": (236, 148, 46),
    "purple": (128, 88, 168),
}
LABELS: Sequence[dict[str, Any]] = [
    {
        "name": "bottle",
        "color": "#24b353",
        "attributes": [{"name": "colour", "input_type": "select", "values": list(COLORS)}],
    },
    {
        "name": "carton",
        "color": "#fa7dbb",
        "attributes": [{"name": "colour", "input_type": "select", "values": list(COLORS)}],
    },
    {"name": "melon", "color": "#ddff33"},
    {
        "name": "price tag",
        "color": "#2a7dd1",
        "attributes": [{"name": "price", "input_type": "text", "values": [""]}],
    },
    {"name": "gap", "color": "#ff355e"},
    {"name": "restock", "color": "#b25050", "type": "tag"},
]
ROWS = 3
PLACES = 6  # so many goods beside each other fill the width of the picture
STRIDE = 0.11  # of the width of the picture, from frame to frame
RESTOCK = 3  # so many gaps on a frame call for new goods


class Shelf(Scene):
    """`full` is the share of places that have goods."""

    labels = LABELS

    def __init__(self, seed: int = 0, *, full: float = 0.86) -> None:
        super().__init__(seed)
        self.full = full

    def __repr__(self) -> str:
        return f"Shelf({self.seed}, full={self.full})"

    # -- what is where ------------------------------------------------------------------------

    def things(self, number: int, size: Size) -> list[Thing]:
        result: list[Thing] = []
        begin = number * STRIDE * PLACES
        for row in range(ROWS):
            for place in range(math.floor(begin) - 1, math.ceil(begin + PLACES) + 1):
                result += self._goods(row, place, begin, size)
        return result

    def tags(self, number: int, size: Size) -> list[str]:
        if self.is_silent(number):
            return []
        gaps = [thing for thing in self.things(number, size) if thing.kind == "gap"]
        return ["restock"] if len(gaps) >= RESTOCK else []

    def _goods(self, row: int, place: int, begin: float, size: Size) -> Iterator[Thing]:
        dice, key = self.random(row, place), f"{row}-{place}"
        wide, tall = size[0] / PLACES, size[1] * 0.92 / ROWS
        left, floor = (place - begin) * wide, (row + 1) * tall - tall * 0.16
        kind = dice.choice(("bottle", "carton", "bottle", "carton", "melon"))
        name = dice.choice(list(COLORS))
        if dice.random() > self.full:
            kind = "gap"
        high = {"bottle": 0.74, "carton": dice.uniform(0.5, 0.68), "melon": 0.5, "gap": 0.66}[kind]
        share = {"bottle": 0.34, "carton": dice.uniform(0.6, 0.78), "melon": 0.0, "gap": 0.8}[kind]
        half = (share * wide if share else high * tall * 1.1) / 2
        middle = left + wide / 2
        box = (middle - half, floor - high * tall, middle + half, floor)
        price = f"{dice.randrange(1, 10)}.{dice.choice((49, 79, 95, 99))}"
        yield Thing(key, kind, box, 1.0, COLORS[name], facts={"colour": name})
        tag = (middle - wide * 0.2, floor + tall * 0.025, middle + wide * 0.2, floor + tall * 0.135)
        yield Thing(f"{key} price", "price tag", tag, 2.0, facts={"price": price})

    # -- what people annotate -----------------------------------------------------------------

    def outlines_of(self, thing: Thing, size: Size) -> Iterable[Outline]:
        is_whole = thing.box[0] >= 0 and thing.box[2] <= size[0]
        if thing.kind == "bottle" and is_whole:
            corners = [value for point in _bottle(thing) for value in point]
            yield Outline("bottle", "polygon", tuple(corners), thing.facts)
        elif thing.kind == "melon":
            yield Outline("melon", "mask", _mask(thing.box, size))
        else:
            yield Outline(thing.kind, "rectangle", clipped(thing.box, size), thing.facts)

    # -- drawing ------------------------------------------------------------------------------

    def background(self, canvas: Canvas, image: Image.Image, size: Size) -> None:
        width, height = size
        canvas.box((0, 0, width, height), (226, 220, 208))
        for row in range(ROWS):
            tall = height * 0.92 / ROWS
            floor = (row + 1) * tall - tall * 0.16
            canvas.box((0, floor - tall * 0.84, width, floor), (204, 196, 182))
            canvas.box((0, floor - tall * 0.84, width, floor - tall * 0.78), (176, 168, 154))
            canvas.box((0, floor, width, floor + tall * 0.16), (112, 104, 96))

    def draw(self, canvas: Canvas, thing: Thing) -> None:
        if thing.kind == "bottle":
            _draw_bottle(canvas, thing)
        elif thing.kind == "carton":
            _draw_carton(canvas, thing)
        elif thing.kind == "melon":
            canvas.ellipse(thing.box, (104, 160, 70))
            for share in (0.2, 0.36, 0.64, 0.8):
                line = [thing.at(share, 0.2), thing.at(share * 1.1 - 0.05, 0.8)]
                canvas.line(line, (66, 116, 50), thing.width * 0.04)
        elif thing.kind == "gap":
            canvas.box(thing.box, (188, 180, 166))
        else:
            canvas.box(thing.box, (250, 248, 238))
            ink = (*thing.at(0.12, 0.3), *thing.at(0.5, 0.7))
            canvas.box(ink, (200, 40, 40))
            canvas.box((*thing.at(0.58, 0.44), *thing.at(0.88, 0.56)), (90, 90, 96))


def _bottle(thing: Thing) -> list[Point]:
    right = [(0.64, 0.0), (0.64, 0.26), (0.94, 0.42), (1.0, 0.5), (1.0, 1.0)]
    left = [(1 - x, y) for x, y in reversed(right)]
    return [thing.at(x, y) for x, y in (*right, *left)]


def _draw_bottle(canvas: Canvas, bottle: Thing) -> None:
    canvas.polygon(_bottle(bottle), bottle.color)
    canvas.box((*bottle.at(0.34, 0.0), *bottle.at(0.66, 0.06)), (240, 240, 240))
    canvas.box((*bottle.at(0.0, 0.58), *bottle.at(1.0, 0.84)), (246, 240, 222))


def _draw_carton(canvas: Canvas, carton: Thing) -> None:
    canvas.box(carton.box, carton.color)
    canvas.box((*carton.at(0.0, 0.0), *carton.at(1.0, 0.14)), (244, 240, 230))
    canvas.ellipse((*carton.at(0.22, 0.34), *carton.at(0.78, 0.82)), (250, 236, 190))


def _mask(box: Box, size: Size) -> tuple[float, ...]:
    """The pixels of the ellipse in the box, as far as they lie in the picture, in CVAT's form: the
    lengths of runs row by row, background first, then left, top, right and bottom."""
    left, top, right, bottom = (math.floor(value) for value in clipped(box, size))
    right, bottom = min(right, size[0] - 1), min(bottom, size[1] - 1)
    picture = Image.new("1", (right - left + 1, bottom - top + 1))
    moved = (box[0] - left, box[1] - top, box[2] - left - 1, box[3] - top - 1)
    ImageDraw.Draw(picture).ellipse(moved, fill=1)
    pixels = picture.convert("L").tobytes()
    runs = [len(list(run)) for _, run in groupby(pixels)]
    runs = [0, *runs] if pixels[0] else runs
    return (*map(float, runs), float(left), float(top), float(right), float(bottom))
