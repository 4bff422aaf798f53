"""How a picture looks, in a few bytes: to find pictures that are alike. Pure.

Computed from the JPEG of the thumbnail, decoded at a part of its size, which takes a twentieth of
the time that the thumbnail took. The same thumbnail gives the same bytes: all numbers are whole.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from PIL import Image

VERSION = "likeness-1"  # change it with whatever changes the bytes
HASH_BITS = 64
COLOURS = 48

_DECODED = (64, 64)  # pixels at least, where the thumbnail has so many
_SIDE, _WAVES = 32, 8
_GRID = (4, 4)
_SPREAD = 40  # a difference as large as the contrast
_NOISE = 8  # so that the noise of a plain picture does not count
_RECORD = struct.Struct(f">IQ{COLOURS}s")
_Resampling = Image.Resampling
# Discrete cosine transform: row w has w half waves over the side of the picture.
_COSINES = np.rint(
    1024 * np.cos(np.pi / _SIDE * np.outer(np.arange(_WAVES), np.arange(_SIDE) + 0.5))
).astype(np.int64)


class Likeness(NamedTuple):
    """`hash` has a bit for each of the 64 slowest waves of the grey picture: whether it is stronger
    than the median (perceptual hash). `colours` are the mean red, green and blue of 4 x 4 fields,
    row by row, by how much they differ from the mean of the picture in relation to its contrast:
    128 is the mean. So both are the same for a brighter copy of the picture."""

    hash: int
    colours: bytes


def likeness(thumbnail: bytes) -> Likeness:
    """The likeness of a thumbnail, a JPEG."""
    with Image.open(io.BytesIO(thumbnail)) as image:
        image.draft("RGB", _DECODED)
        small = image.convert("RGB")
    grey = small.convert("L").resize((_SIDE, _SIDE), _Resampling.BILINEAR)
    pixels = np.asarray(grey).astype(np.int64)
    waves = (_COSINES @ pixels @ _COSINES.T).ravel()
    median = np.sort(waves[1:])[HASH_BITS // 2 - 1]  # the first is the mean brightness
    bits = np.packbits(waves > median).tobytes()
    return Likeness(int.from_bytes(bits, "big"), _relative(small.resize(_GRID, _Resampling.BOX)))


def _relative(image: Image.Image) -> bytes:
    colours = np.asarray(image).astype(np.int64).ravel()
    differences = colours - colours.sum() // COLOURS
    contrast = math.isqrt(int((differences**2).sum()) // COLOURS)
    relative = differences * _SPREAD // (contrast + _NOISE) + 128
    return bytes(relative.clip(0, 255).astype(np.uint8))


def encode(likenesses: Mapping[int, Likeness]) -> bytes:
    """The likenesses by frame, as `decode` reads them."""
    return b"".join(_RECORD.pack(frame, *each) for frame, each in likenesses.items())


def decode(content: bytes) -> dict[int, Likeness]:
    """Raises ValueError for content that is cut off."""
    try:
        return {
            frame: Likeness(bits, colours) for frame, bits, colours in _RECORD.iter_unpack(content)
        }
    except struct.error as error:
        raise ValueError(str(error)) from error
