"""What was drawn once is there for all stand-ins that are told the same folder: for those of a test
run, which ask for the same pictures again and again, each for a new world."""

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
    """Keeps what was made in the files of a folder. Without a folder nothing is kept."""

    def __init__(self) -> None:
        self.folder: Path | None = None

    def get(self, recipe: str | None, what: str, make: Callable[[], bytes]) -> bytes:
        """What is made by the recipe, which with `what` says all that the bytes depend on. Without
        a recipe it is made each time."""
        if self.folder is None or recipe is None:
            return make()
        path = self.folder / sha256(f"{what}\n{recipe}".encode()).hexdigest()
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


def recipe_of(media: Media, positions: Sequence[int]) -> str | None:
    """In words, all that the pictures at these positions depend on; None for those that were given
    or that another class draws."""
    if type(media) is Images:
        files = [(at, extension(media.name(at)), media.orientations.get(at)) for at in positions]
        return _drawn(media, files)
    return _drawn(media, list(positions)) if type(media) is Video else None


def _drawn(media: Images | Video, what: object) -> str | None:
    if media.scene is not plain and not isinstance(media.scene, Scene):
        return None
    scene = "plain" if media.scene is plain else repr(media.scene)
    return f"{scene} {type(media).__name__} {media.size} {what}"
