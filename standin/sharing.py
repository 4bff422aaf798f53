"""Files in which the stand-ins of a test run share chunks, pictures and annotations: the worlds of
its tests are new, but most of their pictures are the same."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from standin.media import Images, Media, Video
from standin.pictures import extension, plain
from standin.scenes import Scene


class SharedFiles:
    """Bytes in files of a folder, named by all that they depend on. Without a folder none."""

    def __init__(self) -> None:
        self.folder: Path | None = None

    def get(self, inputs: str | None, what: str, make: Callable[[], bytes]) -> bytes:
        """The bytes that `make` returns, from their file if there is one. `what` and `inputs` tell
        all that the bytes depend on; for `inputs` of None they are made each time."""
        if self.folder is None or inputs is None:
            return make()
        path = self.folder / sha256(f"{what}\n{inputs}".encode()).hexdigest()
        try:
            return path.read_bytes()
        except FileNotFoundError:
            made = make()
        self.folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{uuid.uuid4().hex}")
        part.write_bytes(made)
        os.replace(part, path)  # whole for whoever reads meanwhile
        return made


shared = SharedFiles()


def inputs_of(media: Media, positions: Sequence[int]) -> str | None:
    """All that the pictures at these positions depend on, as text. None for pictures that a test
    gives or draws by a function of its own."""
    if type(media) is Images:
        files = [(at, extension(media.name(at)), media.orientations.get(at)) for at in positions]
        return _drawn(media, files)
    return _drawn(media, list(positions)) if type(media) is Video else None


def _drawn(media: Images | Video, what: object) -> str | None:
    if media.scene is not plain and not isinstance(media.scene, Scene):
        return None
    scene = "plain" if media.scene is plain else repr(media.scene)
    return f"{scene} {type(media).__name__} {media.size} {what}"
