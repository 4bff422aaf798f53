"""Objects and issues added to jobs by the writer, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cvat import bodies, lists
from cvat.exceptions import CvatBroken, CvatRefused, Reason
from cvat.writing.objects import count_by_place
from cvat.writing.sending import Sender
from standin.model import Job, Task
from standin.server import StandIn
from tests.cvat.writing_clients import client, world_to_write_to, writer

LOST = [(status, carried_out) for status in (None, 502, 504) for carried_out in (False, True)]
MESSAGE = "Blurred: take it again"


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn(world_to_write_to()) as running:
        yield running


@pytest.fixture
def task(site: StandIn) -> Task:
    colour = {"name": "colour", "input_type": "select", "values": ["red", "blue"]}
    labels = [{"name": "car", "attributes": [colour]}, "person"]
    return site.world.add_task("six", owner="alice", count=6, segment_size=3, labels=labels)


@pytest.fixture
def job(task: Task) -> Job:
    return task.jobs[0]


def boxes(task: Task, *lefts: int, **more: Any) -> dict[str, Any]:
    """A box for each of these left edges, and a tag."""
    label = task.labels[0].id
    shapes = [
        {"type": "rectangle", "frame": 1, "label_id": label, "points": [x, 1, x + 5, 9], **more}
        for x in lefts
    ]
    return {"shapes": shapes, "tags": [{"frame": 0, "label_id": label}], "tracks": []}


def lefts(job: Job) -> list[float]:
    stored = job.annotations or {"shapes": []}
    return [shape["points"][0] for shape in stored["shapes"]]


def test_objects_are_added_to_those_of_the_job(site: StandIn, task: Task, job: Job) -> None:
    assert writer(site).create_annotations(job.id, boxes(task, 10, 20)) == 3
    assert writer(site).create_annotations(job.id, boxes(task, 30)) == 2
    assert count_by_place(writer(site).annotations(job.id)).total() == 5
    assert lefts(job) == [10, 20, 30]


def test_the_answer_may_be_as_long_as_the_objects(
    site: StandIn, task: Task, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVAT repeats them with their ids: 10,000 skeletons are more than any other answer has."""
    monkeypatch.setattr(bodies, "ORDINARY", bodies.JsonBounds(10_000, 10, 10_000))
    assert writer(site).create_annotations(job.id, boxes(task, *range(10, 40))) == 31
    patches = site.requests.matching("annotations", method="PATCH")
    added = writer(site).annotations(job.id)
    writer(site).ensure_annotations_deleted(job.id, {**added, "tags": []})
    assert (len(patches), lefts(job)) == (1, [])
    assert len(site.requests.matching("annotations", method="PATCH")) == 2


def test_what_was_written_is_read_back(site: StandIn, task: Task, job: Job, tmp_path: Any) -> None:
    writer(site).create_annotations(job.id, boxes(task, 10, rotation=30))
    reader = client(site)
    with (tmp_path / "annotations.json").open("w+b") as file:
        read = reader.job_annotations(
            job_id=job.id, labels=reader.labels(task_id=task.id), into=file
        )
    [shape, tag] = sorted(read.shapes, key=lambda each: each.kind)
    assert (shape.kind, list(shape.points), shape.rotation) == ("rectangle", [10, 1, 15, 9], 30)
    assert dict(shape.attributes) == {"colour": "red"}
    assert (tag.kind, tag.frame) == ("tag", 0)


@pytest.mark.parametrize(("status", "carried_out"), LOST)
def test_a_lost_answer_adds_nothing_twice(
    site: StandIn, task: Task, job: Job, status: int | None, carried_out: bool
) -> None:
    writer(site).create_annotations(job.id, boxes(task, 1))
    lost = site.faults.lose("annotations", method="PATCH", status=status, carried_out=carried_out)
    assert writer(site).ensure_annotations(job.id, boxes(task, 10, 20), before=2) == 3
    assert (lost.hits, lefts(job)) == (1, [1, 10, 20])
    assert writer(site).ensure_annotations(job.id, boxes(task, 10, 20), before=2) == 3
    assert lefts(job) == [1, 10, 20]


def test_a_job_that_somebody_changed_gets_nothing(site: StandIn, task: Task, job: Job) -> None:
    writer(site, "admin").create_annotations(job.id, boxes(task, 1))
    with pytest.raises(CvatRefused, match="has 2 objects where it had 0") as refused:
        writer(site).ensure_annotations(job.id, boxes(task, 10), before=0)
    assert refused.value.reason is Reason.CHANGED_MEANWHILE
    assert lefts(job) == [1]


