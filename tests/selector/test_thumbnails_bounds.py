"""What a hostile picture may cost: those that are decoded whole are bounded below the others."""

from __future__ import annotations

import io

import av
import pytest
from PIL import Image

from selector.thumbnails.rendering import SIDE, UnreadableImage, render_image, render_video

LARGE = (8_000, 4_500)  # 36 million pixels


def encoded(kind: str, **options: object) -> io.BytesIO:
    file = io.BytesIO()
    Image.new("L", LARGE).save(file, kind, **options)
    file.seek(0)
    return file


def test_jpeg_is_decoded_at_reduced_size() -> None:
    assert render_image(encoded("JPEG")).width == SIDE


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("JPEG", {"progressive": True}),
    ],
)
def test_what_is_decoded_whole_is_refused_when_large(kind: str, options: dict[str, object]) -> None:
    with pytest.raises(UnreadableImage, match="too many"):
        render_image(encoded(kind, **options))


def test_large_films_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        frame = av.VideoFrame(320, 240, "yuv420p")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    assert len(list(render_video(file))) == 1
    monkeypatch.setattr("selector.thumbnails.rendering.MAX_PIXELS", 320 * 240 - 1)
    file.seek(0)
    with pytest.raises(UnreadableImage, match="too many"):
        list(render_video(file))
