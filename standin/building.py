"""Builds tasks from a TaskSpec, the description of an upload."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from standin import skeletons
from standin.layout import default_chunk_size, honeypots, segments
from standin.media import (
    GivenImages,
    GivenVideo,
    Images,
    Media,
    Multiview,
    NumberedNames,
    PointClouds,
    Size,
    Video,
)
from standin.model import Job, Label, Organization, Project, Readiness, Task, User
from standin.pictures import Drawing, plain

VIDEO_CHUNK = 36


@dataclass
class JobSettings:
    """What differs from a fresh job."""

    assignee: User | str | None = None
    stage: str = "annotation"
    state: str = "new"


@dataclass
class TaskSpec:
    """How to build a task; only `name` is needed, and `images` or `count` for one with data.

    `images` names or name-to-bytes; `count` numbered ones instead. `honeypots` is (frames in the
    pool, or the places of their images, copies per job). `ground_truth` lists task frames. `jobs`
    changes annotation jobs by their place. `step`, `start_frame` and `stop_frame` count in uploaded
    files (source numbers).
    """

    name: str
    owner: User | str | None = None
    task_id: int | None = None
    assignee: User | str | None = None
    project: Project | None = None
    organization: Organization | None = None
    subset: str = ""
    images: Sequence[str] | Mapping[str, bytes] | None = None
    count: int | None = None
    pattern: str = "img_{:03d}.jpg"
    size: tuple[int, int] = (64, 48)
    scene: Drawing = plain
    orientations: Mapping[int, int] | None = None
    related: Mapping[int, list[tuple[str, bytes]]] | None = None
    video: bool = False
    video_name: str = "video.mp4"
    video_file: bytes = b""  # decoded to count its frames
    use_zip_chunks: bool = False
    dimension: str = "2d"
    readiness: Readiness = "ready"
    segment_size: int = 0
    overlap: int | None = None
    chunk_size: int | None = None
    image_quality: int = 70
    start_frame: int = 0
    stop_frame: int | None = None
    step: int = 1
    deleted: Iterable[int] = ()
    ground_truth: Sequence[int] | None = None
    ground_truth_job_id: int | None = None
    honeypots: tuple[int | Sequence[int], int] | None = None
    seed: int = 0
    consensus_replicas: int = 0
    labels: Sequence[str | Mapping[str, Any]] = ("car", "person")
    jobs: Mapping[int, JobSettings | Mapping[str, Any]] = field(default_factory=dict)
    first_job_id: int | None = None
    sizes: Mapping[str, Size] = field(default_factory=dict)  # of the images, where they are known
    job_sizes: Sequence[int] = ()  # in place of a segment size, as in a job file mapping

    def media(self) -> Media | None:
        """What was uploaded, or None for a task that has no (usable) data."""
        if self.readiness != "ready":
            return None
        if self.dimension == "multiview":
            return Multiview(self.video_name, self.count or 3000, (1920, 1080))
        if self.video_file:
            return GivenVideo.decoded(self.video_name, self.video_file)
        if self.video:
            return Video(self.video_name, self.count or 60, self.size, self.scene)
        if isinstance(self.images, Mapping):
            return GivenImages(self.images, self.related, self.sizes)
        names = self.images or NumberedNames(self.pattern, self.count or 0)
        if self.dimension == "3d":
            return PointClouds(names, self.related)
        return Images(names, self.size, self.scene, self.orientations, self.related)


def fill(task: Task, spec: TaskSpec) -> None:
    """Give a task its data, frames and sizes; `task.media` is set already."""
    media = task.media
    if media is None:
        task.chunks_updated_date = None
        task.segment_size = spec.segment_size
        return
    last = media.count - 1 if spec.stop_frame is None else min(spec.stop_frame, media.count - 1)
    task.order = range(spec.start_frame, last + 1, spec.step)
    task.start_frame, task.step = spec.start_frame, spec.step
    task.size = len(task.order)
    task.stop_frame = task.order[-1]
    if media.is_video and not spec.use_zip_chunks:
        task.chunk_size = spec.chunk_size or VIDEO_CHUNK
    else:
        task.chunk_size = spec.chunk_size or default_chunk_size(*media.dimensions(task.order[0]))


def annotation_segments(task: Task, spec: TaskSpec) -> list[range]:
    """The ranges of the annotation jobs; sets what the task says about them."""
    if spec.job_sizes:
        task.overlap, task.segment_size = 0, 0
        ends = list(accumulate(spec.job_sizes))
        return [range(end - size, end) for end, size in zip(ends, spec.job_sizes, strict=True)]
    size = spec.segment_size or task.size
    default = 5 if task.is_video and size < task.size else 0
    wanted = default if spec.overlap is None else spec.overlap
    task.overlap = min(wanted, size // 2)
    task.segment_size = min(size, task.size)
    return segments(task.size, size, task.overlap)


def honeypot_segments(
    task: Task, spec: TaskSpec, pool: int | Sequence[int], per_job: int
) -> list[range]:
    """As `annotation_segments`, after shuffling the uploads and copying from the pool."""
    layout = honeypots(task.size, pool, per_job, spec.segment_size or task.size, spec.seed)
    task.order, task.size = layout.order, len(layout.order)
    task.stop_frame = task.size - 1
    task.honeypots, task.frames_per_job_count = layout.real, per_job
    task.segment_size, task.overlap = 0, 0
    task.validation_mode = "gt_pool"
    return [*layout.segments, layout.pool]


def default_labels(names: Sequence[str | Mapping[str, Any]], first_id: int) -> list[Label]:
    """Labels from names or from dictionaries with any of the fields of `Label`. What has no number
    gets one. A skeleton may have `points` (name to place, as shares of its size) and `lines` (pairs
    of names) instead of sublabels and a drawing.
    """
    labels: list[Label] = []
    number = first_id
    for offset, entry in enumerate(names):
        values: dict[str, Any] = {"name": entry} if isinstance(entry, str) else dict(entry)
        values.setdefault("color", f"#{(0x2080C0 + offset * 0x3A5F17) % 0x1000000:06x}")
        points, lines = values.pop("points", {}), values.pop("lines", [])
        parts = values.pop("sublabels", [])
        label = Label(**{"id": number, **values})
        if points:
            skeletons.fill(label, points, lines)
        if parts:
            skeletons.take(label, parts)
        for each in (label, *label.sublabels):
            each.attributes = list(_attributes(each))
        labels.append(label)
        number = max(number, label.id, *(part.id for part in label.sublabels)) + 1
    return labels


def _attributes(label: Label) -> Iterator[dict[str, Any]]:
    """Those of the label with an id and, as in CVAT, a default."""
    for place, given in enumerate(label.attributes):
        defaults = {"mutable": False, "default_value": next(iter(given["values"]), "")}
        yield {**defaults, "id": label.id * 10 + place, **given}


def with_replicas(job: Job, count: int, first_id: int) -> list[Job]:
    """The replicas of a consensus job (cvat-api 8.4)."""
    job.replicas = count
    return [
        Job(
            first_id + number,
            job.task,
            job.start,
            job.stop,
            type="consensus_replica",
            parent=job,
            created_date=job.created_date,
            updated_date=job.updated_date,
        )
        for number in range(count)
    ]
