"""Single images to look at: a frame, its thumbnail, the preview of a task or a project."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from cvat import pictures
from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatForbidden, CvatNotFound
from cvat.types import FrameData
from portal.exceptions import NotFound
from selector.cvat_requests import cached_answer, cvat_client
from selector.job_access import JobAccess, frame_access
from selector.models import Connection
from selector.services import thumbnails
from selector.thumbnails import packs

PREVIEW_SECONDS = 120


@dataclass(frozen=True, slots=True)
class VisibleFrame:
    """A frame that the connection may see, and the job to show it from."""

    connection: Connection
    frame: int
    access: JobAccess

    def etag(self, variant: str) -> str:
        """Changes when CVAT shows another image under the number."""
        access = self.access
        parts = (self.connection.url, access.job.id, self.frame, access.version, variant)
        return etag_of(repr(parts).encode())


def find_frame(*, connection: Connection, task_id: int, frame: int) -> VisibleFrame:
    """Raises NotFound, CvatError."""
    return VisibleFrame(connection, frame, frame_access(connection, task_id, frame))


def thumbnail(frame: VisibleFrame) -> bytes:
    """A JPEG. Raises NotFound when none can be rendered of the frame, CvatError, Busy."""
    number = frame.access.chunk_of(frame.frame)
    chunk = thumbnails.chunk_of(frame.connection, frame.access, number)
    with thumbnails.open_pack(chunk).file as pack:
        status, content = packs.read_picture(pack, frame.frame)
    if status == packs.FAILED:
        raise CvatBroken(
            f"CVAT could not serve frame {frame.frame} just now. Try again in a moment; if it "
            "stays so, its file may be gone from CVAT."
        )
    if not content:
        raise NotFound(f"There is no picture of frame {frame.frame}: it is {status} in CVAT.")
    return content


def image(frame: VisibleFrame, *, quality: str) -> FrameData:
    """The frame as CVAT serves it; `content_type` is that of the bytes. Raises CvatError."""
    with cvat_client(frame.connection) as client:
        answer = client.job_frame(job_id=frame.access.job.id, frame=frame.frame, quality=quality)
    return FrameData(answer.content, pictures.media_type(answer.content))


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
        answer = cached_answer(connection, ("preview", task_id, project_id), PREVIEW_SECONDS, ask)
    except (CvatNotFound, CvatBroken) as error:
        # Without images CVAT answers 404 as HTML, which looks like a proxy's (cvat-api 7.12), and
        # 500 for a project whose tasks have none.
        if error.status != 404 and not (error.status == 500 and project_id is not None):
            raise
        raise NotFound("There is no preview.") from None
    return FrameData(answer.content, pictures.media_type(answer.content))


def etag_of(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:32]}"'


def _preview_of_job(client: CvatClient, task_id: int) -> FrameData:
    """For the assignee of a job, who may not see its task (cvat-api 9.1)."""
    jobs = client.jobs(task_id)
    if not jobs:
        raise CvatForbidden(f"Your CVAT account may not see task {task_id}.", status=403)
    return client.preview(job_id=jobs[0].id)
