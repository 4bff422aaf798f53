"""Files that are uploaded for a task, whole or in pieces. On disk, because they may be large."""

from __future__ import annotations

import shutil
import threading
import uuid
import weakref
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp


@dataclass
class Upload:
    """A file that comes in pieces (TUS)."""

    id: str
    task_id: int
    name: str
    length: int
    path: Path
    offset: int = 0


class Uploads:
    """The files of all tasks, and the unfinished uploads by their ids. Safe for threads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._open: dict[str, Upload] = {}
        self._files: dict[int, dict[str, Path]] = {}

    @cached_property
    def _folder(self) -> Path:
        """Deleted together with this object."""
        folder = mkdtemp(prefix="standin-uploads-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)

    def files(self, task_id: int) -> dict[str, Path]:
        """The complete files of a task by name, in the order in which they came."""
        with self.lock:
            return dict(self._files.get(task_id, {}))

    def add(self, task_id: int, name: str, content: bytes) -> None:
        path = self._path()
        path.write_bytes(content)
        with self.lock:
            self._files.setdefault(task_id, {})[name] = path

    def begin(
        self, task_id: int, name: str, length: int, owner_id: int, upload_id: str = ""
    ) -> Upload:
        path = self._path()
        path.touch()
        upload = Upload(upload_id or f"{owner_id}_{uuid.uuid4()}", task_id, name, length, path)
        with self.lock:
            self._open[upload.id] = upload
        return upload

    def get(self, task_id: int, upload_id: str) -> Upload | None:
        """An unfinished upload of the task."""
        with self.lock:
            upload = self._open.get(upload_id)
        return upload if upload is not None and upload.task_id == task_id else None

    def append(self, upload: Upload, content: bytes) -> None:
        """Add a piece; the file is complete when its length is reached."""
        with self.lock:
            with upload.path.open("ab") as file:
                file.write(content)
            upload.offset += len(content)
            if upload.offset >= upload.length:
                self._files.setdefault(upload.task_id, {})[upload.name] = upload.path
                del self._open[upload.id]

    def _path(self) -> Path:
        return self._folder / uuid.uuid4().hex
