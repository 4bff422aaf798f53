"""The pictures of a selection in a ZIP, to be uploaded as a new task."""

from __future__ import annotations

import io
import os
from contextlib import closing
from pathlib import Path

from cvat.pictures import possible_sizes
from portal.work.exceptions import WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.change import LEAVE_OUT
from publishing.models import Publication
from publishing.new_task import COMPRESSED
from publishing.services.packed_file import Foresight, PackedFile
from publishing.services.spools import (
    PACKED,
    disk_errors_explained,
    packed_lines,
    spool_of,
    unfinished_path,
)
from publishing.services.uploaded_replacements import UploadedReplacements
from publishing.upright import upright_size
from selections.archives import disk
from selections.archives.arrangement import Arrangement
from selections.archives.entries import Entry, Line, MissingFrame
from selections.archives.frame_source import FrameSource
from selections.archives.own_names import as_requested
from selections.archives.video import FrameFileType
from selections.archives.zipping import ZipWriter
from selections.formats.format import Layout
from selections.models import ArchiveOptions, Selection
from selector.worker_requests import connection_of

Sizes = dict[tuple[int, int], tuple[int, int]]


def pack(
    publication: Publication, heartbeat: Heartbeat, packed_file: PackedFile
) -> tuple[Path, list[Line]]:
    """Fetch the pictures through the connection that reads, byte for byte as CVAT serves them. What
    an earlier attempt has fetched or packed is taken over. Returns what PackedFile.finish takes.

    Raises NotConnected, WorkFailed when a frame cannot be had, Stopped, CvatError, UploadEnded.
    """
    packed = spool_of(publication.pk).folder / PACKED
    with disk_errors_explained(publication):
        if not packed.exists():
            os.replace(_packed(publication, heartbeat, packed_file), packed)
        lines = packed_lines(packed)
    heartbeat.frames_done = len(lines)
    return packed, lines


def size_in_cvat(file: io.BufferedIOBase) -> Line:
    """Width and height that CVAT will give an uploaded picture, at whose beginning the file is."""
    width, height = upright_size(file) or (None, None)
    file.seek(0)
    return {"width": width, "height": height}


def _packed(publication: Publication, heartbeat: Heartbeat, packed_file: PackedFile) -> Path:
    """The path of the finished ZIP."""
    selection = _selection(publication, heartbeat)
    options = ArchiveOptions(quality=publication.get_new_task_options().quality)
    spool = spool_of(publication.pk)
    source = _source(publication, heartbeat, selection, options)
    spool.prepare()
    source.drop_stale()
    guard = disk.Guard(frames_total=publication.frames_total, spooled=spool.size_of_pieces())
    guard.check_before(selection)
    heartbeat.frames_done = heartbeat.bytes_done = 0
    arrangement = Arrangement(selection, options, None)
    sizes = _sizes(selection) if options.quality == COMPRESSED else {}
    stem = unfinished_path(spool, heartbeat)
    with ZipWriter(stem, part_size=0, about={}, is_hashed=False) as writer:
        foreseen = _Foreseen(writer, packed_file, publication.frames_total)
        with closing(source.entries(arrangement, flush=writer.flush)) as entries:
            for entry in entries:
                heartbeat.check()
                if isinstance(entry, Entry):
                    line = entry.line or {}
                    if line.get("replaced"):
                        line |= size_in_cvat(entry.file)
                    _check_pixels(line, sizes)
                    guard.check_size(entry.size)
                    writer.add(entry)
                    heartbeat.frames_done += 1
                    heartbeat.bytes_done += entry.size
                    guard.check(frames=heartbeat.frames_done, written=heartbeat.bytes_done)
                    foreseen.check(entry)
                elif isinstance(entry, MissingFrame):
                    raise WorkFailed(_missing(entry))
        if heartbeat.frames_done != publication.frames_total:
            raise WorkFailed(
                "What is deleted of the selection in CVAT has changed since you asked. "
                "No task was made. Look at it, then ask again."
            )
        [part] = writer.finish([], padded_to=foreseen.length or 0)
    return part.path


def _selection(publication: Publication, heartbeat: Heartbeat) -> Selection:
    """The frames to pack: those of the selection as it was when the task was asked for, or of some
    of its tasks. Raises WorkFailed."""
    selection = publication.selection
    if selection is None:
        raise WorkFailed("The selection was deleted before its frames were fetched.")
    if task_ids := publication.get_new_task_options().task_ids:
        selection = selection.of_tasks(task_ids)
    return as_requested(
        selection,
        revision=publication.revision,
        user=publication.requested_by,
        connection=connection_of(publication),
        stop=heartbeat.stopped,
    )


class _Foreseen:
    """Foresees the length of the ZIP, once, and watches that it holds."""

    def __init__(self, writer: ZipWriter, packed_file: PackedFile, pictures: int) -> None:
        self.length: int | None = None
        self._writer = writer
        self._packed_file = packed_file
        self._foresight = Foresight(pictures, empty=writer.final_size)
        self._size = writer.final_size
        self._has_begun = False
        self._is_over = not packed_file.is_read_meanwhile

    def check(self, entry: Entry) -> None:
        """After a picture was written. Raises UploadEnded."""
        size = self._writer.final_size
        added, self._size = size - self._size, size
        if not self._has_begun:
            self._packed_file.begin(entry.line or {})
            self._has_begun = True
        self._packed_file.advance()
        if self._is_over:
            return
        if self.length is not None and size > self.length:
            self._packed_file.withdraw()
            self.length, self._is_over = None, True
        elif self.length is None:
            self._foresight.add(added)
            self.length = self._foresight.length()
            if self.length is not None:
                self._packed_file.foresee(self._writer.path, self.length)


def _sizes(selection: Selection) -> Sizes:
    """Width and height of the original pictures, where they are known, by task and frame."""
    rows = selection.frames.filter(width__gt=0, height__gt=0)
    values = rows.values_list("task_id", "frame", "width", "height")
    return {(task_id, frame): (width, height) for task_id, frame, width, height in values}


def _check_pixels(line: Line, sizes: Sizes) -> None:
    """Raises WorkFailed for a picture that has another size than the original."""
    original = sizes.get((line["task_id"], line["frame"])) if sizes else None
    if original is None:
        return
    allowed = possible_sizes(*original, is_of_video=not line["filename"])
    if (line["width"], line["height"]) in allowed:
        return
    raise WorkFailed(
        f"Compressed by CVAT, frame {line['frame']} of task {line['task_id']} has "
        f"{line['width']} × {line['height']} pixels in place of {original[0]} × {original[1]}. "
        "Annotations would not fit, so no task was made. Choose the original files."
    )


def _missing(entry: MissingFrame) -> str:
    line = entry.line
    return (
        f"Frame {line['frame']} of task {line['task_id']} cannot be had, so no task was made. "
        f"{entry.reason}"
    )


def _source(
    publication: Publication,
    heartbeat: Heartbeat,
    selection: Selection,
    options: ArchiveOptions,
) -> FrameSource:
    return FrameSource(
        connection_of(publication),
        selection,
        spool=spool_of(publication.pk),
        heartbeat=heartbeat,
        quality=options.quality,
        frame_file_type=FrameFileType(options.video_format, options.video_quality),
        has_deleted_frames=publication.get_new_task_options().deleted_frames != LEAVE_OUT,
        layout=Layout(strips_start=True),  # CVAT strips the paths of jobs (cvat-api 15.5)
        own_pictures=UploadedReplacements(publication),
    )
