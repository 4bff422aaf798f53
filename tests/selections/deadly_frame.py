"""Imported by the workers of test_deadly_frame.py: one frame kills whoever puts it into a ZIP, or
decodes it, as long as the file DEADLY_FRAME names it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selections.archives import video, zipping

SWITCH = Path(os.environ.get("DEADLY_FRAME", "/nonexistent"))


def die_at(where: str, frame: int) -> None:
    if SWITCH.exists() and SWITCH.read_text() == f"{where} {frame}":
        with SWITCH.with_suffix(".deaths").open("a") as log:
            log.write(f"{os.getpid()}\n")
        os.kill(os.getpid(), signal.SIGKILL)


def watch() -> None:
    add, pictures = zipping.ZipWriter.add, video.pictures

    def deadly_add(writer: Any, *arguments: Any, **options: Any) -> None:
        for entry in arguments:
            die_at("zip", entry.line["frame"])
        add(writer, *arguments, **options)

    def deadly_pictures(film: Path, *arguments: Any) -> Iterator[Any]:
        for position, picture in pictures(film, *arguments):
            die_at("decode", position)
            yield position, picture

    zipping.ZipWriter.add = deadly_add
    video.pictures = deadly_pictures


if "DEADLY_FRAME" in os.environ:
    watch()
