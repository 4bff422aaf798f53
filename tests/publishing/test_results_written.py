"""Results of a publication written into the task of its frames: each object once, on these frames
alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from cvat import client as cvat_client
from cvat.differences import PairLimit
from cvat.writing import AnnotationWriter
from portal.exceptions import Conflict
from publishing import services
from publishing.exceptions import ChoiceNeeded
from publishing.models import Publication
from publishing.services import carrying_out, results, write_back_plans, writing_back
from publishing.writing_back import WriteBackOptions
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import LOST, add_box, carried_out
from tests.selections.builds import built, select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")

Published = tuple[Publication, Task]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries are a worker's, without their long waits."""
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)


@pytest.fixture
def annotated(published: Published, task: Task) -> Published:
    """Results: on frame 3 the same box, on 11 a moved one, on 25 a new one instead of another."""
    publication, made = published
    add_box(task, 3, 1)
    add_box(made, 0, 1)
    add_box(task, 11, 1)
    add_box(made, 1, 4)
    add_box(task, 25, 1)
    add_box(made, 2, 60)
    add_box(task, 24, 5)  # on no frame of the publication
    return publication, made


def ask(source: Publication, place: str = "replace", **options: str) -> Publication:
    return services.request_write_back(
        user=source.requested_by,
        source=source,
        options=WriteBackOptions(source.pk, place, **options),
    )


def boxes(task: Task) -> dict[int, list[float]]:
    """The left edges of the boxes on each frame, of all jobs."""
    lefts: dict[int, list[float]] = {}
    for job in task.jobs:
        for shape in (job.annotations or {}).get("shapes", []):
            lefts.setdefault(shape["frame"], []).append(shape["points"][0])
    return {frame: sorted(values) for frame, values in sorted(lefts.items())}


REPLACED: Mapping[int, list[float]] = {3: [1], 11: [4], 24: [5], 25: [60]}


def test_a_reader_does_not_get_the_hidden_name_of_the_task(
    annotated: Published, task: Task, bob: User
) -> None:
    publication, _ = annotated
    Selection.objects.update(owner=bob, hides_names=True)  # who is no editor of it any more
    source = Publication.objects.get(pk=publication.pk)
    assert ask(source).task_name == f"Task {task.id}"


def test_in_place_of_what_is_there(annotated: Published, task: Task) -> None:
    publication, _ = annotated
    [kept] = task.jobs[0].annotations["shapes"]
    done = carried_out(ask(publication))
    assert (done.status, done.error) == ("ready", "")
    assert boxes(task) == REPLACED
    assert task.jobs[0].annotations["shapes"] == [kept]  # with its id
    assert [step["text"].partition(" of ")[0] for step in done.steps] == [
        f"Add 1 object to job {task.jobs[1].id}",
        "Delete 1 object",
        f"Add 1 object to job {task.jobs[2].id}",
        "Delete 1 object",
    ]
    assert all(step["done_at"] for step in done.steps)


def test_added_to_what_is_there(annotated: Published, task: Task) -> None:
    publication, _ = annotated
    assert carried_out(ask(publication, "add")).status == "ready"
    assert boxes(task) == {3: [1], 11: [1], 24: [5], 25: [1, 60]}
    with pytest.raises(Conflict, match="nothing to write"):
        ask(publication, "add")


