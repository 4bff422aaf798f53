"""Uploads of tasks: images, a video, point clouds. Generated at the first request."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageFile, ImageOps

from standin.cache import BoundedCache
from standin.pictures import Drawing, encode, extension, jpeg, numbered, plain
from standin.video import decode_mp4

ImageFile.LOAD_TRUNCATED_IMAGES = True  # as CVAT does: truncated pictures are tolerated

Size = tuple[int, int]

# cvat-api 7.10: guessed from the name, webp in its odd spelling.
_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "bmp": "image/bmp",
    "webp": "image/x-webp",
    "gif": "image/gif",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "pcd": "image/x.point-cloud-data",
}

_POINT_CLOUD = """# .PCD v0.7
VERSION 0.7
FIELDS x y z
SIZE 4 4 4
TYPE F F F
COUNT 1 1 1
WIDTH 4
HEIGHT 1
VIEWPOINT 0 0 0 1 0 0 0
POINTS 4
DATA ascii
0 0 0
{} 0 0
0 1 0
0 0 1
"""

# Drawn images of all worlds of this process: to draw one takes far longer than to serve it.
_drawn = BoundedCache[bytes](96 << 20, len)


class NumberedNames(Sequence[str]):
    """`count` names from a pattern such as `img_{:03d}.jpg`, generated at each access."""

    def __init__(self, pattern: str, count: int) -> None:
        self._pattern = pattern
        self._numbers = range(count)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int | slice) -> str | list[str]:  # type: ignore[override]
        if isinstance(index, slice):
            return [self._pattern.format(number) for number in self._numbers[index]]
        return self._pattern.format(self._numbers[index])


class Media(ABC):
    """Positions count from 0 over everything that was uploaded."""

    is_video = False

    @property
    @abstractmethod
    def count(self) -> int: ...

    @abstractmethod
    def name(self, position: int) -> str: ...

    @abstractmethod
    def dimensions(self, position: int) -> Size:
        """Width and height after EXIF rotation."""

    @abstractmethod
    def original(self, position: int) -> bytes:
        """The bytes CVAT serves with quality=original through a task or annotation job."""

    @abstractmethod
    def picture(self, position: int) -> Image.Image:
        """The picture as it is shown: upright, decoded."""

    def compressed(self, position: int, quality: int) -> bytes:
        """The JPEG that CVAT makes of it."""
        return jpeg(self.picture(position), quality)

    def related(self, position: int) -> list[tuple[str, bytes]]:
        """Names and bytes of the context images of a frame."""
        return []

    def mime(self, position: int) -> str:
        return _TYPES.get(extension(self.name(position)).lower(), "application/octet-stream")


def served_original(uploaded: bytes) -> bytes:
    """cvat-api 7.2: turned pictures of any kind are re-encoded, TIFFs saved again (first page), by
    their bytes, not their names; the rest stays. So does what cannot be read at all.
    """
    try:
        with Image.open(io.BytesIO(uploaded)) as image:
            return _saved_again(image) or uploaded
    except OSError:
        return uploaded


def upright_size(image: Image.Image) -> Size:
    """Width and height after EXIF rotation."""
    width, height = image.size
    return (height, width) if image.getexif().get(0x0112, 1) >= 5 else (width, height)


def _saved_again(image: Image.Image) -> bytes | None:
    buffer = io.BytesIO()
    turned = image.getexif().get(0x0112, 1) != 1
    if image.format == "TIFF":
        ImageOps.exif_transpose(image).save(buffer, "TIFF", compression="tiff_lzw")
    elif turned:
        upright = ImageOps.exif_transpose(image)
        upright.save(buffer, image.format or "JPEG", quality=100, subsampling=0)
    return buffer.getvalue() or None


class Images(Media):
    """Drawn images: the one at position p shows the number p."""

    def __init__(
        self,
        names: Sequence[str],
        size: Size = (64, 48),
        scene: Drawing = plain,
        orientations: Mapping[int, int] | None = None,
        related: Mapping[int, list[tuple[str, bytes]]] | None = None,
    ) -> None:
        self.names = names
        self.size = size
        self.scene = scene
        self.orientations = orientations or {}
        self.context = related or {}

    @property
    def count(self) -> int:
        return len(self.names)

    def name(self, position: int) -> str:
        return self.names[position]

    def dimensions(self, position: int) -> Size:
        return self.size

    def uploaded(self, position: int) -> bytes:
        """The file a camera wrote, before CVAT touched it."""
        drawn = numbered(position, self.size, self.scene)
        return encode(drawn, *self._encoding(position))

    def _encoding(self, position: int) -> tuple[str, int]:
        """The extension and the EXIF orientation."""
        return extension(self.name(position)), self.orientations.get(position, 1)

    def _once(self, position: int, quality: int | None, make: Callable[[], bytes]) -> bytes:
        key = (type(self), self.scene, self.size, position, *self._encoding(position), quality)
        return _drawn.get(key, make)

    def original(self, position: int) -> bytes:
        return self._once(position, None, lambda: served_original(self.uploaded(position)))

    def compressed(self, position: int, quality: int) -> bytes:
        def make() -> bytes:
            return super(Images, self).compressed(position, quality)

        return self._once(position, quality, make)

    def picture(self, position: int) -> Image.Image:
        with Image.open(io.BytesIO(self.original(position))) as image:
            image.load()
            return image.copy()

    def related(self, position: int) -> list[tuple[str, bytes]]:
        return self.context.get(position, [])


class GivenImages(Images):
    """Images whose bytes the caller brings: name to bytes, in order."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        related: Mapping[int, list[tuple[str, bytes]]] | None = None,
        sizes: Mapping[str, Size] | None = None,
    ) -> None:
        super().__init__(list(files), related=related)
        self._files = files  # read at each look, for they may be large
        self._served = BoundedCache[bytes](32 << 20, len)  # gone with these files
        self._sizes = dict(sizes or {})

    def uploaded(self, position: int) -> bytes:
        return self._files[self.names[position]]

    def _once(self, position: int, quality: int | None, make: Callable[[], bytes]) -> bytes:
        return self._served.get((position, quality), make)

    def dimensions(self, position: int) -> Size:
        name = self.names[position]
        if name not in self._sizes:
            self._sizes[name] = self._read_size(position)
        return self._sizes[name]

    def _read_size(self, position: int) -> Size:
        try:
            with Image.open(io.BytesIO(self.original(position))) as image:
                return image.size
        except OSError:
            return self.size


