"""The API of the workspace: catalogues, thumbnails, images, previews, search."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cvat.links import MAX_ID
from portal.api.strict import StrictView, takes
from portal.api.views import AlwaysJson
from portal.signed_in import SignedInApiRequest
from selector.api import workspace_serializers as serializers
from selector.models import Connection
from selector.services import catalogs, connections, images, searching, thumbnails

FOR_AN_HOUR = "private, max-age=3600"
# The browser asks each time: the answer is 304 while nothing has changed.
REVALIDATE = "private, no-cache"
NOT_STORED = "private, no-store"
# Images come from strangers: whatever the bytes are, nothing in them may run.
SANDBOX_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


class WorkspaceView(StrictView, APIView):
    asks_cvat = True
    content_negotiation_class = AlwaysJson  # an <img> accepts image/*, its errors are JSON

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if any(number > MAX_ID for number in kwargs.values()):
            raise NotFound("CVAT has no such number.")

    def connection(self, request: SignedInApiRequest) -> Connection:
        connection_id = self.query.get("connection")
        return connections.find_connection(user=request.user, connection_id=connection_id)


class ThumbnailsView(WorkspaceView):
    @takes(
        query=serializers.PictureQuerySerializer,
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 304: None},
    )
    def get(self, request: SignedInApiRequest, job_id: int, chunk: int) -> HttpResponseBase:
        """The thumbnails (JPEG, at most 256x256) of one chunk of a job, in one file.

        Chunk k holds the task frames `start + k * chunk_size` and on, as far as the job has them
        (`start`, `chunk_size`: see the catalogue). The file: 4 bytes, big-endian, the length of
        the header; the header, UTF-8 JSON `{"job_id", "chunk", "first", "frames": [{"frame",
        "offset", "length", "width", "height", "status"}]}`; the thumbnails. Offsets count from the
        end of the header. `status` is `ok`, `broken`, `missing` or `failed`; all but the first have
        length 0. `failed`: CVAT refused the frame this time; ask again later.
        503 with Retry-After: too many are being made, ask again.
        """
        requested = thumbnails.find_chunk(
            connection=self.connection(request), job_id=job_id, number=chunk
        )

        def answer() -> FileResponse:
            pack = thumbnails.open_pack(requested)
            response = FileResponse(pack.file, content_type="application/octet-stream")
            if not pack.is_complete:
                response["Cache-Control"] = NOT_STORED
            return response

        return conditional(request, f'"{requested.key[:32]}"', FOR_AN_HOUR, answer)


class FrameThumbnailView(WorkspaceView):
    @takes(
        query=serializers.PictureQuerySerializer,
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY, 304: None},
    )
    def get(self, request: SignedInApiRequest, task_id: int, frame: int) -> HttpResponseBase:
        """One thumbnail, JPEG, at most 256x256. 404 if none can be rendered of the frame."""
        visible = images.find_frame(
            connection=self.connection(request), task_id=task_id, frame=frame
        )
        return conditional(
            request,
            visible.etag("thumbnail"),
            FOR_AN_HOUR,
            lambda: image_response(images.thumbnail(visible), "image/jpeg"),
        )


class FrameImageView(WorkspaceView):
    @takes(
        query=serializers.ImageQuerySerializer,
        responses={(200, "image/*"): OpenApiTypes.BINARY, 304: None},
    )
    def get(self, request: SignedInApiRequest, task_id: int, frame: int) -> HttpResponseBase:
        """One frame as CVAT serves it: `original` in its own format, `compressed` as JPEG (of a
        video both are PNG). Browsers show no TIFF: take `compressed` to look at."""
        visible = images.find_frame(
            connection=self.connection(request), task_id=task_id, frame=frame
        )

        def answer() -> HttpResponse:
            shown = images.image(visible, quality=self.query["quality"])
            return image_response(shown.content, shown.content_type)

        return conditional(request, visible.etag(self.query["quality"]), FOR_AN_HOUR, answer)


class TaskPreviewView(WorkspaceView):
    @takes(
        query=serializers.PictureQuerySerializer,
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY, 304: None},
    )
    def get(self, request: SignedInApiRequest, task_id: int) -> HttpResponseBase:
        """A JPEG of at most 256x256 of the first frame. 404 if there is none."""
        return _preview(self, request, task_id=task_id)


class ProjectPreviewView(WorkspaceView):
    @takes(
        query=serializers.PictureQuerySerializer,
        responses={(200, "image/jpeg"): OpenApiTypes.BINARY, 304: None},
    )
    def get(self, request: SignedInApiRequest, project_id: int) -> HttpResponseBase:
        """A JPEG of at most 256x256 of the first task. 404 if there is none."""
        return _preview(self, request, project_id=project_id)


class CatalogView(WorkspaceView):
    @takes(
        query=serializers.CatalogQuerySerializer,
        responses={200: serializers.CompactCatalogSerializer, 304: None},
    )
    def get(self, request: SignedInApiRequest) -> HttpResponseBase:
        """All frames of a task (`task_id`) or of a job (`job_id`) that can be chosen, in columns.

        The frames are in the order of their numbers. How to read the columns of `frames`:

        - `job` is [place, count, place, count, ...]: `jobs[place]` is the first job that holds the
          first `count` frames, and so on. Jobs may overlap: a job holds all frames from `start` to
          `stop` (one that `recompresses` only those that name it).
        - `number` is [first, count, ...]: the task frames first, first + 1, ... first + count - 1,
          and so on.
        - `size` is [width, height, count, ...].
        - `name` is {prefix, suffix, rest}: the name of the i-th frame is `prefix + rest[i] +
          suffix`; when `rest` is empty, `prefix + suffix` (of a video: "").

        The counts of each column add up to the same number, that of the frames. `frames_count` of
        a job is how many of them it holds. A small picture of a frame is in the pack
        `/api/jobs/{job.id}/thumbnails/{k}`, k = floor((frame - job.start) / job.chunk_size).
        `version` changes when CVAT shows other pictures under the same numbers: put it into the
        addresses of pictures (`&v=`) to get past the browser's cache. `deleted` and `honeypots`
        count what was left out; `through_jobs`: the task or some of its jobs are closed to you.
        """
        packed = catalogs.open_catalog(
            connection=self.connection(request),
            task_id=self.query.get("task_id"),
            job_id=self.query.get("job_id"),
        )
        return conditional(request, packed.etag, REVALIDATE, lambda: _gzipped(request, packed.body))


class SearchView(WorkspaceView):
    @takes(query=serializers.SearchTextSerializer, responses=serializers.SearchAnswer)
    def get(self, request: SignedInApiRequest) -> Response:
        """What a number, "job 34", a pasted address of CVAT or words find: at most 20 tasks, jobs
        and projects, the best first; `count` says how many match. Without `q`: the 20 tasks
        opened last, in `recent`.

        `hint` says why an address cannot be followed; `frame` is that of a pasted address.
        """
        connection = self.connection(request)
        result = searching.search(connection=connection, text=self.query["q"])
        recent = [] if self.query["q"].strip() else catalogs.recent_tasks(connection=connection)
        return Response(
            {
                "results": [serializers.hit(hit, connection, result.frame) for hit in result.hits],
                "count": result.count,
                "recent": [serializers.recent(task, connection) for task in recent],
                "hint": result.hint,
            }
        )


def image_response(content: bytes, content_type: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers=SANDBOX_HEADERS)


def conditional(
    request: Request, etag: str, caching: str, answer: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """304 if the client has this version, else the response of `answer`, called only then."""
    response: HttpResponseBase | None = get_conditional_response(request._request, etag=etag)
    if response is None:
        response = answer()
    if "Cache-Control" not in response:
        response["ETag"] = etag
        response["Cache-Control"] = caching
    # Another person who signs in with the same browser may see other things.
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response


def _preview(view: WorkspaceView, request: SignedInApiRequest, **what: int) -> HttpResponseBase:
    shown = images.preview(connection=view.connection(request), **what)
    return conditional(
        request,
        images.etag_of(shown.content),
        FOR_AN_HOUR,
        lambda: image_response(shown.content, shown.content_type),
    )


def _gzipped(request: Request, body: bytes) -> HttpResponse:
    """The stored gzip, as it is. It contains no secret that its length could reveal (BREACH)."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(body, content_type="application/json")
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(gzip.decompress(body), content_type="application/json")
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
