"""How a street looks: its houses and lamps, and the shapes of cars, people, a cyclist and signs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageOps

from standin.scenes import Box, Canvas, Color, Outline, Point, Size, Thing

HORIZON = 0.40  # share of the height
DEPTH = 0.52  # from the horizon to where things have their full size
SKIN: Color = (226, 178, 146)
DARK: Color = (26, 28, 34)
WARM: Color = (255, 226, 160)

BODY = {
    "head": (0.5, 0.08),
    "left hand": (0.32, 0.50),
    "right hand": (0.68, 0.50),
    "hip": (0.5, 0.52),
    "left foot": (0.3, 0.97),
    "right foot": (0.7, 0.97),
}


@dataclass(frozen=True)
class Light:
    """The colours of a time of day. With `brightness`, everything but lamps is darker."""

    brightness: float
    sky: tuple[str, str]
    has_lamps: bool
    is_night: bool = False


LIGHTS = {
    "day": Light(1.0, ("#5f9bd8", "#d6e6f2"), has_lamps=False),
    "dusk": Light(0.78, ("#3b3f73", "#f0a05a"), has_lamps=True),
    "night": Light(0.68, ("#070b18", "#26304a"), has_lamps=True, is_night=True),
}


# -- where things are ---------------------------------------------------------------------------


def between(span: tuple[float, float], share: float) -> float:
    return span[0] + (span[1] - span[0]) * share


def ground(across: float, nearness: float, size: Size) -> Point:
    """Where that place of the street is seen; `across` is as in Stream."""
    return (
        size[0] * (0.5 + across * nearness),
        size[1] * (HORIZON + DEPTH * nearness),
    )


def strip(left: float, right: float, size: Size) -> list[Point]:
    """A part of the ground from the horizon to the lower edge of the picture."""
    near = [ground(x, 1.3, size) for x in (right, left)]
    return [ground(left, 0, size), ground(right, 0, size), *near]


def standing(across: float, nearness: float, wide: float, tall: float, size: Size) -> Box:
    """The box of something that stands there; `wide` and `tall` are its shares of the picture
    where the nearness is 1."""
    x, foot = ground(across, nearness, size)
    half = wide * nearness * size[0] / 2
    return x - half, foot - tall * nearness * size[1], x + half, foot


def lamps(car: Thing) -> tuple[Point, Point]:
    """The middles of its headlights."""
    return car.at(0.16, 0.60), car.at(0.84, 0.60)


def joints(person: Thing) -> dict[str, Point]:
    """The points of the skeleton, by the names of BODY."""
    swing = math.sin(person.step)
    moved = {
        "left hand": 0.28 * swing,
        "right hand": -0.28 * swing,
        "left foot": -0.28 * swing + 0.2,
        "right foot": 0.28 * swing - 0.2,
    }
    return {name: person.at(x + moved.get(name, 0), y) for name, (x, y) in BODY.items()}


def plate(sign: Thing) -> Outline:
    """The outline of a sign without its pole."""
    box = sign.box
    if sign.facts["kind"] == "speed limit":
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return Outline("traffic sign", "ellipse", (x, y, box[2], box[1]), sign.facts)
    corners = [value for point in plate_corners(sign) for value in point]
    return Outline("traffic sign", "polygon", tuple(corners), sign.facts)


def plate_corners(sign: Thing) -> list[Point]:
    left, top, right, bottom = sign.box
    if sign.facts["kind"] == "yield":
        return [(left, top), (right, top), ((left + right) / 2, bottom)]
    x, y, radius = (left + right) / 2, (top + bottom) / 2, (right - left) / 2
    reach = radius / math.cos(math.pi / 8)
    angles = [math.pi / 8 + place * math.pi / 4 for place in range(8)]
    return [(x + reach * math.cos(angle), y + reach * math.sin(angle)) for angle in angles]


# -- what stands still --------------------------------------------------------------------------


def draw_sky(image: Image.Image, light: Light, dice: Random) -> None:
    height = int(image.height * (HORIZON + 0.02))
    shade = Image.linear_gradient("L").resize((image.width, height))
    high, low = light.sky
    image.paste(ImageOps.colorize(shade, black=high, white=low), (0, 0))
    sky = Canvas(image)
    for _ in range(40 if light.is_night else 0):
        x, y = dice.random() * image.width / 2, dice.random() * height / 3
        sky.ellipse((x, y, x + 1, y + 1), (190, 196, 214))


def draw_ground(canvas: Canvas, size: Size) -> None:
    width, height = size
    horizon = height * HORIZON
    canvas.box((0, horizon, width, height), (150, 148, 142))
    canvas.polygon(strip(-0.46, 0.46, size), (84, 86, 92))
    for edge in (-0.46, 0.46):
        canvas.polygon(strip(edge - 0.012, edge + 0.012, size), (190, 188, 180))
    for place in range(14):
        near = 0.1 + place * 0.09
        corners = [ground(x, s, size) for s in (near, near + 0.045) for x in (-0.01, 0.01)]
        canvas.polygon([corners[0], corners[1], corners[3], corners[2]], (214, 212, 200))
    for place in range(9):
        x = -0.42 + place * 0.1
        corners = [ground(x + dx, s, size) for s in (0.48, 0.60) for dx in (0, 0.055)]
        canvas.polygon([corners[0], corners[1], corners[3], corners[2]], (224, 222, 214))


def draw_houses(canvas: Canvas, side: int, light: Light, dice: Random, size: Size) -> None:
    far = 0.1
    while far < 1.3:
        near = far * 1.55
        tall = dice.uniform(0.75, 1.3)
        shade = dice.randrange(90, 170)
        color = (shade + 16, shade, shade - dice.randrange(26))
        foot = [ground(side * 0.72, s, size) for s in (far, near)]
        roof = [(x, y - s * tall * size[1]) for (x, y), s in zip(foot, (far, near), strict=True)]
        canvas.polygon([foot[0], foot[1], roof[1], roof[0]], color)
        _draw_windows(canvas, side, (far, near), tall, light, dice, size)
        far = near


def _draw_windows(
    canvas: Canvas,
    side: int,
    span: tuple[float, float],
    tall: float,
    light: Light,
    dice: Random,
    size: Size,
) -> None:
    for column in range(4):
        one, other = (between(span, (column + share) / 4) for share in (0.25, 0.75))
        for row in range(4):
            low, high = ((row + share) * tall / 4.4 for share in (0.35, 0.85))
            corners = [
                (x, y - s * up * size[1])
                for s, up in ((one, low), (other, low), (other, high), (one, high))
                for x, y in (ground(side * 0.72, s, size),)
            ]
            is_lit = light.has_lamps and dice.random() < 0.4
            canvas.polygon(corners, (255, 214, 140) if is_lit else (62, 74, 92))


def draw_street_lamps(canvas: Canvas, light: Light, size: Size) -> None:
    for near in (0.22, 0.38, 0.66):
        for side in (-1, 1):
            x, y = ground(side * 0.60, near, size)
            top, thick = y - near * 0.75 * size[1], max(1.0, near * size[1] / 60)
            arm = x - side * near * 0.10 * size[0]
            canvas.line([(x, y), (x, top), (arm, top)], (70, 72, 78), thick)
            if light.has_lamps:
                glow = thick * 2.2
                canvas.ellipse((arm - glow, top, arm + glow, top + glow), WARM, light=True)


# -- how things look ----------------------------------------------------------------------------


def _part(thing: Thing, left: float, top: float, right: float, bottom: float) -> Box:
    return (*thing.at(left, top), *thing.at(right, bottom))


def draw_car(canvas: Canvas, car: Thing) -> None:
    round_off = car.width * 0.05
    canvas.box(_part(car, 0.06, 0.75, 0.24, 1.0), DARK, radius=round_off / 2)
    canvas.box(_part(car, 0.76, 0.75, 0.94, 1.0), DARK, radius=round_off / 2)
    roof = [car.at(x, y) for x, y in ((0.22, 0.0), (0.78, 0.0), (0.93, 0.46), (0.07, 0.46))]
    canvas.polygon(roof, car.color)
    glass = [car.at(x, y) for x, y in ((0.26, 0.07), (0.74, 0.07), (0.85, 0.42), (0.15, 0.42))]
    canvas.polygon(glass, (52, 66, 84))
    canvas.box(_part(car, 0.0, 0.42, 1.0, 0.86), car.color, radius=round_off)
    is_leaving = car.kind == "leaving car"
    light: Color = (214, 38, 34) if is_leaving else (250, 244, 214)
    for left in (0.06, 0.76):
        canvas.box(_part(car, left, 0.52, left + 0.18, 0.66), light, radius=round_off / 2)
    canvas.box(_part(car, 0.36, 0.68, 0.64, 0.80), (236, 236, 226))
    canvas.box(_part(car, 0.02, 0.82, 0.98, 0.88), (40, 42, 48))


def draw_person(canvas: Canvas, person: Thing) -> None:
    places, thick = joints(person), person.height * 0.075
    shoulder = person.at(0.5, 0.22)
    for side in ("left", "right"):
        canvas.line([places["hip"], places[f"{side} foot"]], (44, 50, 70), thick * 1.25)
        canvas.line([shoulder, places[f"{side} hand"]], person.color, thick * 0.8)
    body = [person.at(x, y) for x, y in ((0.2, 0.17), (0.8, 0.17), (0.72, 0.56), (0.28, 0.56))]
    canvas.polygon(body, person.color)
    _draw_head(canvas, person.at(0.5, 0.08), person.height * 0.08)


def _draw_head(canvas: Canvas, middle: Point, radius: float) -> None:
    x, y = middle
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), SKIN)
    canvas.ellipse((x - radius, y - radius, x + radius, y - radius * 0.1), (70, 48, 34))


def draw_cyclist(canvas: Canvas, rider: Thing) -> None:
    radius, thick = rider.width * 0.24, rider.height * 0.028
    hubs = [(rider.box[0] + radius, rider.box[3] - radius)]
    hubs.append((rider.box[2] - radius, rider.box[3] - radius))
    for x, y in hubs:
        wheel = [
            (x + radius * math.cos(angle / 8 * math.pi), y + radius * math.sin(angle / 8 * math.pi))
            for angle in range(17)
        ]
        canvas.line(wheel, DARK, thick)
    saddle, bar = rider.at(0.34, 0.56), rider.at(0.74, 0.50)
    pedal = rider.at(0.5 + 0.05 * math.cos(rider.step), 0.86 + 0.05 * math.sin(rider.step))
    frame = (170, 60, 50)
    canvas.line([hubs[0], saddle, bar, hubs[1]], frame, thick)
    canvas.line([saddle, rider.at(0.5, 0.86), bar], frame, thick)
    canvas.line([rider.at(0.36, 0.52), rider.at(0.56, 0.68), pedal], (44, 50, 70), thick * 2.6)
    canvas.line([rider.at(0.36, 0.52), rider.at(0.56, 0.20)], rider.color, thick * 4.6)
    canvas.line([rider.at(0.55, 0.24), bar], rider.color, thick * 2)
    _draw_head(canvas, rider.at(0.60, 0.075), rider.height * 0.075)


def draw_sign(canvas: Canvas, sign: Thing) -> None:
    left, top, right, foot = sign.box
    x, thick = (left + right) / 2, max(1.0, sign.width * 0.09)
    canvas.line([(x, top + sign.width / 2), (x, foot)], (120, 124, 130), thick)
    red: Color = (200, 32, 36)
    box = sign.box
    if sign.facts["kind"] == "speed limit":
        inset = sign.width * 0.15
        canvas.ellipse(box, red)
        canvas.ellipse(_inset(box, inset), (244, 244, 240))
        canvas.box(_inset(box, sign.width * 0.36), DARK)
    elif sign.facts["kind"] == "yield":
        corners = plate_corners(sign)
        y = box[1] + sign.width * 0.35
        inner = [(x + (px - x) * 0.55, y + (py - y) * 0.55) for px, py in corners]
        canvas.polygon(corners, red)
        canvas.polygon(inner, (244, 244, 240))
    else:
        canvas.polygon(plate_corners(sign), red)
        middle_y = (box[1] + box[3]) / 2
        bar = (box[0] + sign.width * 0.2, middle_y - sign.width * 0.1)
        end = (box[2] - sign.width * 0.2, middle_y + sign.width * 0.1)
        canvas.box((*bar, *end), (244, 244, 240))


def _inset(box: Box, by: float) -> Box:
    return box[0] + by, box[1] + by, box[2] - by, box[3] - by