@pytest.mark.parametrize("place", ["add", "replace"])
def test_groups_stay_apart_from_those_of_the_task(
    published: Published, task: Task, place: str
) -> None:
    """Results with group 1, which is group 2 of the task, and 2 and 3, which are new; the task has
    another group 3. Group 3 of the second job of the results is one of its own."""
    publication, made = published
    add_box(task, 3, 1, group=2)
    add_box(made, 0, 1, group=1)
    add_box(made, 0, 30, group=1)
    add_box(made, 1, 40, group=2)
    add_box(made, 1, 60, group=3)
    add_box(made, 2, 70, group=3)
    add_box(made, 2, 80)
    shape = add_box(task, 24, 5)  # on no frame of the publication
    keyframe = {name: value for name, value in shape.items() if name != "group"}
    track = {"id": 5, "frame": 24, "label_id": shape["label_id"], "group": 3, "attributes": []}
    job = next(each for each in task.jobs if each.holds(24))
    job.annotations["tracks"] = [{**track, "shapes": [keyframe], "elements": []}]
    assert carried_out(ask(publication, place, tracks="keep")).status == "ready"
    assert groups_of_boxes(task) == {1: 2, 30: 2, 40: 4, 60: 5, 70: 1, 80: 0, 5: 0}
    add_box(made, 2, 90, group=3)
    assert carried_out(ask(publication, place, tracks="keep")).status == "ready"
    assert groups_of_boxes(task)[90] == 1


def groups_of_boxes(task: Task) -> dict[float, int]:
    """By the left edges of the boxes."""
    shapes = [shape for job in task.jobs for shape in (job.annotations or {}).get("shapes", ())]
    return {shape["points"][0]: shape["group"] for shape in shapes}


def test_a_frame_of_two_jobs_gets_it_once(
    published: Published, task: Task, standin: StandIn
) -> None:
    publication, made = published
    overlapping = standin.world.add_task(
        "Overlap", owner="demo", count=30, segment_size=10, overlap=5
    )
    publication.published_frames.update(task_id=overlapping.id)
    first, second = overlapping.jobs[:2]  # frames 0-9 and 5-14
    publication.published_frames.filter(new_frame=1).update(frame=7)
    old = add_box(overlapping, 7, 30)
    second.annotations = {**first.annotations, "shapes": [{**old, "id": 7777}]}
    add_box(made, 1, 60)
    assert carried_out(ask(publication)).status == "ready"
    assert boxes(overlapping) == {7: [60]}


@pytest.fixture
def shared(published: Published, standin: StandIn) -> Task:
    """The results on new frame 1 are of frame 7 of this task, which two of its jobs hold."""
    publication, _ = published
    task = standin.world.add_task("Overlap", owner="demo", count=30, segment_size=10, overlap=5)
    publication.published_frames.update(task_id=task.id)
    publication.published_frames.filter(new_frame=1).update(frame=7)
    return task


def move_to_second(task: Task) -> None:
    first, second = task.jobs[:2]
    second.annotations, first.annotations = first.annotations, None


def test_what_the_later_of_two_jobs_has_alone_is_not_doubled(
    published: Published, shared: Task
) -> None:
    publication, made = published
    line = {"type": "polyline", "points": [30, 2, 40, 20]}
    add_box(shared, 7, 30, **line)
    move_to_second(shared)
    add_box(made, 1, 30, **line)
    add_box(made, 1, 60)  # new
    assert carried_out(ask(publication)).status == "ready"
    assert boxes(shared) == {7: [30, 60]}


def test_a_box_of_the_later_of_two_jobs_is_not_taken_for_a_new_one(
    connection: Connection, published: Published, shared: Task
) -> None:
    """Boxes of two jobs that cover nearly the same are one object."""
    publication, made = published
    add_box(shared, 7, 30)
    move_to_second(shared)
    add_box(made, 1, 30)
    add_box(made, 1, 30.5)
    assert carried_out(ask(publication)).status == "ready"
    archive = built(select(connection, (shared.id, [7])), annotations="objects_csv")
    assert archive.remarks["annotations"]["objects_count"] == 2


def test_a_track_of_the_later_of_two_jobs_is_not_doubled(
    published: Published, shared: Task
) -> None:
    publication, made = published
    keyframe = add_box(shared, 7, 30)
    move_to_second(shared)
    track = {"id": 5, "frame": 7, "label_id": keyframe["label_id"], "shapes": [keyframe]}
    shared.jobs[1].annotations |= {"shapes": [], "tracks": [{**track, "attributes": []}]}
    add_box(made, 1, 30)
    add_box(made, 1, 60)
    assert carried_out(ask(publication)).status == "ready"
    assert boxes(shared) == {7: [60]}  # beside the track


