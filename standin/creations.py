"""Makes tasks of uploaded files, in the background (cvat-api 15.4)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from standin.arranging import CreationFailed, arranged
from standin.costs import Costs
from standin.model import Task, User, iso
from standin.world import World

KEPT = timedelta(seconds=500)
FAILURE_KEPT = timedelta(days=365)


@dataclass
class Creation:
    """One request in the background; `data` are the parameters of the upload."""

    task: Task
    owner: User
    data: dict[str, Any]
    status: str = "queued"
    message: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: datetime | None = None
    finished: datetime | None = None

    @property
    def id(self) -> str:
        return f"action=create&target=task&target_id={self.task.id}"

    def to_json(self, base: str) -> dict[str, Any]:
        kept = FAILURE_KEPT if self.status == "failed" else KEPT
        return {
            "status": self.status,
            "message": self.message,
            "id": self.id,
            "operation": {
                "type": "create:task",
                "target": "task",
                "project_id": None,
                "task_id": self.task.id,
                "job_id": None,
                "format": None,
                "lightweight": None,
            },
            "progress": 0.0,
            "created_date": iso(self.created),
            "started_date": iso(self.started),
            "finished_date": iso(self.finished),
            "expiry_date": iso(self.finished + kept) if self.finished else None,
            "owner": {"id": self.owner.id, "username": self.owner.username},
            "result_url": None,
            "result_id": None,
        }


class Creations:
    """All creations by their ids. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_id: dict[str, Creation] = {}
        self._threads: list[threading.Thread] = []

    def get(self, request_id: str) -> Creation | None:
        with self._lock:
            return self._by_id.get(request_id)

    def add(self, creation: Creation) -> None:
        with self._lock:
            self._by_id[creation.id] = creation

    def forget(self) -> None:
        """As CVAT does 500 s after the end of a request."""
        with self._lock:
            self._by_id.clear()

    def begin(self, creation: Creation, world: World, costs: Costs) -> None:
        """Make the task in a thread. From now on it takes no more data."""
        creation.task.readiness = "creating"
        creation.task.image_quality = int(creation.data["image_quality"])
        self.add(creation)
        thread = threading.Thread(target=_make, args=(creation, world, costs), daemon=True)
        with self._lock:
            self._threads = [each for each in self._threads if each.is_alive()] + [thread]
            thread.start()

    def wait(self) -> None:
        """Until every creation that has begun is over."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join()


def _make(creation: Creation, world: World, costs: Costs) -> None:
    task = creation.task
    creation.started, creation.status = datetime.now(UTC), "started"
    try:
        spec = arranged(task, world.uploads.files(task.id), creation.data)
        costs.spend(costs.creation_base + costs.creation_per_frame * len(spec.images or ()))
        world.receive(task, spec)
        creation.status = "finished"
    except CreationFailed as failure:
        task.readiness = "failed"
        creation.message, creation.status = f"{failure}\n", "failed"
    creation.finished = datetime.now(UTC)
