"""Decodes pictures from CVAT's mp4 chunks: frame p of the chunk is picture p of the video."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from threading import BoundedSemaphore
from typing import NamedTuple

import av
from PIL import Image


class FrameFileType(NamedTuple):
    """How a decoded frame is written: png, or jpeg with a quality of 1 to 100."""

    name: str = "png"
    quality: int = 95

    @property
    def extension(self) -> str:
        """Of the file name."""
        return ".jpg" if self.name == "jpeg" else f".{self.name}"


# Each decoder has a dozen raw frames in memory; more decoders than cores are not faster.
_decoders = BoundedSemaphore(2)
RAW_FRAMES = 3  # of a decoder that wait to be encoded, at most


class Undecodable(Exception):
    """The video is damaged, or shorter than it should be. `str(error)` can be shown."""


def pictures(
    mp4: Path, positions: Collection[int], frame_file_type: FrameFileType
) -> Iterator[tuple[int, bytes]]:
    """(position, encoded picture) for each of the positions, ascending. Raises Undecodable."""
    wanted, last = set(positions), max(positions)
    try:
        # The format is given: if it were guessed, a playlist could pass for a video and name files.
        with _decoders, ExitStack() as stack:
            container = stack.enter_context(av.open(str(mp4), format="mp4"))
            stream = container.streams.video[0]
            stream.thread_count = 1  # several chunks are decoded at the same time already
            encode = _encoder(stream.width, stream.height, frame_file_type)
            # A thread beside this one encodes: the last chunk of a build has both cores for itself.
            pool = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="encode"))
            encoded: deque[tuple[int, Future[bytes]]] = deque()
            for position, frame in enumerate(container.decode(stream)):
                if position in wanted:
                    wanted.discard(position)
                    encoded.append((position, pool.submit(encode, frame)))
                if len(encoded) > RAW_FRAMES:
                    yield _oldest(encoded)
                if position >= last:
                    break
            while encoded:
                yield _oldest(encoded)
    except (av.FFmpegError, IndexError) as error:
        raise Undecodable(f"The video cannot be decoded: {error}") from error
    if wanted:
        raise Undecodable(f"The video ends before picture {min(wanted)} of this chunk.")


def _oldest(encoded: deque[tuple[int, Future[bytes]]]) -> tuple[int, bytes]:
    position, picture = encoded.popleft()
    return position, picture.result()


def _encoder(
    width: int, height: int, frame_file_type: FrameFileType
) -> Callable[[av.VideoFrame], bytes]:
    if frame_file_type.name == "jpeg":
        return lambda frame: _jpeg(frame, frame_file_type.quality)
    # Not Pillow, which takes twice the time for a PNG and blocks the other threads meanwhile.
    codec = av.CodecContext.create("png", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "rgb24"
    codec.time_base = Fraction(1, 25)
    codec.thread_count = 1
    codec.options = {"compression_level": "1", "pred": "up"}
    return lambda frame: _png(codec, frame)


def _png(codec: av.VideoCodecContext, frame: av.VideoFrame) -> bytes:
    return b"".join(bytes(packet) for packet in codec.encode(frame.reformat(format="rgb24")))


def _jpeg(frame: av.VideoFrame, quality: int) -> bytes:
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
