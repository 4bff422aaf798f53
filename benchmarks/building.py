"""Selections and archives of the benchmark, through the portal's own services."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

from config.celery import app
from cvat.types import FrameCatalog
from publishing import services as publishing
from publishing.models import Publication
from publishing.new_task import NewTaskOptions
from selections import services
from selections.models import Archive, ArchiveOptions, SelectedFrame, Selection
from selector.annotation_index.cache import IndexCache
from selector.services.annotation_index import known_annotations
from selector.services.connections import connect


class Building:
    def __init__(self, cvat_url: str) -> None:
        call_command("migrate", verbosity=0)
        self._catalogs: dict[int, FrameCatalog] = {}
        self._user = User.objects.create_user("bench")
        self._connection = connect(
            owner=self._user, url=cvat_url, **settings.STANDIN_ACCOUNT
        ).connection

    def wait_for_worker(self) -> None:
        for _ in range(60):
            if app.control.ping(timeout=0.5):
                return
        raise RuntimeError("the worker did not start")

    def build(
        self, task_id: int, frames: Iterable[int], watch: Callable[[], None], **options: str
    ) -> tuple[float, int]:
        """Seconds from the request to the finished archive, and its bytes. `watch` is called again
        and again meanwhile."""
        selection = self._selection(task_id, frames)
        started = time.perf_counter()
        archive = services.request_archive(
            user=self._user, selection=selection, options=ArchiveOptions.from_json(options)
        )
        while archive.is_active:
            time.sleep(0.02)
            watch()
            archive.refresh_from_db(fields=["status", "error", "size"])
        seconds = time.perf_counter() - started
        if archive.status != Archive.Status.READY:
            raise RuntimeError(f"{archive.status}: {archive.error}")
        size = archive.size
        selection.delete()
        return seconds, size

    def publish(
        self, task_id: int, frames: Iterable[int], watch: Callable[[], None]
    ) -> tuple[float, int]:
        """Seconds from the request to the new task in CVAT, and the id of that task. `watch` is
        called again and again meanwhile."""
        password = settings.STANDIN_ACCOUNT["password"]
        publishing.give_permission(connection=self._connection, password=password)
        selection = self._selection(task_id, frames)
        started = time.perf_counter()
        [publication] = publishing.request_new_task(
            user=self._user,
            selection=selection,
            options=NewTaskOptions(name="published"),
            portal_url="https://portal.example.com",
        )
        while publication.is_active:
            time.sleep(0.02)
            watch()
            publication.refresh_from_db(fields=["status", "error", "result_task_id"])
        seconds = time.perf_counter() - started
        if publication.status != Publication.Status.READY or not publication.result_task_id:
            raise RuntimeError(f"{publication.status}: {publication.error}")
        selection.delete()
        return seconds, publication.result_task_id

    def index(self, task_id: int) -> None:
        """Have a worker read the annotations of a task for its index."""
        while not known_annotations(connection=self._connection, task_id=task_id).is_complete:
            time.sleep(0.2)

    def reopen(self, task_id: int) -> float:
        """Seconds until the index of a task is in the memory of this process, from its files."""
        keys = known_annotations(connection=self._connection, task_id=task_id).plan.keys
        started = time.perf_counter()
        IndexCache().load(keys)
        return time.perf_counter() - started

    def filter(self, task_id: int, **query: Any) -> float:
        """Seconds for an answer of the API, without a web server between."""
        client = APIClient(SERVER_NAME="localhost")
        client.force_authenticate(self._user)
        started = time.perf_counter()
        answer = client.get(f"/api/tasks/{task_id}/frames-by-annotation", query)
        if answer.status_code != 200 or not answer.json()["frames_count"]:
            raise RuntimeError(f"{answer.status_code}: {answer.content[:500]!r}")
        return time.perf_counter() - started

    def _catalog(self, task_id: int) -> FrameCatalog:
        """Read once: with simulated costs and delays it takes up to two seconds."""
        if task_id not in self._catalogs:
            with self._connection.client() as client:
                self._catalogs[task_id] = client.frame_catalog(task_id=task_id)
        return self._catalogs[task_id]

    def _selection(self, task_id: int, frames: Iterable[int]) -> Selection:
        catalog = self._catalog(task_id)
        wanted = set(frames)
        selection = Selection.objects.create(
            owner=self._user, connection=self._connection, url=self._connection.url, name="bench"
        )
        SelectedFrame.objects.bulk_create(
            (
                SelectedFrame(
                    selection=selection,
                    task_id=task_id,
                    job_id=frame.job_id,
                    frame=frame.frame,
                    filename=frame.filename,
                    width=frame.width,
                    height=frame.height,
                )
                for frame in catalog.frames
                if frame.frame in wanted
            ),
            batch_size=2000,
        )
        return selection
