"""The size of a picture as CVAT shows it, whatever file type says that it is turned."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageOps

from publishing.upright import upright_size


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "tiff"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_it_is_that_of_the_turned_picture(kind: str, orientation: int) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (40, 30)).save(file, kind, exif=exif)
    with Image.open(file) as image:
        turned = ImageOps.exif_transpose(image).size
    assert upright_size(file) == turned == ((40, 30) if orientation < 5 else (30, 40))
