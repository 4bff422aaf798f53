"""The data endpoints: frames, chunks, previews, context images (cvat-api 7 and 10)."""

from __future__ import annotations

from typing import cast

from standin.chunks import Chunk, Quality
from standin.finding import find_job, find_project, find_task
from standin.messages import HTML, Answer, Refusal, Request, ServerError
from standin.model import Job, Task, iso
from standin.site import Site

KINDS = ("chunk", "frame", "preview", "context_image")
QUALITIES = ("compressed", "original")
MOST_VIDEO_PIXELS = 9_437_184
TOO_LARGE = (
    "The video codec being used does not support such high video resolution, refer "
    "https://github.com/cvat-ai/cvat/issues/7425"
)


def task_data(request: Request, site: Site, number: int) -> Answer:
    """`number` is the task frame or the chunk of the task."""
    task = find_task(request, site, number)
    _refuse_head(request)
    kind = _kind(request)
    if kind == "preview":
        return _preview(site, task, "Task")
    wanted = _wanted(request, "number")
    quality = _quality(request)
    _need_data(task)
    if kind == "chunk":
        return _task_chunk(site, task, wanted, quality)
    if not 0 <= wanted < task.size:
        text = f"Invalid frame '{wanted}'. The frame number should be in the [0, {task.size}] range"
        raise Refusal(400, text)
    if kind == "context_image":
        return _context_images(site, task, wanted)
    if _is_too_large(task, quality):
        raise Refusal(400, TOO_LARGE)
    return _frame(site, task, wanted, quality)


def job_data(request: Request, site: Site, number: int) -> Answer:
    """Chunks by `index` (of the job) or `number` (of the task), the rest by task frame."""
    job = find_job(request, site, number)
    _refuse_head(request)
    kind = _kind(request)
    if kind == "preview":
        return _preview(site, job.task, "Job", job)
    if kind == "chunk":
        return _job_chunk(request, site, job)
    wanted = _wanted(request, "number")
    quality = _quality(request)
    _need_data(job.task)
    if not job.holds(wanted):
        raise Refusal(400, f"Incorrect requested frame number: {wanted}")
    if kind == "context_image":
        return _context_images(site, job.task, wanted)
    if _is_too_large(job.task, quality, job):
        raise Refusal(400, TOO_LARGE)
    return _frame(site, job.task, wanted, quality, job)


def _refuse_head(request: Request) -> None:
    if request.method == "HEAD":
        raise ServerError("HEAD on data")


def _kind(request: Request) -> str:
    kind = request.query.get("type", "")
    if kind not in KINDS:
        raise Refusal(400, ["Data type not specified or has wrong value"])
    return kind


def _wanted(request: Request, name: str) -> int:
    if name not in request.query:
        raise Refusal(400, ["Number is not specified"])
    try:
        return int(request.query[name])
    except ValueError as error:
        raise ServerError("not a number") from error


def _quality(request: Request) -> Quality:
    quality = request.query.get("quality", "compressed")
    if quality not in QUALITIES:
        raise Refusal(400, ["Wrong quality value"])
    return cast(Quality, quality)


def _need_data(task: Task) -> None:
    if task.readiness == "empty" or task.dimension == "multiview":
        raise ServerError("no frames to serve")


def _is_too_large(task: Task, quality: Quality, job: Job | None = None) -> bool:
    """Whether CVAT's encoder refuses the chunk (cvat-api 10.4), from which frames are read. A
    ground-truth job made from a list has no videos."""
    if task.media is None or not task.is_video or quality == "compressed":
        return False
    width, height = task.media.dimensions(0)
    pixels = (width + width % 2) * (height + height % 2)
    return pixels > MOST_VIDEO_PIXELS and not (job is not None and job.recompresses)


def _frame(site: Site, task: Task, frame: int, quality: Quality, job: Job | None = None) -> Answer:
    chunk = site.world.chunks.frame(task, frame, quality, job, site.costs)
    site.costs.spend_frame(task, quality)
    return Answer(200, chunk.body, chunk.mime)


def _chunk_answer(site: Site, task: Task, chunk: Chunk, quality: Quality) -> Answer:
    site.costs.spend_chunk(task, quality)
    headers = [
        ("X-Checksum", chunk.checksum),
        ("X-Updated-Date", iso(task.chunks_updated_date) or ""),
    ]
    return Answer(200, chunk.body, chunk.mime, headers)


def _out_of_chunks(number: int, first: int, last: int) -> str:
    return (
        f"Invalid chunk number '{number}'. "
        f"The chunk number should be in the [{first}, {last}] range"
    )


def _task_chunk(site: Site, task: Task, number: int, quality: Quality) -> Answer:
    last = (task.size - 1) // (task.chunk_size or 1)
    if not 0 <= number <= last:
        raise Refusal(400, _out_of_chunks(number, 0, last))
    if _is_too_large(task, quality):
        raise Refusal(400, TOO_LARGE)
    chunk = site.world.chunks.task_chunk(task, number, quality, site.costs)
    return _chunk_answer(site, task, chunk, quality)


def _job_chunk(request: Request, site: Site, job: Job) -> Answer:
    """Refusals are lists here, bare strings on tasks."""
    by_index, by_number = "index" in request.query, "number" in request.query
    if by_index and by_number:
        raise Refusal(400, ["Number and Index cannot be used together"])
    if not by_index and not by_number:
        raise Refusal(400, ["Number or Index is not specified"])
    wanted = _wanted(request, "index" if by_index else "number")
    quality = _quality(request)
    _need_data(job.task)
    size = job.task.chunk_size or 1
    first, last = job.start // size, job.stop // size
    if by_index:
        first, last = 0, (len(job.frames) - 1) // size
    if not first <= wanted <= last:
        raise Refusal(400, [_out_of_chunks(wanted, first, last)])
    if _is_too_large(job.task, quality, job):
        raise Refusal(400, [TOO_LARGE])
    chunks = site.world.chunks
    get = chunks.job_chunk if by_index else chunks.job_chunk_by_number
    return _chunk_answer(site, job.task, get(job, wanted, quality, site.costs), quality)


def _context_images(site: Site, task: Task, frame: int) -> Answer:
    """Without any: an empty zip with an empty content type (cvat-api 7.15)."""
    body = site.world.chunks.context_images(task, frame)
    return Answer(200, body, "application/zip" if len(body) > 22 else "")


# -- previews -----------------------------------------------------------------------------------


def _preview(site: Site, task: Task | None, kind: str, job: Job | None = None) -> Answer:
    if task is not None and task.dimension == "multiview":
        raise ServerError("no preview of several views")
    if task is None or task.media is None:
        return Answer(404, f"{kind} image preview not found".encode(), HTML)
    first = job.frames[0] if job else 0
    return Answer(200, site.world.chunks.preview(task, first), "image/jpeg")


def task_preview(request: Request, site: Site, number: int) -> Answer:
    return _preview(site, find_task(request, site, number), "Task")


def job_preview(request: Request, site: Site, number: int) -> Answer:
    job = find_job(request, site, number)
    return _preview(site, job.task, "Job", job)


def project_preview(request: Request, site: Site, number: int) -> Answer:
    project = find_project(request, site, number)
    inside = [task for task in list(site.world.tasks.values()) if task.project is project]
    return _preview(site, inside[0] if inside else None, "Project")
