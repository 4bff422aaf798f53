"""After a worker was killed while it read annotations, the next one goes on, and the index is that
of an undisturbed reading."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from portal.tasks import recover_work
from selector.models import AnnotationIndexing, Connection
from selector.services import annotation_index, indexing
from selector.tasks import index_annotations
from standin.server import StandIn
from tests.conftest import eventually
from tests.selections.workers import own_worker

pytestmark = pytest.mark.worker

ADDRESS = "/api/tasks/1/labels"


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the index; every task is too large to be read at once."""
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", 0)
    monkeypatch.setattr(index_annotations, "delay", lambda number: None)
    return settings.ANNOTATIONS_DIR


@pytest.fixture
def jobs(standin: StandIn) -> list[int]:
    """The jobs of the task, each with a tag on its first frame."""
    jobs = standin.world.tasks[1].jobs
    for job in jobs:
        tag = {"id": 1, "frame": job.start, "label_id": job.task.labels[0].id, "attributes": []}
        job.annotations = {"version": 0, "tags": [tag], "shapes": [], "tracks": []}
    return [job.id for job in jobs]


def requests_of(standin: StandIn, job_id: int) -> int:
    return sum(seen.path == f"/api/jobs/{job_id}/annotations" for seen in standin.requests)


def index_answer(api: APIClient) -> dict[str, Any]:
    answer = api.get(ADDRESS)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_the_index_is_complete_after_a_worker_was_killed(
    transactional_db: None,
    broker: None,
    worker_environment: dict[str, str],
    folder: Path,
    jobs: list[int],
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    assert indexing.index_annotations(index_answer(api)["work_id"])
    undisturbed = index_answer(api)
    assert undisturbed["annotated_frames"] == len(jobs)
    shutil.rmtree(folder)
    AnnotationIndexing.objects.all().delete()
    standin.requests.clear()

    environment = worker_environment | {
        "ANNOTATIONS_DIR": str(folder),
        "TEST_CVAT_ALLOWED_URLS": standin.url,
    }
    hold = standin.faults.hold(f"/api/jobs/{jobs[-1]}/annotations")
    # The end of the block kills the worker.
    with own_worker(environment, monkeypatch, log=tmp_path / "killed.log"):
        work_id = index_answer(api)["work_id"]
        assert hold.wait_for_request()
    hold.release()
    read_before = requests_of(standin, jobs[0])
    with own_worker(environment, monkeypatch, log=tmp_path / "second.log"):
        work = AnnotationIndexing.objects.get(pk=work_id)

        def has_ended() -> bool:
            recover_work()
            work.refresh_from_db()
            return not work.is_active

        eventually(has_ended, every=0.5)  # each recovery takes 30 ms of processor time
    assert (work.status, work.error, work.attempts) == ("ready", "", 2)
    assert index_answer(api) == undisturbed
    assert read_before == requests_of(standin, jobs[0]) == 1  # what was stored is not read again
