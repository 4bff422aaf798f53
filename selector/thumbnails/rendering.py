"""Small pictures out of large ones, and out of films. Pure: bytes in, bytes out.

JPEG rather than WebP: of a 1080p picture it takes 3 to 4 ms, two thirds to three quarters of
WebP's time; the processor is what thumbnails wait for, and 5 kB instead of 2 are no burden.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Any, BinaryIO

import av
from PIL import Image, ImageOps

SIDE = 256  # pixels; the longer side, never enlarged
QUALITY = 80
VARIANT = f"jpeg-{SIDE}-{QUALITY}"  # to be changed with whatever changes the bytes
# JPEG is decoded at a half, a quarter or an eighth of its size; everything else whole, and then
# turned into another kind of pixels: about 300 MB at the bound. One of those that are large at a
# time, in each process.
MAX_REDUCED_PIXELS = 2**27
MAX_PIXELS = 2**25
LARGE_PIXELS = 2**23

_large = BoundedSemaphore(1)

# Between its own bound and twice that Pillow only warns; ours is in between.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)

# What Pillow's readers raise on damaged and hostile files, beside their own errors.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class Undrawable(Exception):
    """The bytes are no picture, or a broken one."""


@dataclass(frozen=True, slots=True)
class Drawn:
    width: int
    height: int
    content: bytes = field(repr=False)  # JPEG


def thumbnail(picture: BinaryIO) -> Drawn:
    """At most SIDE x SIDE, upright, without alpha. Raises Undrawable."""
    try:
        with Image.open(picture) as image:
            # Of a progressive JPEG all coefficients are held, whatever the size of the result.
            is_reduced = image.format == "JPEG" and not image.info.get("progressive")
            _check_size(image.width, image.height, MAX_REDUCED_PIXELS if is_reduced else MAX_PIXELS)
            is_large = not is_reduced and image.width * image.height > LARGE_PIXELS
            with _large if is_large else nullcontext():
                image.draft(None, (SIDE, SIDE))
                small = _plain(image)
                small.thumbnail((SIDE, SIDE), reducing_gap=None)
                return _encoded(ImageOps.exif_transpose(small))
    except _BROKEN as error:
        raise Undrawable(str(error)) from error


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise Undrawable(f"{width} x {height} pixels are too many")


def film(chunk: BinaryIO) -> Iterator[Drawn]:
    """The pictures of an mp4 in their order, until its end. Raises Undrawable where it breaks."""
    try:
        # Named: a probe might take hostile bytes for a playlist and open what that names.
        with av.open(chunk, "r", format="mp4") as container:
            stream = container.streams.video[0]
            stream.thread_count = 1  # the drawing is bounded, so must be what it uses
            _check_size(stream.width, stream.height, MAX_PIXELS)
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # of any later frame
            for frame in container.decode(stream):
                yield _drawn(frame)
    except (av.FFmpegError, *_BROKEN) as error:
        raise Undrawable(str(error)) from error


def _drawn(frame: av.VideoFrame) -> Drawn:
    scale = min(1.0, SIDE / max(frame.width, frame.height))
    width, height = (max(1, round(side * scale)) for side in (frame.width, frame.height))
    # Averaging as libswscale scales: a third of the time of scaling in Pillow.
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    image: Image.Image = small.to_image()  # type: ignore[no-untyped-call]
    return _encoded(image)


def _plain(image: Image.Image) -> Image.Image:
    """Grey or RGB of 8 bits. Alpha is dropped, as CVAT does it (cvat-api 7.13)."""
    if image.mode in ("L", "RGB"):
        return image
    upright = ImageOps.exif_transpose(image)  # while the tag is there
    if image.mode.startswith("I") or image.mode == "F":
        return _of_16_bits(upright)
    return upright.convert("L" if image.mode in ("1", "LA", "La") else "RGB")


def _of_16_bits(image: Image.Image) -> Image.Image:
    """From its darkest to its brightest: the sensors of such pictures use a part of the range."""
    wide = (image.convert("I") if image.mode.startswith("I") else image).convert("F")
    extrema: Any = wide.getextrema()  # two numbers, for one band
    darkest, brightest = extrema
    scale = 255 / (brightest - darkest) if brightest > darkest else 0
    return wide.point(lambda level: level * scale + -darkest * scale).convert("L")


def _encoded(image: Image.Image) -> Drawn:
    out = io.BytesIO()
    # Without what a camera noted about a place or a person.
    image.save(out, "JPEG", quality=QUALITY, exif=b"", comment=b"")
    return Drawn(image.width, image.height, out.getvalue())
