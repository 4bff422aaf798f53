"""What the first bytes of a picture tell: its size, and whether CVAT may have saved it again."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps, PngImagePlugin

from selections.archives import headers
from selections.archives.headers import Header

ORIENTATION = 0x0112


def picture(kind: str, *, mode: str = "RGB", **options) -> bytes:
    image = Image.effect_noise((60, 40), 60).convert(mode)
    return saved(image, kind, **options)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int = 6) -> Image.Exif:
    data = Image.Exif()
    data[ORIENTATION] = orientation
    return data


def turned(kind: str, **options) -> bytes:
    """As CVAT serves an upload with an orientation (cvat-api 7.2)."""
    with Image.open(io.BytesIO(picture(kind, exif=exif(), **options))) as image:
        return saved(ImageOps.exif_transpose(image), kind, quality=100, subsampling=0)


def read(content: bytes) -> Header:
    return headers.read(io.BytesIO(content))


@pytest.mark.parametrize(
    ("kind", "extension", "options"),
    [
        ("JPEG", ".jpg", {}),
        ("JPEG", ".jpg", {"progressive": True}),
        ("JPEG", ".jpg", {"mode": "CMYK", "quality": 100}),
        ("JPEG", ".jpg", {"mode": "L"}),
        ("JPEG", ".jpg", {"comment": b"c" * 60_000, "exif": exif()}),
        ("PNG", ".png", {}),
        ("PNG", ".png", {"mode": "P"}),
        ("PNG", ".png", {"mode": "I;16"}),
        ("GIF", ".gif", {}),
        ("BMP", ".bmp", {}),
        ("WEBP", ".webp", {}),
        ("WEBP", ".webp", {"lossless": True}),
        ("WEBP", ".webp", {"mode": "RGBA", "exif": exif()}),
        ("TIFF", ".tif", {}),
        ("TIFF", ".tif", {"compression": "tiff_lzw"}),
        ("TIFF", ".tif", {"big_tiff": True}),
    ],
)
def test_size_in_pixels(kind: str, extension: str, options: dict) -> None:
    assert read(picture(kind, **options))[:3] == (extension, 60, 40)


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {}), ("JPEG", {"mode": "L"}), ("PNG", {}), ("WEBP", {})]
)
def test_what_cvat_turns_may_be_turned(kind: str, options: dict) -> None:
    header = read(turned(kind, **options))
    assert header.may_be_turned
    assert (header.width, header.height) == (40, 60)


def test_what_shows_another_writer_is_not_turned() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", "another")
    assert not read(picture("JPEG")).may_be_turned
    assert not read(picture("JPEG", quality=100, exif=exif(1))).may_be_turned
    assert not read(picture("PNG", pnginfo=text)).may_be_turned
    assert not read(picture("PNG", dpi=(300, 300))).may_be_turned
    assert not read(picture("WEBP", lossless=True)).may_be_turned
    assert not read(picture("WEBP", exif=exif(1))).may_be_turned
    for kind in ("GIF", "BMP", "TIFF"):
        assert not read(picture(kind)).may_be_turned


def test_what_may_be_either_is_said_so() -> None:
    assert read(picture("JPEG", quality=100)).may_be_turned
    assert read(picture("PNG")).may_be_turned
    assert read(b"\0\0\0\x1cftypavif and so on").may_be_turned


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_broken_headers_have_no_size(kind: str) -> None:
    """And never a wrong one."""
    whole = picture(kind)
    for length in range(0, min(len(whole), 400), 7):
        header = read(whole[:length])
        assert header[1:3] in [(None, None), (60, 40)]


def test_a_header_without_end_is_given_up() -> None:
    assert read(b"\xff\xd8" + b"\xff\xe0\0\2" * 100_000)[1:3] == (None, None)
    assert read(b"\xff\xd8" + b"\xff" * 100_000)[1:3] == (None, None)


def test_lengths_that_no_file_has_are_not_followed() -> None:
    """A segment shorter than its own length field, of which all of the file would be read; a page
    beyond what a file can be long."""
    whole_file = b"\xff\xd8\xff\xdb\0\1" + bytes(4_000_000)
    assert read(whole_file)[1:3] == (None, None)
    assert read(b"II+\0\x08\0\0\0" + b"\xff" * 64)[1:3] == (None, None)


@given(st.sampled_from(["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"]), st.data())
def test_no_bytes_raise(kind: str, data: st.DataObject) -> None:
    content = bytearray(picture(kind))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(2, min(len(content), 300) - 1))] = data.draw(
            st.integers(0, 255)
        )
    read(bytes(content))
