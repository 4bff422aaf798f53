"""The shapes that a build passes on: from the selection to the sources of an archive, from the
sources to the sink. No Django.

A source yields the files of an archive one after the other (frame_source.FrameSource), a sink takes
them (zipping.ZipWriter). Neither knows the other; selections.archives.building connects them.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from selections.formats.format import Room

Line = dict[str, Any]  # what the manifest says of one frame


class WantedFrame(NamedTuple):
    """A frame of the selection."""

    task_id: int
    job_id: int
    frame: int
    filename: str


class ChosenFrames:
    """Task frames, ascending, each with the job that it was chosen from."""

    def __init__(self) -> None:
        self.frames = array("q")
        self.jobs = array("q")

    def add(self, frame: int, job_id: int) -> None:
        self.frames.append(frame)
        self.jobs.append(job_id)


class Entry(NamedTuple):
    """A file of the archive. `file` is read from its present position, before the next entry is
    asked for, and holds `size` bytes. Without `crc32` it is read twice. `copies`: further paths at
    which the same bytes stand."""

    path: str
    file: io.BufferedIOBase
    size: int
    line: Line | None = None  # None: no picture; the manifest lists the file as one of `files`
    crc32: int | None = None  # of the bytes, where it is known to be right
    copies: Sequence[str] = ()

    @property
    def files(self) -> int:
        """How many files of the archive it is."""
        return 1 + len(self.copies)


class ListedFrame(NamedTuple):
    """A frame that the manifest lists, with the paths that its picture would have. The archive
    holds annotations alone."""

    path: str
    line: Line
    copies: Sequence[str] = ()


class MissingFrame(NamedTuple):
    """A frame that cannot be fetched."""

    line: Line
    reason: str  # can be shown
    is_late: bool = False  # CVAT may serve it later


class LeftOutFrame(NamedTuple):
    """A frame that the requester wishes to be left out: deleted in CVAT, or without objects."""

    line: Line
    is_without_objects: bool = False


FrameEntry = Entry | ListedFrame | MissingFrame | LeftOutFrame


class PartSource(Protocol):
    """A source of files that are made from the manifest lines of a part, such as annotations. They
    stand in each part, after its pictures."""

    def room(self, line: Line | None) -> Room:
        """What the frame of this line (with its path) can add to a part; for None, what a part
        without frames has. Asked only when parts have limits."""

    def add(self, line: Line) -> None:
        """Take the line (with path, size and crc32) of a frame that was written to the part."""

    def entries(self, part: int | None) -> Iterator[Entry]:
        """The files of the part that ends, from the lines that were added to it. They have no lines
        of their own. `part` is its number, None for the only one."""
