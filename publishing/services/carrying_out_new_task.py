"""What a worker does for a new task: packs the pictures, makes the task of them, and gives it what
was asked for beside them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from cvat.writing import TaskWriter
from portal.work.heartbeat import Heartbeat
from publishing.models import Publication
from publishing.services import new_task_annotations, new_task_jobs, packing, packing_files
from publishing.services.making_tasks import make_task
from publishing.services.new_task_annotations import NewTaskAnnotations
from publishing.services.packed_file import PackedFile, PackingFailed, UploadEnded
from publishing.services.writing import permitted_writing


def make_new_task(publication: Publication, heartbeat: Heartbeat) -> dict[str, Any]:
    """Carry out a publication as a new task; returns the columns of its result. The pictures are
    uploaded while the rest of them is packed, but not for jobs that share frames or have honeypots:
    only a job_file_mapping is known to leave the padding out of a task. Files, which are here
    already, are packed first too: a broken one is found before anything is made."""
    with permitted_writing(publication, heartbeat) as writing:
        TaskWriter(writing.client).check_permission()  # before much is fetched in vain
    is_of_files = publication.target == Publication.Target.FILES
    options = publication.get_new_task_options()
    is_packed_first = is_of_files or options.overlap > 0 or options.honeypots_per_job > 0
    with PackedFile(is_read_meanwhile=not is_packed_first) as pictures:
        if is_packed_first:
            annotations = _pack(publication, heartbeat, pictures)
            with permitted_writing(publication, heartbeat) as writing:
                task_id = make_task(writing, pictures)
        else:
            task_id, annotations = _make_meanwhile(publication, heartbeat, pictures)
    with permitted_writing(publication, heartbeat) as writing:
        problems = {} if annotations is None else annotations.write(writing, task_id)
        new_task_jobs.assign(writing, task_id)
        new_task_jobs.make_ground_truth(writing, task_id)
    counted = {"frames_total": publication.frames_total} if publication.video else {}
    return {"result_task_id": task_id, **problems, **counted}


def _pack(
    publication: Publication, heartbeat: Heartbeat, pictures: PackedFile
) -> NewTaskAnnotations | None:
    """Pack the pictures, and read their annotations if they go along: before the ZIP is whole for
    the thread that uploads it, so that CVAT makes no task of pictures whose annotations cannot be
    read."""
    if publication.target == Publication.Target.FILES:
        pictures.finish(*packing_files.pack(publication, heartbeat))
        return None
    path, lines = packing.pack(publication, heartbeat, pictures)
    annotations = None
    if publication.get_new_task_options().with_annotations:
        annotations = new_task_annotations.read(publication, heartbeat, lines)
    pictures.finish(path, lines)
    return annotations


def _make_meanwhile(
    publication: Publication, heartbeat: Heartbeat, pictures: PackedFile
) -> tuple[int, NewTaskAnnotations | None]:
    """Pack the pictures, and make the task in another thread, which uploads what is packed."""
    annotations = None
    with ThreadPoolExecutor(1, thread_name_prefix="upload") as pool:
        making = pool.submit(_make_in_thread, publication, heartbeat, pictures)
        making.add_done_callback(lambda _: pictures.end_upload())
        try:
            annotations = _pack(publication, heartbeat, pictures)
        except UploadEnded:
            pass
        except BaseException as error:
            pictures.fail()
            if isinstance(making.exception(), PackingFailed) or not isinstance(error, Exception):
                raise
        return making.result(), annotations


def _make_in_thread(publication: Publication, heartbeat: Heartbeat, pictures: PackedFile) -> int:
    try:
        with permitted_writing(publication, heartbeat) as writing:
            return make_task(writing, pictures)
    finally:
        connections.close_all()
