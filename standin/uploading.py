"""Takes the data of a new task: a session of uploads, or one request (cvat-api 15.4 to 15.7)."""

from __future__ import annotations

import base64
import binascii
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import PurePosixPath
from typing import Any

from standin.creations import Creation
from standin.data_checks import check
from standin.finding import find_task
from standin.messages import CVAT_JSON, Answer, Refusal, Request, ServerError, dump, json_answer
from standin.model import Task
from standin.site import Site
from standin.uploads import Upload

TUS = [
    ("Tus-Resumable", "1.0.0"),
    ("Tus-Version", "1.0.0"),
    ("Tus-Extension", ""),
    ("Tus-Max-Size", "26843545600"),
]
SAME_NAME = "File with same name already exists"


def task_data_upload(request: Request, site: Site, number: int) -> Answer:
    """A step of an upload, by its headers. With `Upload-Finish`, or without any of them, the task
    is made in the background."""
    task = find_task(request, site, number)
    if task.readiness != "empty":
        raise Refusal(400, "Adding more data is not supported")
    headers = request.headers
    if "Upload-Length" in headers:
        return _begin(request, site, task)
    if "Upload-Start" in headers:
        return Answer(202, b"", None)
    if "Upload-Multiple" in headers:
        _take_files(request, site, task)
        return Answer(200, b"", None)
    if "Upload-Finish" in headers:
        return _finish(request, site, task, request.json())
    return _finish(request, site, task, _take_files(request, site, task))


def _finish(request: Request, site: Site, task: Task, data: dict[str, Any]) -> Answer:
    check(data, files=list(site.world.uploads.files(task.id)))
    creation = Creation(task, request.account, data)
    site.creations.begin(creation, site.world, site.costs)
    return json_answer({"rq_id": creation.id}, status=202)


def _take_files(request: Request, site: Site, task: Task) -> dict[str, Any]:
    """Store the files of a multipart body under their base names; returns its other fields. Two
    equal base names are a 500."""
    fields: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    kind = request.headers.get("Content-Type", "")
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    for part in BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts():
        filename, content = part.get_filename(), part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if filename is None:
            name = str(part.get_param("name", header="content-disposition"))
            fields[name] = content.decode()
            continue
        base = PurePosixPath(filename).name
        if base in files:
            raise ServerError("two files of one name")
        files[base] = content
    if fields.get("image_quality") is None:
        raise Refusal(400, {"image_quality": ["This field is required."]})
    for base, content in files.items():
        site.world.uploads.add(task.id, base, content)
    return fields


# -- uploads in pieces --------------------------------------------------------------------------


def _begin(request: Request, site: Site, task: Task) -> Answer:
    name = _filename(request.headers.get("Upload-Metadata", ""))
    if not name:
        return _tus(400, CVAT_JSON, dump("Metadata is expected to contain 'filename' key"))
    if ".." in PurePosixPath(name).parts:
        text = f"File name {name} is not allowed"
        return Answer(400, dump(text), "text/plain")
    if name in site.world.uploads.files(task.id):
        return _tus(409, CVAT_JSON, dump(SAME_NAME))
    host = _believed_host(request)
    length = int(request.headers["Upload-Length"])
    upload = site.world.uploads.begin(task.id, name, length, request.account.id)
    answer = _tus(201)
    # CVAT appends to the path of the request: without a slash at its end the last part is lost.
    folder = request.path.rpartition("/")[0]
    answer.headers += [("Location", f"{host}{folder}/{upload.id}"), ("Upload-Filename", name)]
    return answer


def _filename(metadata: str) -> str:
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "filename":
            try:
                return base64.b64decode(value).decode()
            except (binascii.Error, UnicodeDecodeError):
                return ""
    return ""


def _believed_host(request: Request) -> str:
    origin, forwarded = request.headers.get("Origin"), request.headers.get("X-Forwarded-Host")
    if origin is None and forwarded is None:
        raise ServerError("neither Origin nor X-Forwarded-Host")
    return origin or f"http://{forwarded}"


def upload_offset(request: Request, site: Site, number: str, upload_id: str) -> Answer:
    if request.method != "HEAD":
        raise Refusal(405, {"detail": f'Method "{request.method}" not allowed.'})
    upload = _find(request, site, number, upload_id)
    if upload is None:
        return _tus(404)
    if not _is_own(request, upload):
        return _tus(403)
    answer = _tus(200)
    sizes = [("Upload-Offset", str(upload.offset)), ("Upload-Length", str(upload.length))]
    answer.headers += sizes
    return answer


def upload_piece(request: Request, site: Site, number: str, upload_id: str) -> Answer:
    upload = _find(request, site, number, upload_id)
    if upload is None:
        return _tus(404)
    if not _is_own(request, upload):
        return _tus(403)
    if int(request.headers.get("Upload-Offset", "0")) != upload.offset:
        return _tus(409)
    if upload.offset + len(request.body) > upload.length:
        return _tus(413)
    if "/" in upload.name and upload.offset + len(request.body) >= upload.length:
        raise ServerError("a name with a folder cannot be completed")
    site.world.uploads.append(upload, request.body)
    answer = _tus(204)
    answer.headers.append(("Upload-Offset", str(upload.offset)))
    return answer


def _find(request: Request, site: Site, number: str, upload_id: str) -> Upload | None:
    task = find_task(request, site, int(number))
    return site.world.uploads.get(task.id, upload_id)


def _is_own(request: Request, upload: Upload) -> bool:
    """CVAT goes by the number in the id of the upload."""
    return upload.id.partition("_")[0] == str(request.account.id)


def _tus(status: int, content_type: str | None = None, body: bytes = b"") -> Answer:
    return Answer(status, body, content_type, list(TUS))
