"""A new task in CVAT of packed pictures: made once, filled, and compared with what was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

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
from publishing.models import Publication
from publishing.new_task import NewTaskOptions
from publishing.new_task_requests import (
    picture_upload,
    project_creation,
    task_creation,
    task_deletion,
    video_upload,
)
from publishing.services import (
    new_frames,
    new_task_jobs,
    packing,
    packing_files,
    taking_annotations,
)
from publishing.services.new_task_jobs import drawn_for_ground_truth
from publishing.services.packed_file import PackedFile, PackingFailed, TooLong, UploadEnded
from publishing.services.steps import step
from publishing.services.taking_annotations import TakenAnnotations
from publishing.services.writing_client import writing_client
from selections.archives.entries import Line

# Between questions whether CVAT has made the task: at first, and at most. In between it is a share
# of the time waited so far, so that the end is not seen much later than it comes.
FIRST_POLL_SECONDS, POLL_SECONDS, POLL_SHARE = 0.1, 1.0, 0.05

Labels = Sequence[Mapping[str, Any]]
NO_LAYOUT = ValidationLayout()

FILLED = (
    "Task {task} was to be made anew, because its upload did not fit the pictures, but CVAT has "
    "filled it meanwhile. It was not changed. Look at it in CVAT; if it is not what you need, "
    "remove it and publish again."
)


def make_new_task(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as a new task; returns the columns of its result. The pictures are
    uploaded while the rest of them is packed, but not for jobs that share frames or have honeypots:
    only a job_file_mapping is known to leave the padding out of a task. Files, which are here
    already, are packed first too: a broken one is found before anything is made."""
    with writing_client(publication, heartbeat) as client:
        TaskWriter(client).check_permission()  # before much is fetched in vain
    is_of_files = publication.target == Publication.Target.FILES
    options = publication.get_new_task_options()
    is_packed_first = is_of_files or options.overlap > 0 or options.honeypots_per_job > 0
    with PackedFile(is_read_meanwhile=not is_packed_first) as pictures:
        if is_packed_first:
            taken = _pack(publication, heartbeat, pictures)
            with writing_client(publication, heartbeat) as client:
                task_id = make_task(publication, heartbeat, client, pictures)
        else:
            task_id, taken = _make_meanwhile(publication, heartbeat, pictures)
    with writing_client(publication, heartbeat) as client:
        problems = {} if taken is None else taken.write(publication, heartbeat, client, task_id)
        new_task_jobs.assign(publication, heartbeat, client, task_id)
        new_task_jobs.make_ground_truth(publication, heartbeat, client, task_id)
    counted = {"frames_total": publication.frames_total} if publication.video else {}
    return {"result_task_id": task_id, **problems, **counted}


def _pack(
    publication: Publication, heartbeat: Heartbeat, pictures: PackedFile
) -> TakenAnnotations | None:
    """Pack the pictures, and read their annotations if they go along: before the ZIP is whole for
    the thread that uploads it, so that CVAT makes no task of pictures whose annotations cannot be
    read."""
    if publication.target == Publication.Target.FILES:
        pictures.finish(*packing_files.pack(publication, heartbeat))
        return None
    path, lines = packing.pack(publication, heartbeat, pictures)
    taken = None
    if publication.get_new_task_options().with_annotations:
        taken = taking_annotations.read(publication, heartbeat, lines)
    pictures.finish(path, lines)
    return taken


def _make_meanwhile(
    publication: Publication, heartbeat: Heartbeat, pictures: PackedFile
) -> tuple[int, TakenAnnotations | None]:
    """Pack the pictures, and make the task in another thread, which uploads what is packed."""
    taken = None
    with ThreadPoolExecutor(1, thread_name_prefix="upload") as pool:
        making = pool.submit(_make_in_thread, publication, heartbeat, pictures)
        making.add_done_callback(lambda _: pictures.end_upload())
        try:
            taken = _pack(publication, heartbeat, pictures)
        except UploadEnded:
            pass
        except BaseException as error:
            pictures.fail()
            if isinstance(making.exception(), PackingFailed) or not isinstance(error, Exception):
                raise
        return making.result(), taken


def _make_in_thread(publication: Publication, heartbeat: Heartbeat, pictures: PackedFile) -> int:
    try:
        with writing_client(publication, heartbeat) as client:
            return make_task(publication, heartbeat, client, pictures)
    finally:
        connections.close_all()


def make_task(
    publication: Publication,
    heartbeat: Heartbeat,
    client: CvatClient,
    pictures: PackedFile,
) -> int:
    """The id of the task with these pictures, made once: an earlier attempt may have come to any
    point of this. `client` may write. Raises Stopped, WorkFailed, CvatError, PackingFailed."""
    writer = TaskWriter(client)
    try:
        task_id = _filled_task(publication, heartbeat, writer, pictures)
    except (LengthChanged, TooLong):
        _delete_unfilled(publication, heartbeat, client)
        task_id = _filled_task(publication, heartbeat, writer, pictures)
    writer.delete_doubles(publication.marker, keep=task_id)
    _check_frames(publication, client, task_id, pictures.lines)
    return task_id