class Video(Media):
    """A video of drawn frames; the one at position p shows the number p."""

    is_video = True

    def __init__(self, name: str, count: int, size: Size, scene: Drawing = plain) -> None:
        self._name = name
        self._count = count
        self.size = size
        self.scene = scene

    @property
    def count(self) -> int:
        return self._count

    def name(self, position: int) -> str:
        return self._name

    def dimensions(self, position: int) -> Size:
        return self.size

    def original(self, position: int) -> bytes:
        raise NotImplementedError("frames of a video are cut out of its chunks")

    def picture(self, position: int) -> Image.Image:
        return numbered(position, self.size, self.scene)


class GivenVideo(Video):
    """A video whose file the caller brings; it is decoded at the first request for a frame."""

    def __init__(self, name: str, file: bytes, count: int, size: Size) -> None:
        super().__init__(name, count, size)
        self._file = file
        self._frames: list[Image.Image] = []

    @classmethod
    def decoded(cls, name: str, file: bytes) -> GivenVideo:
        """With as many frames as the file has. Raises av.FFmpegError, IndexError."""
        frames = decode_mp4(file)
        video = cls(name, file, len(frames), frames[0].size)
        video._frames = frames
        return video

    def picture(self, position: int) -> Image.Image:
        if not self._frames:
            self._frames = decode_mp4(self._file)
        return self._frames[position].copy()


class PointClouds(Media):
    """A few points per file; the second lies at x = position + 1."""

    def __init__(
        self,
        names: Sequence[str],
        related: Mapping[int, list[tuple[str, bytes]]] | None = None,
    ) -> None:
        self.names = names
        self.context = related or {}

    @property
    def count(self) -> int:
        return len(self.names)

    def name(self, position: int) -> str:
        return self.names[position]

    def dimensions(self, position: int) -> Size:
        return (4, 1)

    def original(self, position: int) -> bytes:
        return _POINT_CLOUD.format(position + 1).encode()

    def picture(self, position: int) -> Image.Image:
        return numbered(position, (256, 192))

    def related(self, position: int) -> list[tuple[str, bytes]]:
        return self.context.get(position, [])


class Multiview(Video):
    """Several videos in one task, known to one fork of CVAT: has a meta but no frames."""
