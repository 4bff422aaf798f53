"""What a user wants while choosing with the eyes: the frames of a task, and to see them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from cvat import pictures
from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatForbidden, CvatNotFound
from cvat.types import FrameData
from portal.exceptions import InvalidInput, NotFound
from selector import catalogs, job_access, searching, thumbnails
from selector.catalogs import PackedCatalog
from selector.cvat_requests import cached_answer, cvat_client
from selector.models import Connection

PREVIEW_SECONDS = 120

_TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".webp": "image/webp",
    ".tif": "image/tiff",
}


@dataclass(frozen=True, slots=True)
class FramePlace:
    """A frame that the connection may see, and the job to show it from."""

    connection: Connection
    frame: int
    seen: job_access.JobAccess

    def etag(self, variant: str) -> str:
        """Another one when CVAT shows another picture under the number."""
        place = (self.connection.url, self.seen.job.id, self.frame, self.seen.version, variant)
        return etag_of(repr(place).encode())


def open_catalog(
    *, connection: Connection, task_id: int | None = None, job_id: int | None = None
) -> PackedCatalog:
    """What the grid needs of a task or a job, which is noted among the recent ones.

    Raises InvalidInput, CvatError.
    """
    if task_id is None and job_id is None:
        raise InvalidInput("Name a task by task_id, or a job by job_id.")
    packed = catalogs.load_packed(connection=connection, task_id=task_id, job_id=job_id)
    searching.note_opened(connection, packed.shell.task_id, packed.shell.task_name)
    return packed


def find_chunk(*, connection: Connection, job_id: int, chunk: int) -> thumbnails.Chunk:
    """A chunk of pictures, if the connection may see it. Raises NotFound, CvatError."""
    return thumbnails.find(connection, job_access.job_access(connection, job_id), chunk)


def open_pack(chunk: thumbnails.Chunk) -> thumbnails.Pack:
    """Its small pictures; see thumbnails/packs.py. Raises CvatError, Busy."""
    return thumbnails.open_pack(chunk)


def find_frame(*, connection: Connection, task_id: int, frame: int) -> FramePlace:
    """Raises NotFound, CvatError."""
    return FramePlace(connection, frame, job_access.frame_access(connection, task_id, frame))


def thumbnail(place: FramePlace) -> bytes:
    """A JPEG. Raises NotFound when none can be made of the frame, CvatError, Busy."""
    chunk = thumbnails.find(place.connection, place.seen, place.seen.chunk_of(place.frame))
    status, content = thumbnails.picture(chunk, place.frame)
    if status == thumbnails.packs.FAILED:
        raise CvatBroken(
            f"CVAT could not serve frame {place.frame} just now. Try again in a moment; if it "
            "stays so, its file may be gone from CVAT."
        )
    if not content:
        raise NotFound(f"There is no picture of frame {place.frame}: it is {status} in CVAT.")
    return content


def image(place: FramePlace, *, quality: str) -> FrameData:
    """A frame as CVAT serves it; `content_type` tells what the bytes are. Raises CvatError."""
    with cvat_client(place.connection) as client:
        found = client.job_frame(job_id=place.seen.job.id, frame=place.frame, quality=quality)
    return FrameData(found.content, picture_type(found.content))


def preview(
    *, connection: Connection, task_id: int | None = None, project_id: int | None = None
) -> FrameData:
    """A JPEG of at most 256x256 of a task or of a project. Raises NotFound, CvatError."""

    def ask(client: CvatClient) -> FrameData:
        try:
            return client.preview(task_id=task_id, project_id=project_id)
        except CvatForbidden:
            if task_id is None:
                raise
        return _preview_of_job(client, task_id)

    try:
        found = cached_answer(connection, ("preview", task_id, project_id), PREVIEW_SECONDS, ask)
    except (CvatNotFound, CvatBroken) as error:
        # Without pictures CVAT answers 404 as HTML, which looks like a proxy's (cvat-api 7.12), and
        # 500 for a project whose tasks have none.
        if error.status != 404 and not (error.status == 500 and project_id is not None):
            raise
        raise NotFound("There is no preview.") from None
    return FrameData(found.content, picture_type(found.content))


def picture_type(content: bytes) -> str:
    """By the first bytes: CVAT guesses from names (cvat-api 7.10)."""
    return _TYPES.get(pictures.extension(content), "application/octet-stream")


def etag_of(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:32]}"'


def _preview_of_job(client: CvatClient, task_id: int) -> FrameData:
    """A job's assignee may see the job and not its task (cvat-api 9.1)."""
    jobs = client.jobs(task_id)
    if not jobs:
        raise CvatForbidden(f"Your CVAT account may not see task {task_id}.", status=403)
    return client.preview(job_id=jobs[0].id)
