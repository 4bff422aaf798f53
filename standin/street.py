"""A street that a fixed camera looks along: cars, people, a cyclist, signs; by day, dusk or night.

What moves follows a straight line, and its size grows or shrinks evenly, so that boxes between two
keyframes of a track are exactly where the things are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from standin.scenes import Canvas, Color, Outline, Scene, Size, Thing, clipped
from standin.street_drawing import (
    BODY,
    LIGHTS,
    WARM,
    between,
    draw_car,
    draw_cyclist,
    draw_ground,
    draw_houses,
    draw_person,
    draw_sign,
    draw_sky,
    draw_street_lamps,
    joints,
    lamps,
    plate,
    standing,
)

CAR_COLORS: dict[str, Color] = {
    "red": (196, 44, 40),
    "blue": (42, 92, 178),
    "white": (226, 228, 230),
    "grey": (128, 134, 142),
    "green": (52, 120, 78),
    "yellow": (228, 180, 40),
}
CLOTHES: Sequence[Color] = (
    *((188, 62, 88), (60, 110, 170), (80, 140, 90), (210, 150, 60)),
    *((120, 80, 150), (220, 220, 224), (70, 74, 84)),
)
LABELS: Sequence[dict[str, Any]] = [
    {
        "name": "car",
        "color": "#33ddff",
        "attributes": [
            {"name": "colour", "input_type": "select", "values": list(CAR_COLORS)},
            {"name": "parked", "input_type": "checkbox", "values": ["false"]},
        ],
    },
    {
        "name": "pedestrian",
        "color": "#fa3253",
        "attributes": [{"name": "age", "input_type": "radio", "values": ["adult", "child"]}],
    },
    {"name": "cyclist", "color": "#ffcc33"},
    {
        "name": "traffic sign",
        "color": "#b83df5",
        "attributes": [
            {"name": "kind", "input_type": "select", "values": ["stop", "yield", "speed limit"]}
        ],
    },
    {"name": "headlights", "color": "#ff6037", "type": "points"},
    {
        "name": "body",
        "color": "#34d1b7",
        "type": "skeleton",
        "points": BODY,
        "lines": [
            *(("head", "hip"), ("head", "left hand"), ("head", "right hand")),
            *(("hip", "left foot"), ("hip", "right foot")),
        ],
    },
    {"name": "night", "color": "#3d3df5", "type": "tag"},
    {"name": "crowded", "color": "#83e070", "type": "tag"},
]
CROWD = 5  # so many people make a frame crowded
BODY_FROM = 0.2  # people get a skeleton from this share of the height of the picture on


@dataclass(frozen=True)
class Stream:
    """Things of one kind that come one after the other, about every `period` frames, and are there
    for `stay` frames. Nearness goes from the first to the second number of `nearness`, `across`
    likewise: 0 is the middle of the street, 1 a whole width of the picture to the right."""

    kind: str
    period: float
    stay: int
    nearness: tuple[float, float]
    across: tuple[float, float]


STREAMS = (
    Stream("oncoming car", 26, 44, (0.10, 1.25), (-0.20, -0.20)),
    Stream("leaving car", 34, 52, (1.20, 0.09), (0.20, 0.20)),
    Stream("pedestrian", 24, 40, (0.50, 0.50), (-1.25, 1.25)),
    Stream("pedestrian", 30, 48, (0.62, 0.62), (1.05, -1.05)),
    Stream("pedestrian", 40, 70, (0.30, 1.05), (0.56, 0.56)),
    Stream("pedestrian", 44, 60, (0.95, 0.26), (-0.58, -0.58)),
    Stream("cyclist", 61, 36, (0.78, 0.78), (-0.95, 0.95)),
)
SIGNS = (("stop", 0.74, 0.50), ("yield", 0.46, -0.52), ("speed limit", 0.30, 0.50))


class Street(Scene):
    """`parked` cars stand along the kerb. `crowd`, `traffic` and `cycling` multiply how many
    people, cars and cyclists come by."""

    labels = LABELS

    def __init__(
        self,
        seed: int = 0,
        light: str = "day",
        *,
        parked: int = 1,
        crowd: float = 1.0,
        traffic: float = 1.0,
        cycling: float = 1.0,
        has_grain: bool = False,
    ) -> None:
        super().__init__(seed, has_grain=has_grain)
        self.light = LIGHTS[light]
        self.brightness = self.light.brightness
        self.parked = parked
        self._amounts = {"car": traffic, "pedestrian": crowd, "cyclist": cycling}

    def __repr__(self) -> str:
        told = (self.seed, self.has_grain, self.light, self.parked, self._amounts)
        return f"Street{told}"

    # -- what is where ------------------------------------------------------------------------

    def things(self, number: int, size: Size) -> list[Thing]:
        result = [self._sign(*sign, size) for sign in SIGNS]
        result += [self._parked_car(place, size) for place in range(self.parked)]
        for stream in STREAMS:
            result += self._passing(stream, number, size)
        return sorted(result, key=lambda thing: (thing.nearness, thing.key))

    def tags(self, number: int, size: Size) -> list[str]:
        if self.is_silent(number):
            return []
        people = [thing for thing in self.things(number, size) if thing.kind == "pedestrian"]
        seen = [each for each in people if each.box[0] > -1 and each.box[2] < size[0] + 1]
        tags = ["night"] if self.light.is_night else []
        return [*tags, "crowded"] if len(seen) >= CROWD else tags

    def _passing(self, stream: Stream, number: int, size: Size) -> Iterator[Thing]:
        period = stream.period / self._amounts[stream.kind.split()[-1]]
        first = math.floor((number - stream.stay / 2) / period) - 1
        last = math.floor((number + stream.stay / 2) / period)
        for place in range(first, last + 1):
            dice = self.random(stream, place)
            begin = (place + dice.random() * 0.8) * period - stream.stay / 2
            done = (number - begin) / stream.stay
            if 0 <= done < 1:
                nearness = between(stream.nearness, done)
                # Some keep to the left of their way, some to the right.
                across = between(stream.across, done) + dice.uniform(-0.03, 0.03)
                key = f"{STREAMS.index(stream)}-{place}"
                yield self._mover(stream.kind, key, nearness, across, done * stream.stay, size)

    def _mover(
        self, kind: str, key: str, nearness: float, across: float, age: float, size: Size
    ) -> Thing:
        dice = self.random(key)
        if kind.endswith("car"):
            name = dice.choice(list(CAR_COLORS))
            box = standing(across, nearness, 0.27, 0.24, size)
            facts = {"colour": name, "parked": "false"}
            return Thing(key, kind, box, nearness, CAR_COLORS[name], facts=facts)
        color = dice.choice(CLOTHES)
        if kind == "cyclist":
            box = standing(across, nearness, 0.15, 0.36, size)
            return Thing(key, kind, box, nearness, color, age / 2)
        is_child = dice.random() < 0.25
        tall = 0.27 if is_child else 0.40 + dice.random() * 0.05
        box = standing(across, nearness, tall * 0.24, tall, size)
        facts = {"age": "child" if is_child else "adult"}
        return Thing(key, kind, box, nearness, color, age / 2.5, facts=facts)

    def _parked_car(self, place: int, size: Size) -> Thing:
        dice = self.random("parked", place)
        name = dice.choice(list(CAR_COLORS))
        side = -0.41 if place % 2 else 0.41
        nearness = 0.84 - 0.17 * (place // 2) - 0.05 * (place % 2)
        box = standing(side, nearness, 0.25, 0.23, size)
        facts = {"colour": name, "parked": "true"}
        return Thing(f"parked-{place}", "parked car", box, nearness, CAR_COLORS[name], facts=facts)

    def _sign(self, kind: str, nearness: float, across: float, size: Size) -> Thing:
        left, top, right, foot = standing(across, nearness, 0.11, 0.58, size)
        box = (left, top, right, top + right - left)
        return Thing(f"sign-{kind}", "sign", box, nearness, foot=foot, facts={"kind": kind})

    # -- what people annotate -----------------------------------------------------------------

    def outlines_of(self, thing: Thing, size: Size) -> Iterable[Outline]:
        if thing.kind == "sign":
            yield plate(thing)
            return
        label = "car" if thing.kind.endswith("car") else thing.kind
        yield Outline(label, "rectangle", clipped(thing.box, size), thing.facts)
        is_whole = thing.box[0] >= 0 and thing.box[2] <= size[0]
        if thing.kind == "oncoming car" and self.light.has_lamps and is_whole:
            yield Outline("headlights", "points", (*lamps(thing)[0], *lamps(thing)[1]))
        if thing.kind == "pedestrian" and is_whole and thing.height > BODY_FROM * size[1]:
            yield Outline("body", "skeleton", parts=joints(thing))

    # -- drawing ------------------------------------------------------------------------------

    def draw(self, canvas: Canvas, thing: Thing) -> None:
        if thing.kind == "sign":
            draw_sign(canvas, thing)
        elif thing.kind == "pedestrian":
            draw_person(canvas, thing)
        elif thing.kind == "cyclist":
            draw_cyclist(canvas, thing)
        else:
            draw_car(canvas, thing)
            if self.light.has_lamps and thing.kind == "oncoming car":
                for x, y in lamps(thing):
                    glow = thing.width * 0.09
                    canvas.ellipse((x - glow, y - glow, x + glow, y + glow), WARM, light=True)

    def background(self, canvas: Canvas, image: Image.Image, size: Size) -> None:
        draw_sky(image, self.light, self.random("sky"))
        draw_ground(canvas, size)
        for side in (-1, 1):
            draw_houses(canvas, side, self.light, self.random("houses", side), size)
        draw_street_lamps(canvas, self.light, size)
