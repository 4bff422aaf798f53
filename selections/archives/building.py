"""Builds an archive: takes the entries of its sources, writes them to ZIP files, stores these."""

from __future__ import annotations

import errno
import logging
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import Any

from django.conf import settings

from cvat.exceptions import CvatError
from portal.work.exceptions import Stopped, WorkFailed
from portal.work.heartbeat import Heartbeat
from portal.work.running import run
from selections.archives import disk, growing, results, written
from selections.archives.annotation_source import AnnotationSource
from selections.archives.arrangement import Arrangement
from selections.archives.entries import (
    Entry,
    FrameEntry,
    Line,
    ListedFrame,
    MissingFrame,
    PartSource,
)
from selections.archives.frame_source import FrameSource
from selections.archives.own_names import as_requested
from selections.archives.part_file import WrittenPart
from selections.archives.remarks import Remarks
from selections.archives.spools import clear, spool_of
from selections.archives.storing import stored
from selections.archives.video import FrameFileType
from selections.archives.zipping import ZipWriter
from selections.formats import FORMATS
from selections.formats.format import AS_IN_CVAT
from selections.models import Archive, DeletedFrames, Selection
from selector.models import Connection
from selector.worker_requests import connection_of

logger = logging.getLogger(__name__)

ALL_DELETED = (
    "Every frame of the selection was deleted in CVAT since it was saved, and such frames are to "
    "be left out. Build it with the deleted frames, or choose others."
)
ALL_EMPTY = (
    "No frame of the selection has any of the chosen objects, and such frames are to be left out. "
    "Keep frames without objects, or choose other objects."
)
WITHOUT_OBJECTS = "It has none of the chosen objects."  # in the manifest


def build(archive_id: int) -> bool:
    """Build the archive if it still waits to be built; the outcome is in its row. False if it does
    not wait, or for other builds of its person."""
    is_claimed = run(Archive, archive_id, _perform)
    if is_claimed:
        clear(archive_id)
    return is_claimed


def _perform(archive: Archive, heartbeat: Heartbeat) -> None:
    if archive.selection is None:
        raise WorkFailed("The selection was deleted before its archive was built.")
    connection = connection_of(archive)
    try:
        selection = as_requested(
            archive.selection,
            revision=archive.revision,
            user=archive.requested_by,
            connection=connection,
            stop=heartbeat.stopped,
        )
        _Build(archive, connection, selection, heartbeat).run()
    except OSError as error:
        logger.exception("archive %s could not be written", archive.pk)
        raise WorkFailed(why_not_written(error)) from error


