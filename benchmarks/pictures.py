"""Photographs that come with scikit-image and scikit-learn, and variations of them."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image, ImageEnhance
from skimage import data
from sklearn.datasets import load_sample_images

from selector.thumbnails.rendering import render_image

NAMES = (
    "astronaut",
    "camera",
    "cat",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "hubble_deep_field",
    "immunohistochemistry",
    "moon",
    "retina",
    "rocket",
)
TILES = 2  # in each direction: each is a picture of its own


def whole() -> list[Image.Image]:
    """All photographs."""
    arrays = [getattr(data, name)() for name in NAMES] + load_sample_images().images
    return [Image.fromarray(array).convert("RGB") for array in arrays]


def photographs() -> list[Image.Image]:
    """Different pictures: the tiles of all photographs."""
    return [tile for image in whole() for tile in _tiles(image)]


def variations(image: Image.Image) -> dict[str, Image.Image]:
    """The same picture as it comes again in a data set."""
    width, height = image.size
    return {
        "crop": image.crop((width // 50, height // 50, width, height)),
        "smaller": image.resize((width * 2 // 3, height * 2 // 3)),
        "brighter": ImageEnhance.Brightness(image).enhance(1.2),
        "darker": ImageEnhance.Brightness(image).enhance(0.8),
        "compressed": Image.open(io.BytesIO(jpeg(image, quality=25))),
    }


def video(image: Image.Image, count: int) -> Iterator[Image.Image]:
    """Consecutive frames of a camera that moves by a hundredth of the picture over all of them."""
    width, height = image.size
    side = round(width * 0.98)
    for number in range(count):
        left = round(width * 0.01 * number / max(count - 1, 1))
        yield image.crop((left, 0, left + side, height))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def thumbnail(image: Image.Image) -> bytes:
    """As the portal makes it of the picture."""
    return render_image(io.BytesIO(jpeg(image))).content


def _tiles(image: Image.Image) -> Iterator[Image.Image]:
    width, height = image.width // TILES, image.height // TILES
    for row in range(TILES):
        for column in range(TILES):
            left, top = column * width, row * height
            yield image.crop((left, top, left + width, top + height))
