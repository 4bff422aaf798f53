"""Annotations of large tasks are read by a worker, once for each state of a job. The jobs of the
task here overlap, each with the next one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from cvat.annotations import Shape
from portal.exceptions import NotRead
from portal.work.heartbeat import Heartbeat
from selector.annotation_index import files
from selector.annotation_index.cache import IndexCache
from selector.annotation_index.job_index import JobIndex
from selector.models import AnnotationIndexing, Connection
from selector.services import (
    annotation_index,
    frame_annotations,
    index_input,
    index_reading,
    indexing,
)
from selector.services.catalogs import load_catalog
from standin.model import Job
from standin.server import StandIn
from tests.conftest import api_of, finished
from tests.making import connected
from tests.selector.picture_answers import refused

TASK, ADDRESS = 1, "/api/tasks/1/labels"

# The heartbeat of the work has a database connection of its own, which must see the row.
pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ANNOTATIONS_DIR = tmp_path / "annotations"
    return settings.ANNOTATIONS_DIR


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every task is too large to be read at once, and cached answers expire at once."""
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", 0)
    for module in (annotation_index, frame_annotations, index_input):
        monkeypatch.setattr(module, "DATE_SECONDS", 0)


@pytest.fixture(autouse=True)
def jobs(standin: StandIn) -> list[int]:
    """The jobs of the task, each with a tag on its first frame."""
    jobs = standin.world.tasks[TASK].jobs
    for job in jobs:
        job.annotations = {"version": 0, "tags": [tag(job)], "shapes": [], "tracks": []}
    return [job.id for job in jobs]


def tag(job: Job) -> dict[str, Any]:
    return {"id": 1, "frame": job.start, "label_id": job.task.labels[0].id, "attributes": []}


def ask(api: APIClient) -> dict[str, Any]:
    response = api.get(ADDRESS)
    assert response.status_code == 200, response.content
    return dict(response.json())


def read(standin: StandIn) -> list[int]:
    """The jobs whose annotations were requested from CVAT, in order."""
    parts = [seen.path.split("/") for seen in standin.requests]
    return [int(each[3]) for each in parts if each[-1] == "annotations"]


def run(work_id: int) -> AnnotationIndexing:
    assert indexing.index_annotations(work_id)
    return AnnotationIndexing.objects.get(pk=work_id)


def test_a_worker_reads_what_is_large(
    api: APIClient, connection: Connection, standin: StandIn, jobs: list[int]
) -> None:
    first = ask(api)
    assert (first["state"], first["jobs_read"], first["jobs_count"]) == ("reading", 0, len(jobs))
    assert first["annotated_frames"] == 0
    assert ask(api)["work_id"] == first["work_id"]  # not begun again
    work = run(first["work_id"])
    assert (work.status, work.frames_done) == ("ready", first["frames_count"])
    after = ask(api)
    assert (after["state"], after["jobs_read"], after["work_id"]) == ("ready", len(jobs), None)
    assert after["annotated_frames"] == len(jobs)
    assert read(standin) == jobs


def test_a_worker_reads_few_frames_with_many_objects(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    jobs: list[int],
) -> None:
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", len(jobs))
    monkeypatch.setattr(annotation_index, "MOST_OBJECTS_AT_ONCE", 2)
    first = ask(api)
    assert (first["state"], first["jobs_read"]) == ("reading", 1)
    assert first["work_id"]
    before = read(standin)
    catalog = load_catalog(connection=connection, task_id=TASK)
    with pytest.raises(NotRead):
        annotation_index.read_annotations(connection=connection, catalog=catalog, job_id=None)
    assert read(standin) == before  # not begun again while a worker reads
    assert run(first["work_id"]).status == "ready"
    assert ask(api)["state"] == "ready"


def test_only_a_job_that_changed_is_read_anew_with_those_that_it_overlaps(
    api: APIClient, connection: Connection, standin: StandIn, jobs: list[int]
) -> None:
    run(ask(api)["work_id"])
    job = standin.world.jobs[jobs[1]]
    job.annotations["tags"].append(tag(job))
    job.updated_date += timedelta(seconds=1)
    before = ask(api)
    assert (before["state"], before["jobs_read"]) == ("reading", len(jobs) - 2)
    work = run(before["work_id"])
    assert work.frames_total < before["frames_count"]
    assert ask(api)["labels"][0]["shape_types"] == {"tag": len(jobs) + 1}
    assert read(standin) == [*jobs, *jobs[:3]]


def test_a_server_without_dates_leaves_a_worker_the_time_to_read(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    jobs: list[int],
) -> None:
    for number in jobs:
        monkeypatch.setattr(standin.world.jobs[number], "updated_date", None)
    monkeypatch.setattr(index_input, "time", SimpleNamespace(time=lambda: now))
    now = 1000 * 3600.0
    run(ask(api)["work_id"])
    now += 3000
    assert ask(api)["state"] == "ready"
    now += 3000
    assert ask(api)["state"] == "reading"


def test_others_do_not_read_the_same_again(
    api: APIClient, connection: Connection, standin: StandIn, bob: User, jobs: list[int]
) -> None:
    run(ask(api)["work_id"])
    connected(bob, standin)
    assert ask(api_of(bob))["state"] == "ready"
    assert read(standin) == jobs
    assert not AnnotationIndexing.objects.for_user(bob).exists()