def why_not_written(error: OSError) -> str:
    """What a person reads of a ZIP that the portal could not write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk of the portal is full. Ask its operator for room, or choose fewer frames."
    return f"The ZIP could not be written: {error.strerror or error}."


class _Build:
    """One attempt of a worker."""

    def __init__(
        self, archive: Archive, connection: Connection, selection: Selection, heartbeat: Heartbeat
    ) -> None:
        self.archive = archive
        self.connection = connection
        self.selection = selection
        self.heartbeat = heartbeat
        self.spool = spool_of(archive.pk)
        self.format = FORMATS.get(archive.get_options().annotations)
        self.results = results.find(
            user=archive.requested_by,
            selection=selection,
            results_id=archive.get_options().annotations_from,
        )
        self.source = self._frame_source()
        self.problems: list[Line] = []
        self.left_out: list[Line] = []
        self.remarks = Remarks()
        self.may_come_late = False  # CVAT may serve some of the missing frames later

    def run(self) -> None:
        """Raises Stopped, CvatError, disk.Full, OSError."""
        earlier = self.archive.continues_id
        self.spool.prepare(earlier=spool_of(earlier).folder if earlier else None)
        self.source.drop_stale()
        self.guard = disk.Guard(
            frames_total=self.archive.frames_total,
            spooled=self.spool.size_of_pieces(),
            allowance=self._allowance(),
        )
        if self.archive.get_options().pictures:
            self.guard.check_before(self.selection)
        if not self.archive.begin_files(self.heartbeat.worker):
            raise Stopped
        with ExitStack() as stack:
            annotations = self._annotation_source()
            if annotations is not None:
                stack.callback(annotations.close)
            arrangement = Arrangement(self.selection, self.archive.get_options(), annotations)
            writer = stack.enter_context(self._writer(self._part_sources(annotations)))
            with closing(self.source.entries(arrangement, flush=writer.flush)) as entries:
                for entry in entries:
                    self.heartbeat.check()
                    if annotations is not None and isinstance(entry, Entry | ListedFrame):
                        self._take(annotations.with_paths(entry), writer)
                    else:
                        self._take(entry, writer)
            self._check_complete()
            self._check_not_empty()
            about = annotations.about() if annotations is not None else {}
            self._store(writer.finish(self.problems, self.left_out, about), about)

    def _take(self, entry: FrameEntry, writer: ZipWriter) -> None:
        if isinstance(entry, Entry):
            self._add(entry, writer)
        elif isinstance(entry, ListedFrame):
            writer.add_listed(entry)
            self.remarks.add_listed(entry.line | {"path": entry.path})
            self.heartbeat.frames_done += 1
        elif isinstance(entry, MissingFrame):
            self.problems.append(entry.line | {"reason": entry.reason})
            self.may_come_late = self.may_come_late or entry.is_late
        else:
            reason = {"reason": WITHOUT_OBJECTS} if entry.is_without_objects else {}
            self.left_out.append(entry.line | reason)
            self.remarks.leave_out(entry.line, is_without_objects=entry.is_without_objects)

    def _add(self, entry: Entry, writer: ZipWriter) -> None:
        size = entry.size * entry.files
        self.guard.check_size(size)
        writer.add(entry)
        self.remarks.add((entry.line or {}) | {"path": entry.path})
        self.heartbeat.frames_done += 1
        self.heartbeat.bytes_done += size
        self.guard.check(frames=self.heartbeat.frames_done, written=self.heartbeat.bytes_done)

    def _check_complete(self) -> None:
        """Frames are read in slices: those of a selection that is deleted meanwhile are gone."""
        handled = self.heartbeat.frames_done + len(self.problems) + len(self.left_out)
        if handled != self.archive.frames_total:
            raise WorkFailed("The selection was deleted while its archive was built.")

    def _check_not_empty(self) -> None:
        if self.heartbeat.frames_done:
            return
        if not self.problems:
            is_empty = any("reason" in line for line in self.left_out)
            raise CvatError(ALL_EMPTY if is_empty else ALL_DELETED)
        if not self.may_come_late:
            raise CvatError(f"No frame could be fetched. {self.problems[0]['reason']}")

    def _store(self, parts: list[WrittenPart], about_annotations: dict[str, Line]) -> None:
        for part in parts:
            # For the next attempt, if this one ends before all are stored.
            written.link_for_retry(part.path)
        with stored(self.archive, self.heartbeat.worker, parts) as rows:
            is_finished = self.archive.finish(
                self.heartbeat.worker,
                parts=rows,
                problems=self.problems,
                left_out=len(self.left_out),
                remarks=self.remarks.to_json(
                    most_entries=max(part.entries for part in parts),
                    has_task_folders=self.source.has_task_folders,
                    **about_annotations,
                ),
                bytes_done=self.heartbeat.bytes_done,
            )
            if not is_finished:
                raise Stopped  # cancelled or taken over while it was stored

    def _frame_source(self) -> FrameSource:
        options = self.archive.get_options()
        return FrameSource(
            self.connection,
            self.selection,
            spool=self.spool,
            heartbeat=self.heartbeat,
            quality=options.quality,
            frame_file_type=FrameFileType(options.video_format, options.video_quality),
            has_deleted_frames=options.deleted_frames != DeletedFrames.LEAVE_OUT,
            task_folders=options.task_folders,
            has_pictures=options.pictures,
            lists_jobs=self.format is not None,
            layout=self.format.layout if self.format is not None else AS_IN_CVAT,
        )

    def _annotation_source(self) -> AnnotationSource | None:
        if self.format is None:
            return None
        return AnnotationSource(
            self.connection,
            self.selection,
            self.format,
            self.archive.get_options(),
            self.results,
            known_tasks=self.source.known_tasks,
            folder=self.spool.folder,
            heartbeat=self.heartbeat,
        )

    def _part_sources(self, annotations: AnnotationSource | None) -> list[PartSource]:
        """What adds files to each part beside its pictures."""
        return [] if annotations is None else [annotations]

    def _writer(self, part_sources: Sequence[PartSource]) -> ZipWriter:
        options = self.archive.get_options()
        return ZipWriter(
            growing.stem(self.archive, self.heartbeat.worker),
            part_size=options.part_size,
            part_files=options.part_files,
            selection=self.selection.pk if options.task_folders else None,
            about=self._about(),
            sources=part_sources,
        )

    def _allowance(self) -> int | None:
        """How many bytes the archive may have; None without a limit."""
        limit = settings.ARCHIVE_BYTES_PER_PERSON
        others = Archive.objects.filter(requested_by=self.archive.requested_by_id).with_file()
        return max(limit - others.bytes(), 0) if limit else None

    def _about(self) -> dict[str, Any]:
        selection = self.selection
        return {
            "selection": {
                "id": selection.pk,
                "revision": selection.revision,
                # Not its present name, which the requester may not be allowed to see any more.
                "name": self.archive.selection_name,
                "frame_selection_method": selection.frame_selection_method,
                "parameters": selection.parameters,
                "random_seed": selection.random_seed,
            },
            "cvat": {
                "url": selection.url,
                "tasks": [task.to_json() for task in selection.tasks.all()],
            },
            "options": self.archive.options,
        }