def test_what_does_not_fit_takes_the_place_of_nothing_in_the_later_of_two_jobs(
    published: Published, shared: Task
) -> None:
    publication, made = published
    add_box(shared, 7, 30)
    move_to_second(shared)
    made.labels[0].name = "lorry"  # which the task does not have
    add_box(made, 1, 30, label="lorry")
    add_box(made, 1, 60, label="person")
    assert carried_out(ask(publication, unmatched="leave_out")).status == "ready"
    assert boxes(shared) == {7: [30, 60]}


def test_tracks_are_not_cut(annotated: Published, task: Task) -> None:
    publication, _ = annotated
    shape = task.jobs[1].annotations["shapes"][0]
    keyframe = shape | {"id": 1, "frame": 10, "points": [40, 2, 48, 20]}
    track = {"id": 5, "frame": 10, "label_id": shape["label_id"], "shapes": [keyframe]}
    task.jobs[1].annotations["tracks"] = [{**track, "attributes": [], "elements": []}]
    with pytest.raises(ChoiceNeeded, match=r"Objects on these frames are of tracks \(1\)"):
        ask(publication)
    assert carried_out(ask(publication, tracks="keep")).status == "ready"
    assert boxes(task) == REPLACED
    assert len(task.jobs[1].annotations["tracks"]) == 1


