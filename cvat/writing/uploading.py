"""Uploads pictures or a video to a task, in pieces that can be resumed (cvat-api 15.4 to 15.8)."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from cvat import reading
from cvat.client import CvatClient
from cvat.exceptions import CvatError, CvatNotFound, CvatRefused, CvatRejected, CvatTimeout
from cvat.http import Call
from cvat.writing.refusals import creation_failure
from cvat.writing.sending import Sender
from cvat.writing.values import RequestState, TaskData

# A piece must be through before the time-outs of the client and of the proxy in front of CVAT: on a
# slow line pieces become smaller.
PIECE_BYTES, LEAST_PIECE_BYTES = 8 * 2**20, 2**18
ZIP_NAME = "pictures.zip"  # of the upload; the frames are named by their paths in the ZIP
_MANIFEST = "manifest.jsonl"  # as CVAT looks for it
_TUS = {"Tus-Resumable": "1.0.0"}
_CONFLICT = 409
FORGOTTEN = "forgotten"  # see RequestState
# CVAT's status for an upload that is complete or was never begun (404), that another user of CVAT
# has begun (403), and in older versions for any that it does not know (500) (cvat-api 15.7).
_UNKNOWN_UPLOAD = (404, 403, 500)


class LengthChanged(Exception):
    """The upload to go on with was begun for a file of another length, so CVAT would end it too
    early or never."""


def ignore(_: object) -> None:
    """The default of callbacks that nobody needs."""


class PictureFile(Protocol):
    """A ZIP of pictures, which may still be written: both wait for what is not there yet."""

    @property
    def size(self) -> int:
        """Bytes of the finished file."""

    def read(self, start: int, length: int) -> bytes:
        """That many bytes, fewer at the end of the file."""


class FileOnDisk:
    """A finished file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size

    def read(self, start: int, length: int) -> bytes:
        with self._path.open("rb", buffering=0) as file:
            return os.pread(file.fileno(), length, start)


class FileInMemory:
    """A small finished file."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    def read(self, start: int, length: int) -> bytes:
        return self._content[start : start + length]


def upload(
    sender: Sender,
    task_id: int,
    file: PictureFile,
    data: Callable[[], TaskData],
    *,
    name: str,
    resume: str,
    is_first: bool,
    started: Callable[[str], None],
    progress: Callable[[int], None],
) -> str:
    """See TaskWriter.upload_pictures."""
    request_id = f"action=create&target=task&target_id={task_id}"
    path, subject = f"/api/tasks/{task_id}/data", f"the pictures of task {task_id}"

    def received() -> str | None:
        return request_id if _is_received(sender.client, task_id, request_id) else None

    def finish() -> str:
        call = Call("POST", path, subject, body=data().to_json(), headers={"Upload-Finish": "true"})
        try:
            answer = sender.send(call)
        except CvatRefused:
            if received():  # by an earlier request, whose answer came late or never
                return request_id
            raise
        return reading.text(answer.data, "rq_id") or request_id

    if not is_first and received():
        return request_id
    if not resume:
        call = Call("POST", path, subject, headers={"Upload-Start": "true"})
        sender.ensure(lambda: None, lambda: sender.send(call))
    _Pieces(sender, task_id, name, file, started, progress).send(resume)
    if manifest := data().manifest:
        beside = FileInMemory(manifest)
        _Pieces(sender, task_id, _MANIFEST, beside, ignore, ignore).send("")
    return sender.ensure(received, finish, is_first=is_first)


def request_state(client: CvatClient, request_id: str) -> RequestState:
    """See TaskWriter.request_state."""
    path = f"/api/requests/{quote(request_id, safe='')}"
    try:
        answer = client.http.get(path, subject="a request in the background")
    except (CvatNotFound, CvatRejected):  # 400 once its task is deleted
        return RequestState(FORGOTTEN)
    # CVAT before 2.70 may answer null when the request expires just now (cvat-api 11.1).
    status, message = reading.text(answer, "status") or FORGOTTEN, reading.text(answer, "message")
    progress = answer.get("progress")
    return RequestState(
        status,
        creation_failure(message) if status == "failed" else message.strip(),
        float(progress) if isinstance(progress, int | float) else 0.0,
    )


def _is_received(client: CvatClient, task_id: int, request_id: str) -> bool:
    """Whether CVAT has begun to make the task of its pictures, or has made it."""
    if request_state(client, request_id).status != FORGOTTEN:
        return True
    return client.task(task_id).size > 0


class _Pieces:
    """One file on its way to a task. A piece whose answer is lost is not sent again before CVAT has
    said how much it has."""

    def __init__(
        self,
        sender: Sender,
        task_id: int,
        name: str,
        file: PictureFile,
        started: Callable[[str], None],
        progress: Callable[[int], None],
    ) -> None:
        self._sender = sender
        self._name = name
        self._folder = f"/api/tasks/{task_id}/data/"
        self._subject = f"the pictures of task {task_id}"
        self._file = file
        self._size = file.size
        self._started = started
        self._progress = progress

    def send(self, upload_id: str) -> None:
        """Send what CVAT does not have yet."""
        upload_id, offset = self._look(upload_id) if upload_id else self._begin()
        failures, length = 0, PIECE_BYTES
        while offset < self._size:
            piece = self._file.read(offset, length)
            try:
                offset = self._send_piece(upload_id, offset, piece)
                failures = 0
            except CvatError as error:
                failures += 1
                if isinstance(error, CvatTimeout):
                    length = max(length // 2, LEAST_PIECE_BYTES)
                self._sender.pause_after(error, failures)
                upload_id, offset = self._look(upload_id)
            self._progress(offset)

    def _begin(self) -> tuple[str, int]:
        """The id of a new upload, and how much of it CVAT has: all, if the file is there."""
        parts = urlsplit(self._sender.client.http.url)
        headers = {
            **_TUS,
            "Upload-Length": str(self._size),
            "Upload-Metadata": f"filename {b64encode(self._name.encode()).decode()}",
            "Origin": f"{parts.scheme}://{parts.netloc}",
        }
        call = Call("POST", self._folder, self._subject, headers=headers)
        try:
            answer = self._sender.ensure(lambda: None, lambda: self._sender.send(call))
        except CvatRefused as error:
            if error.status == _CONFLICT:
                return "", self._size
            raise
        # Its host may be one that only CVAT knows.
        upload_id = answer.headers.get("Location", "").rstrip("/").rpartition("/")[2]
        self._started(upload_id)
        return upload_id, 0

    def _look(self, upload_id: str) -> tuple[str, int]:
        """The upload to go on with, and how much of it CVAT has. Complete uploads are as unknown as
        those that never were: to begin again tells them apart. Raises LengthChanged."""
        path = f"{self._folder}{quote(upload_id, safe='')}"
        try:
            headers = self._sender.client.http.head(path, subject=self._subject, headers=_TUS)
        except CvatError as error:
            if error.status in _UNKNOWN_UPLOAD:
                return self._begin()
            raise
        if headers.get("Upload-Length", str(self._size)) != str(self._size):
            raise LengthChanged
        return upload_id, _offset(headers)

    def _send_piece(self, upload_id: str, offset: int, piece: bytes) -> int:
        headers = {
            **_TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        path = f"{self._folder}{quote(upload_id, safe='')}"
        call = Call("PATCH", path, self._subject, content=piece, headers=headers)
        return _offset(self._sender.send(call).headers)


def _offset(headers: Any) -> int:
    text = headers.get("Upload-Offset", "")
    return int(text) if text.isdecimal() else 0
