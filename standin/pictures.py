"""Deterministic pictures that show a number: to people as digits, to tests as bars."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw, ImageOps

Drawing = Callable[[int, tuple[int, int]], Image.Image]

BITS = 20
CHECK_BITS = 4
BARS = BITS + CHECK_BITS

# Which of the seven segments (top, upper left, upper right, middle, lower left, lower right,
# bottom) each digit lights.
_SEGMENTS = [
    *("1110111", "0010010", "1011101", "1011011", "0111010"),
    *("1101011", "1101111", "1010010", "1111111", "1111011"),
]

_FORMATS = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "png": "PNG",
    "bmp": "BMP",
    "webp": "WEBP",
    "gif": "GIF",
    "tif": "TIFF",
    "tiff": "TIFF",
}


def extension(name: str) -> str:
    """The part behind the last dot, as written; empty if there is none."""
    base = name.rsplit("/", 1)[-1]
    return base.rsplit(".", 1)[1] if "." in base else ""


@lru_cache(maxsize=256)
def _digit(value: int, width: int) -> Image.Image:
    """A mask of `width` x 2*`width` pixels."""
    height, thick = width * 2, max(1, width // 5)
    mask = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(mask)
    middle = (height - thick) // 2
    boxes = (
        (0, 0, width, thick),
        (0, 0, thick, middle + thick),
        (width - thick, 0, width, middle + thick),
        (0, middle, width, middle + thick),
        (0, middle, thick, height),
        (width - thick, middle, width, height),
        (0, height - thick, width, height),
    )
    for lit, box in zip(_SEGMENTS[value], boxes, strict=True):
        if lit == "1":
            draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=255)
    return mask


def _write_digits(image: Image.Image, number: int) -> None:
    """In the middle, as large as they fit."""
    text = f"{number:03d}"
    width, height = image.size
    wide = max(3, min(width * 3 // (5 * len(text) + 3), height // 5))
    left = (width - len(text) * (wide + max(1, wide // 4))) // 2
    _write(image, text, wide, (left, (height - 2 * wide) // 2))


def _write_caption(image: Image.Image, number: int) -> None:
    """Small, in the upper left corner, as cameras write into their pictures."""
    text, wide = f"{number:06d}", max(3, image.width // 80)
    right = wide * 2 + len(text) * (wide + max(1, wide // 4))
    ImageDraw.Draw(image).rectangle((wide // 2, wide // 2, right, wide * 7 // 2), fill=(24, 26, 32))
    _write(image, text, wide, (wide, wide))


def _write(image: Image.Image, text: str, wide: int, corner: tuple[int, int]) -> None:
    (left, top), gap = corner, max(1, wide // 4)
    for place, character in enumerate(text):
        mask = _digit(int(character), wide)
        x = left + place * (wide + gap)
        if wide > 8:
            image.paste((0, 0, 0), (x + wide // 12, top + wide // 12), mask)
        image.paste((255, 244, 214), (x, top), mask)


def bar_values(number: int) -> list[bool]:
    """BITS bits of the number, highest first, then CHECK_BITS of their sum in fives."""
    check = sum((number >> shift) & 31 for shift in range(0, BITS, 5)) % (1 << CHECK_BITS)
    code = (number << CHECK_BITS) | check
    return [bool(code >> shift & 1) for shift in reversed(range(BARS))]


def _write_bars(image: Image.Image, number: int) -> None:
    """A strip at the bottom: white is 1; wide enough to survive H.264."""
    width, height = image.size
    pixels = bytes(255 if lit else 0 for lit in bar_values(number))
    strip = Image.frombytes("L", (BARS, 1), pixels)
    tall = min(height, max(6, height // 16))
    box = strip.resize((width, tall), Image.Resampling.NEAREST)
    image.paste(Image.merge("RGB", (box, box, box)), (0, height - tall))


def read_bars(image: Image.Image) -> int:
    """The source number in the strip at the bottom, also after H.264. Raises ValueError when the
    check bits differ."""
    grey = image.convert("L")
    width, height = grey.size
    row = height - 1 - height // 32
    code = 0
    for bar in range(BARS):
        x = min(width - 1, int((bar + 0.5) * width / BARS))
        value = grey.getpixel((x, row))
        code = code << 1 | int(isinstance(value, (int, float)) and value > 127)
    number = code >> CHECK_BITS
    if bar_values(number) != [bool(code >> shift & 1) for shift in reversed(range(BARS))]:
        raise ValueError("no readable number in the picture")
    return number


@lru_cache(maxsize=64)
def _backdrop(kind: int, size: tuple[int, int]) -> Image.Image:
    tint = random.Random(kind).choices(range(40, 200), k=3)
    shade = Image.linear_gradient("L").resize(size)
    return ImageOps.colorize(shade, black=tuple(value // 3 for value in tint), white=tuple(tint))


def plain(number: int, size: tuple[int, int]) -> Image.Image:
    """A tinted gradient: cheap enough for tens of thousands of frames."""
    return _backdrop(number % 16, size).copy()


def numbered(number: int, size: tuple[int, int], scene: Drawing = plain) -> Image.Image:
    """The picture of frame `number`: the scene, the number in digits, and as bars at the bottom."""
    image = scene(number, size)
    if scene is plain:
        _write_digits(image, number)
    else:
        _write_caption(image, number)
    _write_bars(image, number)
    return image


def encode(image: Image.Image, suffix: str, orientation: int = 1) -> bytes:
    """The bytes a camera would have written; `orientation` is the EXIF one, 1 to 8.

    The pixels are stored so that a viewer that honours the tag shows `image`.
    """
    kind = _FORMATS.get(suffix.lower(), "PNG")
    options: dict[str, object] = {"quality": 85} if kind in ("JPEG", "WEBP") else {}
    if orientation != 1:
        turned = {3: 180, 6: 90, 8: 270}[orientation]
        image = image.rotate(turned, expand=True)
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image, quality: int) -> bytes:
    """As CVAT compresses: grey stays grey, alpha is dropped (cvat-api 7.13)."""
    buffer = io.BytesIO()
    ready = image if image.mode in ("L", "RGB") else image.convert("RGB")
    ready.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
