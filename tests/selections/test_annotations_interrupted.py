"""Builds with annotations that are repeated, killed, cancelled or made to wait."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import Future
from contextlib import closing
from typing import Any

import pytest
from django.contrib.auth.models import User

from portal.work.exceptions import Stopped
from portal.work.heartbeat import Heartbeat
from portal.work.slots import Slots
from selections.archives import building, chosen_jobs
from selections.archives.annotation_requests import AT_ONCE
from selections.archives.annotation_source import AnnotationSource
from selections.archives.origins import KnownTasks, Origins
from selections.formats import FORMATS
from selections.models import ArchiveOptions
from selections.object_choice import ObjectChoice
from selections.services import cancel_archive
from selections.splits import Split
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import connect, eventually
from tests.selections.annotated_builds import CASES
from tests.selections.builds import (
    Folders,
    again,
    built,
    in_thread,
    killed,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def test_the_same_selection_gives_the_same_bytes(alice: User, standin: StandIn) -> None:
    case = Case(CASES["tracks_images"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    first, second = (built(selection, annotations="cvat_images") for _ in range(2))
    assert first.parts.get().sha256 == second.parts.get().sha256


def test_a_killed_build_ends_complete_and_identical(alice: User, standin: StandIn) -> None:
    case = Case(CASES["overlap"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    expected = built(selection, annotations="coco").parts.get().sha256
    archive = request(selection, annotations="coco")
    standin.faults.fail(f"/jobs/{case.jobs[2].id}/annotations", status=401)
    killed(archive)  # with the objects of the first job in the spool
    standin.faults.clear()
    building.build(archive.pk)
    archive = again(archive)
    assert (archive.status, archive.error) == ("ready", "")
    assert archive.parts.get().sha256 == expected


def test_nothing_of_a_finished_build_stays_in_the_spool(
    alice: User, standin: StandIn, folders: Folders
) -> None:
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0]))
    assert built(selection, annotations="cvat_images").status == "ready"
    assert folders.spooled() == []


def test_a_cancelled_build_ends_while_annotations_are_read(alice: User, standin: StandIn) -> None:
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0]))
    archive = request(selection, annotations="cvat_images")
    hold = standin.faults.hold("/annotations")
    thread = in_thread(archive)
    assert hold.wait_for_request()
    cancel_archive(archive=again(archive))
    thread.join(timeout=60)
    assert not thread.is_alive()
    hold.release()
    assert again(archive).status == "cancelled"
    assert not [each for each in threading.enumerate() if each.name.startswith("annotations")]


def test_the_annotations_of_some_jobs_are_requested_at_a_time(
    alice: User, standin: StandIn
) -> None:
    case = Case(CASES["overlap"])
    assert len(case.jobs) >= AT_ONCE
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = request(selection, annotations="cvat_images")
    hold = standin.faults.hold("/annotations")
    thread = in_thread(archive)
    eventually(lambda: hold.waiting == AT_ONCE)
    hold.release()
    thread.join(timeout=60)
    assert again(archive).status == "ready"


def test_a_request_for_annotations_has_a_slot_among_those_of_all_builds(
    alice: User, standin: StandIn, folders: Folders, settings: object
) -> None:
    settings.CVAT_MAX_REQUESTS = 1
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    connection = connect(alice, standin, "alice")
    selection = select(connection, (case.task["id"], [0]))
    heartbeat = Heartbeat(request(selection, annotations="cvat_images"), uuid.uuid4())

    def refuse(_: float) -> None:
        raise Stopped

    with connection.client() as client:
        jobs = {job.id: job for job in client.jobs(case.task["id"])}
        origins = Origins(client, chosen_jobs.ids(selection), jobs, stop=heartbeat.stopped)
        known: Future[KnownTasks] = Future()
        known.set_result(KnownTasks(jobs, origins))
        assert origins.deleted(case.task["id"], jobs.values()) == frozenset()
    other = Slots(url=connection.url, limit=1, lease=60.0, sleep=refuse)
    hold = standin.faults.hold("/annotations")
    with closing(
        AnnotationSource(
            connection,
            selection,
            FORMATS["cvat_images"],
            ArchiveOptions(annotations="cvat_images"),
            known_tasks=known,
            folder=folders.spool,
            heartbeat=heartbeat,
        )
    ):
        assert hold.wait_for_request()
        for call in heartbeat.at_beat:
            call()
        with pytest.raises(Stopped), other.one():
            pass
    with other.one():
        pass


@pytest.mark.parametrize(
    "options",
    [
        {"pictures": False},
        {"empty_frames": "leave_out", "objects": ObjectChoice(labels=("car",))},
        {"split": Split(by="shares", shares=(0.5, 0.5, 0), even_labels=True)},
    ],
    ids=["alone", "without empty frames", "split by labels"],
)
def test_a_killed_build_of_chosen_objects_ends_complete_and_identical(
    options: dict[str, Any], alice: User, standin: StandIn
) -> None:
    case = Case(CASES["overlap"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    options = {"annotations": "yolo_segmentation", **options}
    expected = built(selection, **options).parts.get().sha256
    archive = request(selection, **options)
    standin.faults.fail(f"/jobs/{case.jobs[2].id}/annotations", status=401)
    killed(archive)
    standin.faults.clear()
    building.build(archive.pk)
    archive = again(archive)
    assert (archive.status, archive.error) == ("ready", "")
    assert archive.parts.get().sha256 == expected
