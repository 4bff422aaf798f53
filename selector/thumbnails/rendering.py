"""Render thumbnails of images and of videos. Pure: bytes in, bytes out.

JPEG rather than WebP: it takes 3 to 4 ms for a 1080p image, two thirds to three quarters of WebP's
time. Thumbnails wait for the processor, so that 5 kB instead of 2 do not matter.
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
VARIANT = f"jpeg-{SIDE}-{QUALITY}-2"  # change it with whatever changes the bytes
# JPEG is decoded at a half, a quarter or an eighth of its size; everything else whole, and then
# converted to other pixels: about 300 MB at the bound. Each process decodes one large image at a
# time.
MAX_REDUCED_PIXELS = 2**27
MAX_PIXELS = 2**25
LARGE_PIXELS = 2**23

_large = BoundedSemaphore(1)

# Pillow only warns between its own bound and twice that; our bounds are in between.
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


class UnreadableImage(Exception):
    """The bytes are no image or video, or a damaged one."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    width: int
    height: int
    content: bytes = field(repr=False)  # JPEG


def render_image(file: BinaryIO) -> Thumbnail:
    """At most SIDE x SIDE, upright, without alpha. Raises UnreadableImage."""
    try:
        with Image.open(file) as image:
            # Of a progressive JPEG all coefficients are in memory, whatever the size of the result.
            is_reduced = image.format == "JPEG" and not image.info.get("progressive")
            _check_size(image.width, image.height, MAX_REDUCED_PIXELS if is_reduced else MAX_PIXELS)
            is_large = not is_reduced and image.width * image.height > LARGE_PIXELS
            with _large if is_large else nullcontext():
                # To its own shape: a square would have a wide picture decoded larger than needed.
                image.draft(None, _fitted(image.width, image.height))
                small = _to_8_bits(image)
                small.thumbnail((SIDE, SIDE), reducing_gap=None)
                return _to_jpeg(ImageOps.exif_transpose(small))
    except _BROKEN as error:
        raise UnreadableImage(str(error)) from error


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise UnreadableImage(f"{width} x {height} pixels are too many")


def _fitted(width: int, height: int) -> tuple[int, int]:
    """The size of the thumbnail."""
    scale = min(1.0, SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def render_video(file: BinaryIO) -> Iterator[Thumbnail]:
    """Thumbnails of the frames of an mp4, in order. Raises UnreadableImage where it breaks off."""
    try:
        # The format is named: a probe might take hostile bytes for a playlist and open its entries.
        with av.open(file, "r", format="mp4") as container:
            stream = container.streams.video[0]
            stream.thread_count = 1  # renderings side by side are bounded by _processor_slot
            _check_size(stream.width, stream.height, MAX_PIXELS)
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # of any later frame
            for frame in container.decode(stream):
                yield _render_frame(frame)
    except (av.FFmpegError, *_BROKEN) as error:
        raise UnreadableImage(str(error)) from error


def _render_frame(frame: av.VideoFrame) -> Thumbnail:
    width, height = _fitted(frame.width, frame.height)
    # Averaging as libswscale scales: a third of the time of scaling in Pillow.
    small = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    image: Image.Image = small.to_image()  # type: ignore[no-untyped-call]
    return _to_jpeg(image)


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Grey or RGB with 8 bits. Alpha is dropped, as CVAT does it (cvat-api 7.13)."""
    if image.mode in ("L", "RGB"):
        return image
    upright = ImageOps.exif_transpose(image)  # while the tag is there
    if image.mode.startswith("I") or image.mode == "F":
        return _from_16_bits(upright)
    return upright.convert("L" if image.mode in ("1", "LA", "La") else "RGB")


def _from_16_bits(image: Image.Image) -> Image.Image:
    """Stretched from darkest to brightest: the sensors of such images use a part of the range."""
    wide = (image.convert("I") if image.mode.startswith("I") else image).convert("F")
    extrema: Any = wide.getextrema()  # two numbers, for one band
    darkest, brightest = extrema
    scale = 255 / (brightest - darkest) if brightest > darkest else 0
    return wide.point(lambda level: level * scale + -darkest * scale).convert("L")


def _to_jpeg(image: Image.Image) -> Thumbnail:
    out = io.BytesIO()
    # Without the camera's notes about a place or a person.
    image.save(out, "JPEG", quality=QUALITY, exif=b"", comment=b"")
    return Thumbnail(image.width, image.height, out.getvalue())
