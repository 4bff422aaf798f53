"""Reads the results that an archive has in place of the annotations of the tasks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from cvat import origins
from cvat.annotations import Labels
from cvat.client import CvatClient
from cvat.exceptions import CvatError
from cvat.pictures import possible_sizes
from cvat.types import Job
from selections.archives.annotation_reading import TaskAnnotations, read_labels, read_task
from selections.archives.annotation_store import SeekableObjects
from selections.archives.annotation_writing import PictureLine, stored_path
from selections.archives.entries import ChosenFrames, Line
from selections.archives.refusals import FRAME_ERRORS
from selections.archives.results import Results
from selections.formats.format import Format
from selections.object_choice import ObjectChoice

MOST_NAMED = 100  # frames without results
RESULTS_GONE = (
    "The results of {title} cannot be read: CVAT shows no job of them to you. They may have been "
    "deleted there. Build the ZIP with the annotations of the tasks, or of another publication."
)


class ResultReading:
    """The results of all frames are read at once, into one file, and copied from there for each
    task. To be used from one thread, but `note_size` and `about` after all tasks were read."""

    def __init__(
        self,
        client: CvatClient,
        results: Results,
        chosen: Mapping[int, ChosenFrames],
        *,
        folder: Path,
        format: Format,  # noqa: A002  (the word of the field)
        choice: ObjectChoice,
    ) -> None:
        self._client = client
        self._results = results
        self._chosen = chosen
        self._folder = folder
        self._format = format
        self._choice = choice
        self._deleted: Collection[int] = ()
        self._resized_count = 0
        self._labels_added: Counter[str] = Counter()

    @cached_property
    def labels(self) -> Labels | CvatError:
        """Those of the task of the results, or why CVAT refuses them. Raises any other CvatError,
        and CvatError if CVAT shows no results."""
        return read_labels(self._client, self._results.task_id, self._jobs[0].id)

    @cached_property
    def annotations(self) -> TaskAnnotations:
        """What was read besides the objects; frames, jobs and tasks are those of the results."""
        _ = self._updated_date, self._sizes  # before the objects: then these are at least as new
        return read_task(
            self._client,
            self._results.task_id,
            self._new_frames,
            self.labels,
            self._jobs,
            deleted=self._read_deleted,
            into=self._path,
            format=self._format,
            choice=self._choice,
        )

    def read(self, task_id: int, own_labels: Labels | CvatError) -> TaskAnnotations:
        """Write the results on the frames of a task, whose own labels are given, into the file of
        the task. What is left out of all results is in `annotations`. Raises CvatError."""
        unread = self.annotations.unread
        pairs = list(self._results.pairs(task_id, self._chosen[task_id].frames))
        counts = self._stored.copy(pairs, stored_path(self._folder, task_id))
        if isinstance(own_labels, Labels) and isinstance(self.labels, Labels):
            own_names = {label.name for label in own_labels}
            for label in self.labels:
                if label.name not in own_names and counts[label.id]:
                    self._labels_added[label.name] += counts[label.id]
        return TaskAnnotations(
            [],
            0,
            Counter(),
            Counter(),
            [
                {
                    frame
                    for frame, new in pairs
                    if new in self._not_shown or any(new in each for each in unread)
                }
            ],
        )

    def note_size(self, picture: PictureLine, *, is_of_video: bool) -> None:
        """Count the picture if it has another size among the results."""
        for _, new_frame in self._results.pairs(picture.task_id, [picture.frame]):
            if new_frame < len(self._sizes):
                before = possible_sizes(picture.width, picture.height, is_of_video=is_of_video)
                now = possible_sizes(*self._sizes[new_frame], is_of_video=is_of_video)
                self._resized_count += bool(before and now) and before.isdisjoint(now)

    def about(self) -> Line:
        """What the manifest says of the results. It is the same for the same results: their time is
        that of the last change in CVAT."""
        without = [
            {"task_id": task_id, "frame": frame}
            for task_id, chosen in self._chosen.items()
            for frame in self._results.absent(task_id, chosen.frames)
        ]
        return {
            "publication": self._results.id,
            "task_id": self._results.task_id,
            "job_id": self._results.job_id,
            "updated_date": self._updated_date,
            "not_held_count": len(without),
            "not_held": without[:MOST_NAMED],
            "not_shown_count": len(self._not_shown),
            "deleted_count": sum(frame in self._deleted for frame in self._new_frames.frames),
            "resized_count": self._resized_count,
            "labels_added": dict(sorted(self._labels_added.items())),
        }

    @cached_property
    def _jobs(self) -> list[Job]:
        """Those that may hold results; at least one. Raises CvatError."""
        task_id, job_id = self._results.task_id, self._results.job_id
        try:
            shown = [self._client.job(job_id)] if job_id else self._client.jobs(task_id)
        except FRAME_ERRORS as error:
            raise CvatError(RESULTS_GONE.format(title=self._results.title)) from error
        jobs = [job for job in shown if job.is_annotation or job.id == job_id or self._is_pool(job)]
        if not jobs:
            raise CvatError(RESULTS_GONE.format(title=self._results.title))
        return jobs

    @cached_property
    def _updated_date(self) -> str:
        """When one of the jobs was changed last, in CVAT's words."""
        if self._results.job_id is not None:
            return self._client.job_updated_date(self._results.job_id)
        numbers = {job.id for job in self._jobs}
        dates = self._client.job_dates(self._results.task_id)
        return max((each.updated_date for each in dates if each.id in numbers), default="")

    @cached_property
    def _sizes(self) -> list[tuple[int, int]]:
        """Of the pictures of a new task, by their numbers; none where CVAT does not tell."""
        if self._results.job_id is not None:
            return []  # the pictures are those of the selection
        try:
            meta = self._client.task_meta(self._results.task_id)
        except FRAME_ERRORS:
            return []
        return [(frame.width, frame.height) for frame in meta.frames]

    @cached_property
    def _new_frames(self) -> ChosenFrames:
        return self._results.chosen(self._chosen, list(filter(self._is_pool, self._jobs)))

    def _is_pool(self, job: Job) -> bool:
        return self._results.has_pool and job.type == "ground_truth"

    @cached_property
    def _not_shown(self) -> frozenset[int]:
        """New frames that no job holds which CVAT shows."""
        numbers = self._new_frames.frames
        shown: set[int] = set()
        for job in self._jobs:
            first, end = (
                bisect_left(numbers, job.start_frame),
                bisect_right(numbers, job.stop_frame),
            )
            shown.update(numbers[first:end])
        return frozenset(numbers).difference(shown)

    @cached_property
    def _path(self) -> Path:
        return self._folder / "results.jsonl"

    @cached_property
    def _stored(self) -> SeekableObjects:
        _ = self.annotations  # which writes the file
        return SeekableObjects(self._path)

    def _read_deleted(self, jobs: Sequence[Job]) -> Collection[int]:
        self._deleted = origins.read(self._client, self._results.task_id, jobs).deleted
        return self._deleted
