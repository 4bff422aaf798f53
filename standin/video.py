"""mp4 chunks the way CVAT cuts videos: H.264, 25 frames per second, timestamps from 0."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

import av
from PIL import Image

FRAMES_PER_SECOND = 25


def encode_mp4(pictures: Iterable[Image.Image], quality: int) -> bytes:
    """A chunk; `quality` is the constant rate factor, lower is better. Odd sides become longer by
    one (cvat-api 7.3).

    One encoder thread: the bytes must not depend on the number of cores.
    """
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = None
        for picture in pictures:
            if stream is None:
                options = {"crf": str(quality), "preset": "veryfast", "threads": "1"}
                stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=options)
                stream.width = picture.width + picture.width % 2
                stream.height = picture.height + picture.height % 2
                stream.pix_fmt = "yuv420p"
            frame = _frame(picture)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode())
    return buffer.getvalue()


def _frame(picture: Image.Image) -> av.VideoFrame:
    make: Callable[[Image.Image], av.VideoFrame] = av.VideoFrame.from_image
    return make(picture.convert("RGB"))


def _picture(frame: av.VideoFrame) -> Image.Image:
    make: Callable[[], Image.Image] = frame.to_image
    return make()


def decode_mp4(chunk: bytes) -> list[Image.Image]:
    """The frames of a chunk in order, RGB."""
    with av.open(io.BytesIO(chunk), "r") as container:
        return [_picture(frame) for frame in container.decode(video=0)]
