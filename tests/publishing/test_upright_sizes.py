"""The size of a picture as CVAT shows it, whatever file type says that it is turned."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

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


def _raw_profile(exif: Image.Exif) -> PngInfo:
    """EXIF data as ImageMagick writes them into a PNG."""
    info, content = PngInfo(), exif.tobytes()
    info.add_text("Raw profile type exif", f"\nexif\n{len(content):8}\n{content.hex()}\n", zip=True)
    return info


def _xmp(orientation: int) -> PngInfo:
    info = PngInfo()
    described = f'<rdf:Description tiff:Orientation="{orientation}"/>'
    info.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{described}</x:xmpmeta>")
    return info


@pytest.mark.parametrize("orientation", [3, 6])
@pytest.mark.parametrize("is_xmp", [False, True])
def test_a_png_may_say_it_in_its_texts(orientation: int, is_xmp: bool) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    info = _xmp(orientation) if is_xmp else _raw_profile(exif)
    Image.new("RGB", (40, 30)).save(file, "PNG", pnginfo=info)
    with Image.open(file) as image:
        turned = ImageOps.exif_transpose(image).size
    assert upright_size(file) == turned == ((40, 30) if orientation < 5 else (30, 40))


def test_a_jpeg_may_say_it_in_xmp_data() -> None:
    file = io.BytesIO()
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    Image.new("RGB", (40, 30)).save(file, "JPEG", xmp=xmp)
    with Image.open(file) as image:
        turned = ImageOps.exif_transpose(image).size
    assert upright_size(file) == turned == (30, 40)
