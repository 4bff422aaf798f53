"""Exports of whole tasks, with or without pictures, made in the background (cvat-api 11.3)."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from standin.chunks import media_of
from standin.costs import Costs
from standin.model import Task, User, iso

FORMAT = "CVAT for images 1.1"  # the only one that the stand-in makes
KEPT = timedelta(days=1)


@dataclass
class Export:
    """One request in the background. `body` is the ZIP once it is finished."""

    id: str
    task: Task
    owner: User
    with_images: bool
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    body: bytes = b""

    def to_json(self, base: str) -> dict[str, Any]:
        is_finished = self.finished is not None
        what = "dataset" if self.with_images else "annotations"
        path = f"{base}/api/tasks/{self.task.id}/dataset/download?rq_id={quote(self.id, safe='')}"
        return {
            "status": "finished" if is_finished else "started",
            "message": "",
            "id": self.id,
            "operation": {
                "type": f"export:{what}",
                "target": "task",
                "project_id": None,
                "task_id": self.task.id,
                "job_id": None,
                "format": FORMAT,
                "lightweight": None,
            },
            "progress": 0.0,
            "created_date": iso(self.created),
            "started_date": iso(self.created),
            "finished_date": iso(self.finished),
            "expiry_date": iso(self.finished + KEPT) if self.finished else None,
            "owner": {"id": self.owner.id, "username": self.owner.username},
            "result_url": path if is_finished else None,
            "result_id": None,
        }


class Exports:
    """All exports by their ids, and the files of those that are finished. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, Export] = {}
        self._files: dict[tuple[int, bool, datetime], bytes] = {}

    def get(self, request_id: str) -> Export | None:
        with self._lock:
            return self._by_id.get(request_id)

    def begin(self, export: Export, costs: Costs) -> bool:
        """Make the export in a thread. False if one with its id is being made."""
        with self._lock:
            earlier = self._by_id.get(export.id)
            if earlier is not None and earlier.finished is None:
                return False
            self._by_id[export.id] = export
        threading.Thread(target=self._make, args=(export, costs), daemon=True).start()
        return True

    def clear(self) -> None:
        """Forget all files: the next export of any task is made again."""
        with self._lock:
            self._files.clear()

    def _make(self, export: Export, costs: Costs) -> None:
        key = export.task.id, export.with_images, export.task.updated_date
        with self._lock:
            body = self._files.get(key)
        if body is None:
            body = costs.export(export.task, lambda: _zipped(export))
            with self._lock:
                self._files[key] = body
        else:
            costs.spend(costs.export_again)
        export.body = body
        export.finished = datetime.now(UTC)


def _zipped(export: Export) -> bytes:
    """annotations.xml, and the pictures below images/."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        lines = "\n".join(_image_lines(export.task))
        out.writestr("annotations.xml", f"<annotations>\n{lines}\n</annotations>\n")
        if export.with_images:
            media = media_of(export.task)
            for frame in _frames(export.task):
                position = export.task.order[frame]
                out.writestr(f"images/{media.name(position)}", media.original(position))
    return buffer.getvalue()


def _frames(task: Task) -> Iterator[int]:
    deleted = set(task.deleted)
    return (frame for frame in range(task.size) if frame not in deleted)


def _image_lines(task: Task) -> Iterator[str]:
    media = media_of(task)
    for frame in _frames(task):
        position = task.order[frame]
        width, height = media.dimensions(position)
        number = task.start_frame + frame * task.step
        name = quoteattr(media.name(position))
        yield f'  <image id="{number}" name={name} width="{width}" height="{height}"></image>'