def test_moved_objects_that_cannot_be_told_are_not_doubled(
    annotated: Published, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are too many pairs of objects to compare: the whole frame is replaced, or
    nothing is written."""
    publication, _ = annotated
    for module in (results, write_back_plans):
        monkeypatch.setattr(module, "PairLimit", lambda: PairLimit(0))
    with pytest.raises(Conflict, match=f"On frame 11 of task {task.id} there are too many objects"):
        ask(publication, "add")
    done = carried_out(ask(publication))
    assert (done.status, boxes(task)) == ("ready", REPLACED)


def test_what_belongs_to_a_track_is_not_doubled(
    annotated: Published, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, _ = annotated
    [shape] = task.jobs[1].annotations["shapes"]
    keyframe = {**shape, "frame": 11, "points": [2, 1, 12, 9]}
    track = {"id": 5, "frame": 11, "label_id": shape["label_id"], "shapes": [keyframe]}
    task.jobs[1].annotations["tracks"] = [{**track, "attributes": [], "elements": []}]
    task.jobs[1].annotations["shapes"] = []
    monkeypatch.setattr(write_back_plans, "PairLimit", lambda: PairLimit(0))
    with pytest.raises(Conflict, match="some are of tracks or do not fit"):
        ask(publication, tracks="keep")


def test_what_does_not_fit_is_named_and_left_out(annotated: Published, task: Task) -> None:
    """The object whose place it would take stays."""
    publication, made = annotated
    made.labels[0].name = "lorry"
    first, second = made.jobs[0].annotations["shapes"]
    second["points"][0], second["points"][2] = 1, 9  # on frame 11, where the old one is
    made.jobs[0].annotations["shapes"].remove(first)  # on frame 3, whose old one is removed
    with pytest.raises(ChoiceNeeded, match="2 because the task has no label “lorry”"):
        ask(publication)
    assert carried_out(ask(publication, unmatched="leave_out")).status == "ready"
    assert boxes(task) == {11: [1], 24: [5]}


def test_what_changed_since_it_was_compared_is_not_written(
    annotated: Published, task: Task
) -> None:
    publication, made = annotated
    user = publication.requested_by
    seen = services.compare_results(user=user, publication=publication).fingerprint
    asked = ask(publication, fingerprint=seen)
    add_box(made, 0, 80)
    before = boxes(task)
    done = carried_out(asked)
    assert done.status == "failed"
    assert "have changed since you looked" in done.error
    assert boxes(task) == before
    with pytest.raises(Conflict, match="have changed since"):
        ask(publication, fingerprint=seen)


@pytest.mark.parametrize(("status", "is_late"), LOST)
def test_any_answer_may_be_lost(
    annotated: Published, task: Task, standin: StandIn, status: int | None, is_late: bool
) -> None:
    """The answers to the first, the second and so on of the requests that change something."""
    publication, _ = annotated
    original = [job.annotations for job in task.jobs]
    for skip in range(10):
        standin.faults.clear()
        for job, stored in zip(task.jobs, original, strict=True):
            job.annotations = stored
        lost = standin.faults.lose(
            "annotations", method="PATCH", status=status, carried_out=is_late, skip=skip
        )
        done = carried_out(ask(publication))
        assert (done.status, done.error) == ("ready", ""), skip
        assert boxes(task) == REPLACED, skip
        if not lost.hits:
            return
    raise AssertionError("there is no end of requests")


class Killed(BaseException):
    """The process ends here."""


PLACES = [
    (writing_back, "make_write_back_plan"),
    (AnnotationWriter, "ensure_annotations"),
    (AnnotationWriter, "ensure_annotations_deleted"),
    (writing_back, "_write"),
]


@pytest.mark.parametrize(("holder", "name"), PLACES, ids=[name for _, name in PLACES])
def test_after_a_kill_the_next_worker_goes_on(
    annotated: Published, task: Task, monkeypatch: pytest.MonkeyPatch, holder: Any, name: str
) -> None:
    publication, _ = annotated
    asked = ask(publication)
    real: Callable[..., object] = getattr(holder, name)

    def fatal(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(holder, name, fatal)
        with pytest.raises(Killed):
            carrying_out.publish(asked.pk)
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    Publication.objects.filter(pk=asked.pk).update(heartbeat_at=long_ago)
    done = carried_out(asked)
    assert (done.status, done.error, done.attempts) == ("ready", "", 2)
    assert boxes(task) == REPLACED
    assert all(step["done_at"] for step in done.steps)


def test_in_the_api(api: APIClient, annotated: Published, task: Task) -> None:
    publication, _ = annotated
    url = f"/api/publications/{publication.pk}/write-back"
    before = boxes(task)
    planned = api.post(url, {"place": "replace", "dry_run": True})
    assert planned.status_code == 200, planned.content
    assert len(planned.json()["requests"]) == 4
    assert boxes(task) == before
    asked = api.post(url, {"place": "add"})
    assert asked.status_code == 202, asked.content
    assert (asked.json()["target"], asked.json()["task_id"]) == ("write_back", task.id)
    assert api.post(url, {"place": "add"}).json()["id"] == asked.json()["id"]
    assert api.post(url, {"place": "replace"}).status_code == 409
    assert api.post(url, {"place": "elsewhere"}).status_code == 400


def test_on_the_page(web: Client, annotated: Published, task: Task) -> None:
    publication, _ = annotated
    url = f"/publications/{publication.pk}/results"
    seen = services.compare_results(user=publication.requested_by, publication=publication)
    given = {"place": "replace", "fingerprint": seen.fingerprint}
    shown = web.post(url, given | {"show": "1"})
    assert f"Delete 1 object of job {task.jobs[2].id}" in shown.text
    assert "the 1 changed and 1 removed objects above are <b>deleted</b>" in shown.text
    stale = web.post(url, given | {"fingerprint": "0" * 16})
    assert (stale.status_code, "have changed since you looked" in stale.text) == (409, True)
    answer = web.post(url, given)
    written = Publication.objects.get(target="write_back")
    assert (answer.status_code, answer.url) == (302, written.get_absolute_url())
    assert "Results written back" in web.get(answer.url).text
