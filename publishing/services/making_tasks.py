"""A new task in CVAT of packed pictures: made once, filled, and compared with what was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from cvat.client import CvatClient
from cvat.exceptions import CvatNotFound
from cvat.types import FrameInfo, ValidationLayout
from cvat.writing import (
    ZIP_NAME,
    LengthChanged,
    NewTask,
    OrderedPicture,
    RequestState,
    TaskData,
    TaskWriter,
)
from portal.work.exceptions import Stopped, WorkFailed
from portal.work.heartbeat import Heartbeat
from publishing.change import Change
from publishing.label_sets import LabelsToSend
from publishing.models import Publication
from publishing.new_task import NewTaskOptions
from publishing.new_task_requests import (
    picture_upload,
    project_creation,
    task_creation,
    task_deletion,
    video_upload,
)
from publishing.services import new_frames
from publishing.services.new_task_jobs import check_replicas, drawn_for_ground_truth
from publishing.services.packed_file import PackedFile, TooLong
from publishing.services.writing import Writing
from selections.archives.entries import Line

# Between questions whether CVAT has made the task: at first, and at most. In between it is a share
# of the time waited so far, so that the end is not seen much later than it comes.
FIRST_POLL_SECONDS, POLL_SECONDS, POLL_SHARE = 0.1, 1.0, 0.05

NO_LAYOUT = ValidationLayout()

NOT_MADE = (
    "CVAT does not make the frames of the new task any more: the request for them was cancelled "
    "there, in the list of requests of your account, or lost. Publish again."
)
FILLED = (
    "Task {task} was to be made anew, because its upload did not fit the pictures, but CVAT has "
    "filled it meanwhile. It was not changed. Look at it in CVAT; if it is not what you need, "
    "remove it and publish again."
)


def make_task(writing: Writing, pictures: PackedFile) -> int:
    """The id of the task with these pictures, made once: an earlier attempt may have come to any
    point of this. Raises Stopped, WorkFailed, CvatError, PackingFailed."""
    try:
        task_id = _filled_task(writing, pictures)
    except (LengthChanged, TooLong):
        _delete_unfilled(writing)
        task_id = _filled_task(writing, pictures)
    TaskWriter(writing.client).delete_doubles(writing.publication.marker, keep=task_id)
    _check_frames(writing, task_id, pictures.lines)
    check_replicas(writing, task_id)
    return task_id


def _check_frames(writing: Writing, task_id: int, lines: Sequence[Line]) -> None:
    """Note which frame each picture became, and compare the two; count the frames of a video.
    Raises WorkFailed, CvatError."""
    publication, client = writing.publication, writing.client
    options = publication.get_new_task_options()
    if publication.video:  # its frames have no names of their own
        publication.frames_total = client.task(task_id).size
        return
    frames: Sequence[FrameInfo] = client.task_meta(task_id).frames
    layout = client.validation_layout(task_id) if options.honeypots_per_job else NO_LAYOUT
    if publication.target == Publication.Target.TASK:
        new_frames.note(publication, lines, frames, copies=layout.copies)
    if options.honeypots_per_job:
        pool = _ground_truth_paths(options, lines)
        frames = new_frames.without_copies(task_id, lines, frames, layout=layout, pool=pool)
    new_frames.compare(task_id, lines, frames)


def _filled_task(writing: Writing, pictures: PackedFile) -> int:
    """The id of the task, made and filled with the pictures. Raises TooLong, LengthChanged."""
    labels = _labels(writing, pictures)  # read while the pictures are packed
    length = pictures.size  # before it is known, nothing is changed in CVAT
    task = _new_task(writing, labels)
    publication, writer = writing.publication, TaskWriter(writing.client)
    change = task_creation(task, writer.query_of_task(task))
    is_first = not publication.has_begun(change)
    with writing.step(change):
        task_id = writer.ensure_task(task, is_first=is_first)
        if not publication.note_task(writing.heartbeat.worker, task_id):
            raise Stopped
    _fill(writing, task_id, pictures, length)
    return task_id


def _delete_unfilled(writing: Writing) -> None:
    """Delete the task, and forget the upload, which is of no use. Raises WorkFailed for a task that
    CVAT has filled meanwhile: people may work in it."""
    if (task_id := writing.publication.result_task_id) is None:
        return
    if _is_filled(writing.client, task_id):
        raise WorkFailed(FILLED.format(task=task_id))
    _delete(writing, task_id)
    _note_upload(writing, "")


def _is_filled(client: CvatClient, task_id: int) -> bool:
    try:
        return client.task(task_id).size > 0
    except CvatNotFound:
        return False


def _delete(writing: Writing, task_id: int) -> None:
    with writing.step(task_deletion(task_id)):
        TaskWriter(writing.client).ensure_task_deleted(task_id)
        writing.publication.note_task(writing.heartbeat.worker, None)


def _labels(writing: Writing, pictures: PackedFile) -> LabelsToSend:
    """The labels of the task of the first picture, unless the new task has others."""
    options = writing.publication.get_new_task_options()
    if options.project_id is not None or options.label_schema:
        return ()
    return TaskWriter(writing.client).labels_of_task(pictures.first["task_id"])


def _new_task(writing: Writing, labels: LabelsToSend) -> NewTask:
    """The task to make, in a project that is made for it if that was asked for."""
    publication, project_id = writing.publication, None
    options = publication.get_new_task_options()
    marker, organization = publication.marker, publication.organization
    if options.new_project:
        project = options.project(marker=marker, labels=labels, organization=organization)
        with writing.step(project_creation(project)):
            project_id = TaskWriter(writing.client).ensure_project(project)
    return options.task(
        marker=marker,
        labels=labels,
        organization=organization,
        project_id=project_id,
        is_video=bool(publication.video),
    )


def _fill(writing: Writing, task_id: int, pictures: PackedFile, length: int) -> None:
    """Upload the pictures, and wait until CVAT has made frames of them."""
    publication, heartbeat = writing.publication, writing.heartbeat
    writer, options = TaskWriter(writing.client), publication.get_new_task_options()
    video = publication.video
    change = _upload_to(publication, task_id)
    is_first = not publication.has_begun(change)
    with writing.step(change):
        request_id = writer.upload_pictures(
            task_id,
            pictures,
            lambda: options.data_of_video() if video else _data(options, pictures.lines),
            name=video or ZIP_NAME,
            resume=publication.upload_id,
            is_first=is_first,
            started=lambda upload_id: _note_upload(writing, upload_id),
            progress=_shown(heartbeat, length),
        )
        heartbeat.say("CVAT is making the frames of the task.")
        state = _ended(writer, request_id, heartbeat)
        heartbeat.say("")
    if state.status == "failed":
        _delete(writing, task_id)
        raise WorkFailed(state.message)
    # Forgotten some time after its end, and at once when it is cancelled (cvat-api 11.4).
    if state.status != "finished" and not _is_filled(writing.client, task_id):
        raise WorkFailed(NOT_MADE)


def _upload_to(publication: Publication, task_id: int) -> Change:
    options = publication.get_new_task_options()
    if publication.video:
        return video_upload(task_id, name=publication.video, options=options)
    return picture_upload(
        task_id,
        frames_count=publication.frames_total,
        options=options,
        replaced=len(publication.replaced),
    )


def _ended(writer: TaskWriter, request_id: str, heartbeat: Heartbeat) -> RequestState:
    """The state of the request once it is over."""
    started = time.monotonic()
    while not (state := writer.request_state(request_id)).is_over:
        pause = max(FIRST_POLL_SECONDS, POLL_SHARE * (time.monotonic() - started))
        heartbeat.sleep(min(pause, POLL_SECONDS))
    return state


def _note_upload(writing: Writing, upload_id: str) -> None:
    if not writing.publication.note_upload(writing.heartbeat.worker, upload_id):
        raise Stopped


def _shown(heartbeat: Heartbeat, size: int) -> Callable[[int], None]:
    """A callback that shows how many of the bytes are uploaded; it raises Stopped."""

    def show(sent: int) -> None:
        heartbeat.check()
        heartbeat.say(f"Uploading: {sent / 1e6:,.0f} of {size / 1e6:,.0f} MB.")

    return show


def _data(options: NewTaskOptions, lines: Sequence[Line]) -> TaskData:
    """How CVAT makes frames and jobs of the pictures. Raises WorkFailed for a picture without the
    size that must be known."""
    if options.overlap:
        for line in lines:
            if not (line["width"] and line["height"]):
                raise WorkFailed(
                    f"The portal cannot read the size of {line['path']}, which CVAT needs for jobs "
                    "that share frames. Leave out the overlap, or the picture."
                )
    pictures = (
        OrderedPicture(line["path"], line["width"] or 0, line["height"] or 0) for line in lines
    )
    pool = _ground_truth_paths(options, lines) if options.honeypots_per_job else ()
    return options.data(list(pictures), ground_truth=pool)


def _ground_truth_paths(options: NewTaskOptions, lines: Sequence[Line]) -> list[str]:
    """The paths of the pictures of which honeypots are made, the same in each attempt."""
    rows = ((line["task_id"], line["frame"], line["path"]) for line in lines)
    return [path for _, _, path in drawn_for_ground_truth(options, rows)]
