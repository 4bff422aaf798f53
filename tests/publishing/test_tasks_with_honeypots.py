"""A new task with honeypots: made of the frames of a selection, annotated, and read back."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from cvat import client as cvat_client
from cvat.types import FrameInfo, ValidationLayout
from portal.exceptions import InvalidInput
from portal.work.exceptions import WorkFailed
from publishing import services
from publishing.models import Publication
from publishing.services import making_tasks, new_frames
from publishing.writing_back import WriteBackOptions
from selections.models import Selection
from selections.tasks import build_archive
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.cvat.writing_clients import writer
from tests.publishing.making import add_box, carried_out, request_task, truths
from tests.selections.builds import built, only_path, select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")

POOL = {"frames_per_job": 4, "ground_truth_count": 4, "honeypots_per_job": 2}


@pytest.fixture(autouse=True)
def quick(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = settings.STORAGES | {
        "default": files | {"OPTIONS": {"location": tmp_path / "archives"}}
    }
    monkeypatch.setattr(build_archive, "delay", lambda _: None)


@pytest.fixture
def selection(connection: Connection) -> Selection:
    return select(connection, (1, range(12)))


def names(task: Task) -> list[str]:
    """Of the picture of each frame."""
    return [task.media.name(position) for position in task.order]


def copies(task: Task) -> dict[int, int]:
    return dict(task.honeypots)


def test_honeypots_are_copies_of_the_ground_truth(selection: Selection, standin: StandIn) -> None:
    done = carried_out(request_task(selection, **POOL))
    assert (done.status, done.error) == ("ready", "")
    task = standin.world.tasks[done.result_task_id]
    assert (task.validation_mode, task.size) == ("gt_pool", 16)
    assert [(job.type, len(job.frames)) for job in task.jobs] == [
        ("annotation", 6),
        ("annotation", 6),
        ("ground_truth", 4),
    ]
    table = dict(done.published_frames.values_list("frame", "new_frame"))
    assert len(table) == 12
    assert not set(table.values()) & set(copies(task))
    plain = carried_out(request_task(selection, ground_truth_count=4))
    [drawn] = truths(standin.world.tasks[plain.result_task_id])
    pool = task.jobs[-1].frames
    assert {frame for frame, number in table.items() if number in pool} == set(drawn)
    assert done.steps[1]["text"] == (
        "Upload 12 pictures, in 2 jobs, each with 2 copies of the ground truth (4 frames), in a "
        "random order"
    )


@pytest.fixture
def twice(connection: Connection, standin: StandIn) -> Selection:
    """Frames of two tasks, whose pictures have the same names."""
    for task_id in (801, 802):
        images = [f"x/{number}.png" for number in range(8)]
        standin.world.add_task("Same", owner="demo", task_id=task_id, images=images)
    return select(connection, (801, range(1, 8)), (802, [0, 3, 6, 7]))


def annotate_by_name(standin: StandIn, task: Task) -> None:
    """A box at x = 10 * k on each picture of frame k, 5 more of the second task, and another one on
    each honeypot: which frame a picture is of, its path alone says."""
    for job in task.jobs:
        for frame in job.frames:
            folder, _, name = names(task)[frame].partition("/")
            x = 10 * int(name.removeprefix("x/").split(".")[0]) + (5 if "802" in folder else 0)
            left = 300 if frame in copies(task) else x
            box = {"type": "rectangle", "frame": frame, "label_id": task.labels[0].id}
            shape = {**box, "points": [left, 2, left + 4, 20]}
            writer(standin, "demo").create_annotations(job.id, {"shapes": [shape]})


EXPECTED = {
    **{(801, frame): 10.0 * frame for frame in range(1, 8)},
    **{(802, frame): 10.0 * frame + 5 for frame in (0, 3, 6, 7)},
}


def test_each_result_comes_back_to_the_frame_of_its_picture(
    twice: Selection, standin: StandIn
) -> None:
    done = carried_out(request_task(twice, **POOL))
    assert (done.status, done.error) == ("ready", "")
    task = standin.world.tasks[done.result_task_id]
    annotate_by_name(standin, task)
    comparison = services.compare_results(user=twice.owner, publication=done)
    assert comparison.not_compared.count == 0
    found = {
        each.place[1:]: [shape.points[0] for shape in each.after] for each in comparison.frames
    }
    assert found == {place: [x] for place, x in EXPECTED.items()}
    for (task_id, frame), x in EXPECTED.items():  # in the large view
        shown = services.find_result_objects(
            user=twice.owner, publication=done, task_id=task_id, frame=frame
        )
        assert [shape.points[0] for shape in shown.shapes] == [x]


def test_an_archive_and_the_tasks_get_the_same(twice: Selection, standin: StandIn) -> None:
    done = carried_out(request_task(twice, **POOL))
    annotate_by_name(standin, standin.world.tasks[done.result_task_id])
    archive = built(twice, annotations="coco", annotations_from=done.pk)
    with zipfile.ZipFile(only_path(archive)) as content:
        paths = [path for path in content.namelist() if "instances" in path]
        documents = [json.loads(content.read(path)) for path in paths]
    lefts = Counter(each["bbox"][0] for one in documents for each in one["annotations"])
    assert lefts == Counter(EXPECTED.values())
    options = WriteBackOptions(publication_id=done.pk, place="add")
    written = services.request_write_back(user=twice.owner, source=done, options=options)
    assert carried_out(written).status == "ready"
    for task_id in (801, 802):
        for job in standin.world.tasks[task_id].jobs:
            for shape in (job.annotations or {"shapes": []})["shapes"]:
                assert shape["points"][0] == EXPECTED[task_id, shape["frame"]]


def test_objects_of_the_copies_are_no_results(selection: Selection, standin: StandIn) -> None:
    done = carried_out(request_task(selection, **POOL))
    task = standin.world.tasks[done.result_task_id]
    add_box(task, min(copies(task)), 30)
    comparison = services.compare_results(user=selection.owner, publication=done)
    assert [each.after for each in comparison.frames] == [[]] * 12


@pytest.mark.parametrize("is_late", [False, True])
def test_a_lost_answer_makes_one_task(
    selection: Selection, standin: StandIn, is_late: bool
) -> None:
    lost = standin.faults.lose("/data", method="POST", status=502, carried_out=is_late, skip=2)
    done = carried_out(request_task(selection, **POOL))
    assert (done.status, done.error, bool(lost.hits)) == ("ready", "", True)
    assert [task.size for task in standin.world.tasks.values() if task.bug_tracker] == [16]


LINES: Any = [{"path": "a.jpg"}, {"path": "b.jpg"}, {"path": "c.jpg"}]


@pytest.mark.parametrize(
    ("shown", "layout", "words"),
    [
        ("bacc", ValidationLayout("gt_pool", 1, (3,), {2: 3}), ""),
        ("bacc", ValidationLayout(), "of 4 pictures, and 3 were sent"),
        ("badc", ValidationLayout("gt_pool", 1, (3,), {2: 3}), "not copies of the frames"),
        ("bacc", ValidationLayout("gt_pool", 1, (0,), {2: 3}), "not copies of the frames"),
        ("bac", ValidationLayout("gt"), "not copies of the frames"),
        ("bacd", ValidationLayout("gt_pool", 1, (3,), {2: 3}), "some have other names"),
    ],
)
def test_other_frames_than_were_asked_for_are_told(
    shown: str, layout: ValidationLayout, words: str
) -> None:
    frames = [FrameInfo(f"{letter}.jpg", 10, 10) for letter in shown]

    def compared() -> list[str]:
        originals = new_frames.without_copies(7, LINES, frames, layout=layout, pool=["c.jpg"])
        return [frame.name for frame in originals]

    if not words:
        assert compared() == ["a.jpg", "b.jpg", "c.jpg"]
        return
    with pytest.raises(WorkFailed, match=words):
        compared()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ground_truth_count": 1}, "more different ones than there are"),
        ({"ground_truth_count": 0}, "more different ones than there are"),
        ({"frames_per_job": 0}, "cut into jobs by their size"),
        ({"overlap": 1}, "in a random order"),
        ({"consensus_replicas": 2}, "in a random order"),
        ({"with_annotations": True}, "in a random order"),
        ({"ground_truth_count": 12}, "fewer than 12"),
    ],
)
def test_what_goes_with_no_honeypots_is_refused(
    selection: Selection, options: dict[str, int], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        request_task(selection, **(POOL | options))


def test_the_page_and_the_api_take_them(web: Client, api: APIClient, selection: Selection) -> None:
    page = f"/publications/selections/{selection.pk}/task"
    dry = web.post(page, {"name": "x", "image_quality": "70", **POOL, "show": "1"}).text
    assert "each with 2 copies of the ground truth (4 frames)" in dry
    address = f"/api/selections/{selection.pk}/new-task"
    planned = api.post(address, POOL | {"dry_run": True}).json()["requests"]
    assert planned[-1]["body"]["validation_params"]["mode"] == "gt_pool"
    assert planned[0]["body"]["segment_size"] == 4
    api.post(address, POOL)
    assert Publication.objects.get().get_new_task_options().honeypots_per_job == 2