def test_one_bad_object_refuses_all(site: StandIn, task: Task, job: Job) -> None:
    cut = boxes(task, 10, 20)
    cut["shapes"][1]["points"] = [1, 2, 3]
    with pytest.raises(CvatRefused, match="type rectangle has a wrong number of points") as refused:
        writer(site).ensure_annotations(job.id, cut, before=0)
    assert refused.value.reason is Reason.BAD_OBJECT
    foreign = boxes(task, 10)
    foreign["shapes"][0]["label_id"] = 987
    with pytest.raises(CvatRefused, match="no label with the number 987") as unknown:
        writer(site).ensure_annotations(job.id, foreign, before=0)
    assert unknown.value.reason is Reason.UNKNOWN_LABEL
    foreign = boxes(task, 10, attributes=[{"spec_id": 986, "value": "red"}])
    with pytest.raises(CvatRefused, match="no attribute with the number 986"):
        writer(site).ensure_annotations(job.id, foreign, before=0)
    assert lefts(job) == []


def test_a_job_of_somebody_else_is_refused(site: StandIn, task: Task, job: Job) -> None:
    with pytest.raises(CvatRefused, match="may not change the annotations of job"):
        writer(site, "bob").create_annotations(job.id, boxes(task, 1))


def test_a_completed_job_takes_objects_and_stays_completed(
    site: StandIn, task: Task, job: Job
) -> None:
    job.stage, job.state = "acceptance", "completed"
    writer(site).create_annotations(job.id, boxes(task, 1))
    assert (job.state, lefts(job)) == ("completed", [1])


def test_what_was_added_is_known_beside_later_work(site: StandIn, task: Task, job: Job) -> None:
    writer(site).ensure_annotations(job.id, boxes(task, 10), before=0)
    writer(site, "admin").create_annotations(job.id, boxes(task, 1))
    writer(site).ensure_annotations(job.id, boxes(task, 10), before=0)
    assert lefts(job) == [10, 1]


@pytest.mark.parametrize(("status", "carried_out"), LOST)
def test_an_issue_is_opened_once(
    site: StandIn, job: Job, status: int | None, carried_out: bool
) -> None:
    other = writer(site).open_issue(job.id, 1, [0, 0, 9, 9], "something else")
    site.faults.lose("/api/issues", method="POST", status=status, carried_out=carried_out)
    for _ in range(2):
        opened = writer(site).ensure_issue(job.id, 1, [0, 0, 64, 48], MESSAGE)
    assert [issue.id for issue in job.issues] == [other, opened]
    assert job.issues[1].comments[0].message == MESSAGE
    assert writer(site).ensure_issue(job.id, 2, [0, 0, 64, 48], MESSAGE) != opened


def test_an_issue_on_a_later_page_of_the_list_is_known(
    site: StandIn, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    numbers = [writer(site).open_issue(job.id, 1, [0, 0, 9, 9], f"No {n}") for n in range(5)]
    assert writer(site).ensure_issue(job.id, 1, [0, 0, 9, 9], "No 4") == numbers[4]
    assert len(job.issues) == 5


def test_a_maintainer_opens_an_issue_in_the_organization(site: StandIn) -> None:
    acme = site.world.organizations[1]
    [job] = site.world.add_task("of acme", owner="alice", count=2, organization=acme).jobs
    opened = writer(site, "bob").ensure_issue(job.id, 0, [0, 0, 1, 1], MESSAGE)
    assert [issue.id for issue in job.issues] == [opened]


@pytest.mark.parametrize(
    "strange",
    [
        {"frame": None},
        {"points": 5},
        {"points": ["x"]},
        {"rotation": "x"},
        {"attributes": [None]},
        {"elements": 5},
        {"label_id": [1]},
    ],
)
def test_objects_of_an_unknown_form_are_refused(
    site: StandIn, task: Task, job: Job, strange: dict[str, Any]
) -> None:
    """Before they are compared with what is to be added."""
    writer(site).create_annotations(job.id, boxes(task, 10))
    assert job.annotations is not None
    job.annotations["shapes"][0].update(strange)
    with pytest.raises(CvatBroken, match=rf"annotations of job {job.id} in an unknown form"):
        writer(site).add_missing_annotations(job.id, boxes(task, 20), at_once=10)


def test_what_cannot_be_known_of_a_token_is_no_refusal(
    site: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CVAT itself says what it forbids."""
    sender = Sender(client(site))
    monkeypatch.setattr(sender.client.http, "get", lambda *_, **__: [1])
    assert not sender.is_read_only()
