"""Makes the entry of each frame of a selection: its path, its line in the manifest, or that it is
left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cvat.types import Job
from selections.archives import frame_rows, headers
from selections.archives.arrangement import Arrangement
from selections.archives.block_state import Missing
from selections.archives.entries import (
    Entry,
    LeftOutFrame,
    Line,
    ListedFrame,
    MissingFrame,
    WantedFrame,
)
from selections.archives.naming import FramePaths
from selections.archives.origins import Origins
from selections.archives.pieces import Picture
from selections.archives.remarks import changes
from selections.formats.format import Layout
from selections.models import Selection


class FrameEntries:
    """The entries of all frames, each made once, in the order of the frames.

    First the paths of all frames are reserved, by `reserve_paths` or on the way through
    `announced`. Then each frame is `left_out`, or else `fetched`, `missing` or `listed`. The
    methods wait for what CVAT says of the task, see Origins: they raise Stopped, CvatError.
    `has_deleted_frames` and `layout`: see FrameSource.
    """

    def __init__(
        self,
        selection: Selection,
        jobs: Mapping[int, Job],
        origins: Origins,
        arrangement: Arrangement,
        *,
        quality: str,
        layout: Layout,
        has_task_folders: bool,
        has_deleted_frames: bool,
    ) -> None:
        self._selection = selection
        self._origins = origins
        self._arrangement = arrangement
        self._quality = quality
        self._has_deleted_frames = has_deleted_frames
        arrangement.arrange(
            frame for frame in frame_rows.wanted(selection) if not self._is_deleted(frame)
        )
        folders = layout.folders(arrangement.subsets)
        self._paths = FramePaths(
            task_folders=has_task_folders,
            quality=quality,
            recompressing={job.id for job in jobs.values() if job.recompresses},
            root=lambda frame: folders.get(arrangement.subset(frame), ""),
            layout=layout,
        )

    def reserve_paths(self) -> None:
        for frame in frame_rows.wanted(self._selection):
            self._paths.reserve(frame)

    def announced(self) -> Iterator[WantedFrame]:
        """The frames that are not left out. On the way the paths of all frames are reserved."""
        for frame in frame_rows.wanted(self._selection):
            self._paths.reserve(frame)
            if not (self._is_deleted(frame) or self._arrangement.is_empty(frame)):
                yield frame

    def left_out(self, frame: WantedFrame) -> LeftOutFrame | None:
        """The frame, if the requester wishes it to be left out."""
        if self._is_deleted(frame):
            is_empty = False
        elif self._arrangement.is_empty(frame):
            is_empty = True
        else:
            return None
        self._paths.leave_out(frame)
        return LeftOutFrame(self._origins.line(frame), is_without_objects=is_empty)

    def fetched(self, frame: WantedFrame, picture: Picture, *, is_replaced: bool) -> Entry:
        """The entry of a frame with its picture; `is_replaced`: not the one that CVAT has."""
        line = self._line(frame)
        if is_replaced:
            line["replaced"] = True
        header = headers.read(picture.file)
        picture.file.seek(0)
        line |= {"width": header.width, "height": header.height}
        if not is_replaced:
            line |= changes(
                header,
                quality=self._quality,
                is_video=self._origins.is_video(frame),
                is_recompressed=picture.is_recompressed,
            )
        if picture.is_recompressed:
            line["recompressed"] = True
        path = self._paths.take(frame, header.extension, is_recompressed=picture.is_recompressed)
        return Entry(path, picture.file, picture.size, line, picture.crc32)

    def missing(self, frame: WantedFrame, why: Missing) -> MissingFrame:
        """The entry of a frame that cannot be fetched."""
        # It takes its path as well: those of the others do not depend on what is missing.
        self._paths.take(frame, "")
        return MissingFrame(self._line(frame), *why)

    def listed(self, frame: WantedFrame, width: int, height: int, extension: str) -> ListedFrame:
        """The entry of a frame without its picture; 0: CVAT does not say the size. `extension`:
        that of a picture without a file name."""
        path = self._paths.take(frame, "" if frame.filename else extension)
        size = {"width": width or None, "height": height or None}
        return ListedFrame(path, self._line(frame) | size)

    def _is_deleted(self, frame: WantedFrame) -> bool:
        """Whether the frame is left out because it was deleted in CVAT."""
        return not self._has_deleted_frames and self._origins.is_deleted(frame)

    def _line(self, frame: WantedFrame) -> Line:
        split = self._arrangement.split(frame)
        return self._origins.line(frame) | ({"split": split} if split else {})
