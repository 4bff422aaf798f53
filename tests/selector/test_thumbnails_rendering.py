"""Pictures that cannot be drawn are marked as such; every kind of pixels is drawn."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from selector.models import Connection
from selector.thumbnails import rendering
from standin.pictures import encode, numbered, read_bars
from standin.server import StandIn
from tests.selector.packs import HD, numbers, pack_of

pytestmark = pytest.mark.usefixtures("folder")


def with_one_bad(standin: StandIn, content: bytes, name: str = "bad.jpg") -> int:
    """The job of a task whose second picture is this."""
    files = {f"{n}.jpg": encode(numbered(n, HD), "jpg") for n in range(4)}
    given = dict([*list(files.items())[:1], (name, content), *list(files.items())[2:]])
    return standin.world.add_task("one is bad", owner="demo", images=given).jobs[0].id


@pytest.mark.parametrize(
    "content",
    [
        b"no picture at all",
        b"\xff\xd8\xff\xe0 and no more",
        b"<svg onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
    ],
)
def test_a_broken_one_is_marked(connection: Connection, standin: StandIn, content: bytes) -> None:
    """CVAT fails on the compressed chunk (500); the original one has the other three."""
    pack = pack_of(connection, with_one_bad(standin, content))
    assert pack.pop(1) == "broken"
    assert numbers(pack) == {0: 0, 2: 2, 3: 3}


def test_one_by_one_where_no_chunk_can_be_had(connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("type=chunk", status=500)
    standin.faults.fail("type=frame&number=2", status=500)
    job = standin.world.tasks[2].jobs[0]
    pack = pack_of(connection, job.id)
    assert pack.pop(2) == "failed"
    assert numbers(pack) == {n: n for n in (0, 1, 3, 4, 5, 6, 7)}


def test_a_member_too_few(connection: Connection, standin: StandIn) -> None:
    job = standin.world.tasks[1].jobs[0]
    short = standin.world.chunks.job_chunk(job, 2, "compressed").body
    rule = standin.faults.fail("type=chunk", status=200, body=short)
    rule.answer.content_type = "application/zip"
    pack = pack_of(connection, job.id)
    assert [frame for frame, image in pack.items() if image == "missing"] == [14, 15, 16, 17]


def test_a_zip_that_is_none(connection: Connection, standin: StandIn) -> None:
    """As from a proxy that says 200: then the frames, one by one."""
    rule = standin.faults.fail("type=chunk", status=200, body=b"something else")
    rule.answer.content_type = "application/zip"
    assert len(numbers(pack_of(connection, standin.world.tasks[2].jobs[0].id))) == 8


def picture(mode: str, suffix: str, **options: Any) -> io.BytesIO:
    image = numbered(77, HD).convert("L")
    if mode.startswith("I"):
        image = image.point(lambda level: level * 100 + 5000, "I").convert(mode)
    elif mode == "RGBA":
        image = image.convert("RGBA")
        image.putalpha(120)
    else:
        image = image.convert(mode)
    out = io.BytesIO()
    image.save(out, suffix, **options)
    out.seek(0)
    return out


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *(("I;16", "PNG"), ("I;16", "TIFF"), ("I", "TIFF"), ("F", "TIFF")),
        *(("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("P", "GIF"), ("1", "PNG"), ("L", "JPEG")),
        *(("CMYK", "JPEG"), ("CMYK", "TIFF"), ("RGBA", "WEBP"), ("RGB", "BMP"), ("L", "PNG")),
    ],
)
def test_every_kind_of_pixels(mode: str, suffix: str) -> None:
    drawn = rendering.render_image(picture(mode, suffix))
    assert (drawn.width, drawn.height) == (256, 144)
    assert read_bars(Image.open(io.BytesIO(drawn.content))) == 77


@pytest.mark.parametrize("suffix", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_turned_by_exif(suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = numbered(77, HD).transpose(Image.Transpose.ROTATE_90)
    out = io.BytesIO()
    turned.save(out, suffix, exif=exif)
    out.seek(0)
    drawn = rendering.render_image(out)
    image = Image.open(io.BytesIO(drawn.content))
    assert image.size == (256, 144)
    assert read_bars(image) == 77
    assert not image.getexif()


def test_extreme_sides() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4000, 2)).save(out, "PNG")
    assert rendering.render_image(io.BytesIO(out.getvalue())).height == 1


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "MAX_PIXELS", 640 * 360 - 1)
    with pytest.raises(rendering.UnreadableImage, match="640 x 360"):
        rendering.render_image(picture("L", "PNG"))
    huge = b"P5 60000 60000 255 "
    with pytest.raises(rendering.UnreadableImage):
        rendering.render_image(io.BytesIO(huge))


def test_a_playlist_is_no_film(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    playlist = f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n".encode()
    with pytest.raises(rendering.UnreadableImage):
        list(rendering.render_video(io.BytesIO(playlist)))


@pytest.mark.parametrize(
    ("size", "decoded"),
    [((640, 360), (320, 180)), ((360, 640), (180, 320)), ((1024, 768), (256, 192))],
)
def test_a_jpeg_is_decoded_no_larger_than_needed(
    size: tuple[int, int], decoded: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int]] = []
    monkeypatch.setattr(rendering, "_to_8_bits", lambda image: sizes.append(image.size) or image)
    made = rendering.render_image(io.BytesIO(encode(numbered(7, size), "jpg")))
    assert sizes == [decoded]
    assert max(made.width, made.height) == rendering.SIDE