def _check_frames(
    publication: Publication, client: CvatClient, task_id: int, lines: Sequence[Line]
) -> None:
    """Note which frame each picture became, and compare them; count those of a
    video. Raises WorkFailed, CvatError."""
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


def _filled_task(
    publication: Publication, heartbeat: Heartbeat, writer: TaskWriter, pictures: PackedFile
) -> int:
    """The id of the task, made and filled with the pictures. Raises TooLong, LengthChanged."""
    labels = _labels(publication, writer, pictures)  # read while the pictures are packed
    length = pictures.size  # before it is known, nothing is changed in CVAT
    task = _new_task(publication, heartbeat, writer, labels)
    change = task_creation(task, writer.query_of_task(task))
    is_first = not publication.has_begun(change)
    with step(publication, heartbeat, change):
        task_id = writer.ensure_task(task, is_first=is_first)
        if not publication.note_task(heartbeat.worker, task_id):
            raise Stopped
    _fill(publication, heartbeat, writer, task_id, pictures, length)
    return task_id


def _delete_unfilled(publication: Publication, heartbeat: Heartbeat, client: CvatClient) -> None:
    """Delete the task, and forget the upload, which is of no use. Raises WorkFailed for a task that
    CVAT has filled meanwhile: people may work in it."""
    if (task_id := publication.result_task_id) is None:
        return
    if _is_filled(client, task_id):
        raise WorkFailed(FILLED.format(task=task_id))
    with step(publication, heartbeat, task_deletion(task_id)):
        TaskWriter(client).ensure_task_deleted(task_id)
        publication.note_task(heartbeat.worker, None)
    _note_upload(publication, heartbeat, "")


def _is_filled(client: CvatClient, task_id: int) -> bool:
    try:
        return client.task(task_id).size > 0
    except CvatNotFound:
        return False


def _labels(publication: Publication, writer: TaskWriter, pictures: PackedFile) -> Labels:
    """The labels of the task of the first picture, unless the new task has others."""
    options = publication.get_new_task_options()
    has_own = options.project_id is not None or options.label_schema
    return () if has_own else writer.labels_of_task(pictures.first["task_id"])


def _new_task(
    publication: Publication, heartbeat: Heartbeat, writer: TaskWriter, labels: Labels
) -> NewTask:
    """The task to make, in a project that is made for it if that was asked for."""
    options, project_id = publication.get_new_task_options(), None
    marker, organization = publication.marker, publication.organization
    if options.new_project:
        project = options.project(marker=marker, labels=labels, organization=organization)
        with step(publication, heartbeat, project_creation(project)):
            project_id = writer.ensure_project(project)
    return options.task(
        marker=marker,
        labels=labels,
        organization=organization,
        project_id=project_id,
        is_video=bool(publication.video),
    )


def _fill(
    publication: Publication,
    heartbeat: Heartbeat,
    writer: TaskWriter,
    task_id: int,
    pictures: PackedFile,
    length: int,
) -> None:
    """Upload the pictures, and wait until CVAT has made frames of them."""
    options, frames = publication.get_new_task_options(), publication.frames_total
    replaced = len(publication.replaced)
    video = publication.video
    change = (
        video_upload(task_id, name=video, options=options)
        if video
        else picture_upload(task_id, frames_count=frames, options=options, replaced=replaced)
    )
    is_first = not publication.has_begun(change)
    with step(publication, heartbeat, change):
        request_id = writer.upload_pictures(
            task_id,
            pictures,
            lambda: options.data_of_video() if video else _data(options, pictures.lines),
            name=video or ZIP_NAME,
            resume=publication.upload_id,
            is_first=is_first,
            started=lambda upload_id: _note_upload(publication, heartbeat, upload_id),
            progress=_shown(heartbeat, length),
        )
        heartbeat.say("CVAT is making the frames of the task.")
        state = _ended(writer, request_id, heartbeat)
        heartbeat.say("")
    if state.status == "failed":
        with step(publication, heartbeat, task_deletion(task_id)):
            writer.ensure_task_deleted(task_id)
            publication.note_task(heartbeat.worker, None)
        raise WorkFailed(state.message)


def _ended(writer: TaskWriter, request_id: str, heartbeat: Heartbeat) -> RequestState:
    """The state of the request once it is over."""
    started = time.monotonic()
    while not (state := writer.request_state(request_id)).is_over:
        pause = max(FIRST_POLL_SECONDS, POLL_SHARE * (time.monotonic() - started))
        heartbeat.sleep(min(pause, POLL_SECONDS))
    return state


def _note_upload(publication: Publication, heartbeat: Heartbeat, upload_id: str) -> None:
    if not publication.note_upload(heartbeat.worker, upload_id):
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