def test_what_a_killed_worker_has_read_is_not_read_again(
    api: APIClient, connection: Connection, standin: StandIn, jobs: list[int]
) -> None:
    work = AnnotationIndexing.objects.get(pk=ask(api)["work_id"])
    assert work.claim(uuid.uuid4())
    given = index_input.index_input(
        connection, load_catalog(connection=connection, task_id=TASK), None
    )
    with connection.client() as client:
        index_reading.read_indexes(client, given.labels, given.parts[:2], when_busy=print)
    read_before = read(standin)
    assert not indexing.index_annotations(work.pk)  # its worker may live
    AnnotationIndexing.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert run(work.pk).status == "ready"
    assert read(standin) == [*read_before, *jobs[2:]]
    assert ask(api)["state"] == "ready"


def test_work_that_failed_is_begun_again_after_a_while(
    api: APIClient, connection: Connection, standin: StandIn, jobs: list[int]
) -> None:
    standin.faults.fail(f"/api/jobs/{jobs[2]}/annotations", status=403)
    first = run(ask(api)["work_id"])
    assert first.status == "failed"
    assert f"job {jobs[2]}" in first.error
    standin.faults.clear()
    told = refused(api.get(ADDRESS), 409, "conflict")
    assert first.error in told
    AnnotationIndexing.objects.update(finished_at=timezone.now() - timedelta(minutes=2))
    second = ask(api)
    # The second job needs the third, with which it overlaps.
    assert (second["state"], second["jobs_read"]) == ("reading", 1)
    assert run(second["work_id"]).status == "ready"
    assert read(standin) == [*jobs[:3], *jobs[1:]]


def test_cancelled_work_is_not_begun_again_at_once(api: APIClient, connection: Connection) -> None:
    work_id = ask(api)["work_id"]
    assert api.post(f"/api/works/annotationindexing/{work_id}/cancel").status_code == 200
    assert "was cancelled" in refused(api.get(ADDRESS), 409, "conflict")
    assert not indexing.index_annotations(work_id)


def test_work_that_is_stopped_ends_within_a_job(
    api: APIClient, connection: Connection, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform, objects_by_frame = indexing._perform, index_reading.objects_by_frame
    frames: list[int] = []

    def stopped(work: AnnotationIndexing, heartbeat: Heartbeat) -> None:
        def objects(*args: Any, **options: Any) -> Iterator[tuple[int, list[Shape]]]:
            for frame, shapes in objects_by_frame(*args, **options):
                frames.append(frame)
                if frame == 1:
                    heartbeat.stopped.set()
                yield frame, shapes

        monkeypatch.setattr(index_reading, "objects_by_frame", objects)
        perform(work, heartbeat)

    monkeypatch.setattr(index_reading, "CHECK_FRAMES", 2)
    monkeypatch.setattr(indexing, "_perform", stopped)
    run(ask(api)["work_id"])
    assert frames == [0, 1, 2]
    assert not list(folder.rglob("*.index"))


def test_an_index_that_is_lost_at_once_is_not_read_for_ever(
    api: APIClient, connection: Connection, folder: Path
) -> None:
    run(ask(api)["work_id"])
    files = list(folder.rglob("*.index"))
    assert files
    for file in files:
        file.unlink()
    assert "folder of annotations" in refused(api.get(ADDRESS), 409, "conflict")


def test_a_folder_that_cannot_be_used_is_named(
    api: APIClient, connection: Connection, folder: Path, jobs: list[int]
) -> None:
    work_id = ask(api)["work_id"]
    folder.write_text("no folder")
    work = run(work_id)
    assert work.status == "failed"
    assert "folder of annotations: Not a directory" in work.error
    for address in (ADDRESS, f"/api/jobs/{jobs[0]}/annotations?frame=0"):
        assert "folder of annotations" in refused(api.get(address), 503, "folder_unusable")


@pytest.mark.parametrize("is_large", [True, False])
def test_a_job_is_read_once_where_the_folder_has_no_room_for_its_index(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    jobs: list[int],
    *,
    is_large: bool,
) -> None:
    settings.ANNOTATIONS_MAX_BYTES = 0
    save, saved = files.save, set[str]()

    def save_once(key: str, index: JobIndex) -> None:
        assert key not in saved
        saved.add(key)
        save(key, index)

    monkeypatch.setattr(files, "save", save_once)
    if is_large:
        run(ask(api)["work_id"])
    else:
        monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", len(jobs))
    assert "folder of annotations" in refused(api.get(ADDRESS), 409, "conflict")
    assert len(saved) == len(jobs)


def test_a_damaged_index_is_read_anew(
    api: APIClient,
    connection: Connection,
    standin: StandIn,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    jobs: list[int],
) -> None:
    monkeypatch.setattr(annotation_index, "MOST_JOBS_AT_ONCE", 1)
    address = f"/api/jobs/{jobs[0]}/labels"
    before = api.get(address).json()
    [file] = folder.rglob("*.index")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    monkeypatch.setattr(annotation_index, "_indexes", IndexCache())
    assert api.get(address).json() == before
    assert read(standin) == jobs[:1] * 2


def test_the_tray_shows_the_work(api: APIClient, connection: Connection) -> None:
    work_id = ask(api)["work_id"]
    [row] = api.get("/api/works").json()["results"]
    assert (row["kind"], row["id"], row["activity"]) == ("annotationindexing", work_id, "reading")
    assert row["title"] == "Annotations of Night drive, north loop"
    assert row["page_url"].endswith(f"/choose?task=1&connection={connection.pk}")


@pytest.mark.worker
def test_a_real_worker_reads(
    worker: None, settings: Any, api: APIClient, connection: Connection
) -> None:
    settings.ANNOTATIONS_DIR = settings.VAR_DIR / "annotations"  # as the worker's
    work = AnnotationIndexing.objects.get(pk=ask(api)["work_id"])
    assert finished(work).status == "ready"
    assert ask(api)["state"] == "ready"
