"""Ground-truth jobs made, found again and deleted by the writer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cvat import frames as frame_numbers
from cvat.exceptions import CvatError, CvatRefused, Reason
from standin import ground_truth
from standin.model import Task
from standin.server import StandIn
from tests.cvat.writing_clients import client, world_to_write_to, writer

LOST = [(status, carried_out) for status in (None, 502, 504) for carried_out in (False, True)]


@pytest.fixture
def site() -> Iterator[StandIn]:
    with StandIn(world_to_write_to()) as running:
        yield running


@pytest.fixture
def task(site: StandIn) -> Task:
    """Twelve pictures, every third of those uploaded, in jobs that overlap."""
    return site.world.add_task(
        "stepped", owner="alice", count=40, start_frame=2, step=3, segment_size=5, overlap=1
    )


def truths(task: Task) -> list[list[int]]:
    return [list(job.frames) for job in task.jobs if job.type == "ground_truth"]


def test_a_job_of_chosen_frames(site: StandIn, task: Task) -> None:
    job = writer(site).create_ground_truth_job(task.id, [7, 0, 4])
    assert (job.type, job.task_id, job.frame_count) == ("ground_truth", task.id, 3)
    assert truths(task) == [[0, 4, 7]]
    assert frame_numbers.included_frames(client(site).job_meta(job.id)) == [0, 4, 7]


def test_ensured_twice_it_is_made_once(site: StandIn, task: Task) -> None:
    first = writer(site).ensure_ground_truth_job(task.id, [4, 0])
    again = writer(site).ensure_ground_truth_job(task.id, [0, 4])
    assert (again.id, truths(task)) == (first.id, [[0, 4]])


def test_a_job_that_cvat_makes_of_other_frames(
    site: StandIn, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CVAT before 2.21, which took source frames: 8 is task frame 2 of this task."""
    monkeypatch.setattr(ground_truth, "_frames", lambda task, body: [2])
    with pytest.raises(CvatRefused, match=r"CVAT made ground-truth job \d+ of other frames"):
        writer(site).ensure_ground_truth_job(task.id, [8])
    assert truths(task) == [[2]]


@pytest.mark.parametrize(("status", "carried_out"), LOST)
def test_a_lost_answer_makes_no_second_job(
    site: StandIn, task: Task, status: int | None, carried_out: bool
) -> None:
    lost = site.faults.lose("/api/jobs", method="POST", status=status, carried_out=carried_out)
    job = writer(site).ensure_ground_truth_job(task.id, [1, 2])
    assert lost.hits == 1
    assert truths(task) == [[1, 2]]
    assert job.id == task.jobs[-1].id
    assert len(site.requests.matching("/api/jobs$", "POST")) == (1 if carried_out else 2)


def test_a_request_that_is_carried_out_late_makes_the_job(
    site: StandIn, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the portal has looked for the job, and before it sends the request again."""
    late = writer(site)
    real = late._create_ground_truth_job

    def create(*args: Any) -> Any:
        real(*args)
        return real(*args)

    monkeypatch.setattr(late, "_create_ground_truth_job", create)
    job = late.ensure_ground_truth_job(task.id, [1, 2])
    assert (job.id, truths(task)) == (task.jobs[-1].id, [[1, 2]])
    with pytest.raises(CvatRefused, match="Replace that job"):
        late.ensure_ground_truth_job(task.id, [3])


def test_while_cvat_is_away_nothing_is_made_and_the_error_says_so(
    site: StandIn, task: Task
) -> None:
    site.faults.lose("/api/jobs", method="POST", status=502, carried_out=False, times=None)
    with pytest.raises(CvatError, match="down or restarting"):
        writer(site).ensure_ground_truth_job(task.id, [1])
    assert truths(task) == []


def test_another_choice_of_frames_is_not_replaced(site: StandIn, task: Task) -> None:
    writer(site).ensure_ground_truth_job(task.id, [1, 2])
    with pytest.raises(CvatRefused, match="Replace that job") as refused:
        writer(site).ensure_ground_truth_job(task.id, [1, 3])
    assert refused.value.reason is Reason.GROUND_TRUTH_EXISTS
    assert truths(task) == [[1, 2]]


def test_a_job_is_deleted_and_made_again(site: StandIn, task: Task) -> None:
    job = writer(site).create_ground_truth_job(task.id, [1])
    for _ in range(2):
        writer(site).ensure_job_deleted(job.id)
    writer(site).ensure_ground_truth_job(task.id, [2])
    assert truths(task) == [[2]]


@pytest.mark.parametrize(("status", "carried_out"), LOST)
def test_a_deletion_survives_a_lost_answer(
    site: StandIn, task: Task, status: int | None, carried_out: bool
) -> None:
    job = writer(site).create_ground_truth_job(task.id, [1])
    site.faults.lose("/api/jobs", method="DELETE", status=status, carried_out=carried_out)
    writer(site).ensure_job_deleted(job.id)
    assert truths(task) == []


def test_the_assignee(site: StandIn) -> None:
    acme = site.world.organizations[1]
    task = site.world.add_task("of acme", owner="alice", count=3, organization=acme)
    carol = site.world.user("carol")
    assert carol is not None
    job = writer(site, "bob").create_ground_truth_job(task.id, [0], assignee_id=carol.id)
    assert job.assignee == "carol"
    [asked] = site.requests.matching("/api/jobs$", "POST")
    assert asked.query == {"org_id": str(acme.id)}


def refusal(site: StandIn, task: Task, *, by: str = "alice", **options: object) -> CvatRefused:
    frames = options.pop("frames", [0])
    with pytest.raises(CvatRefused) as refused:
        writer(site, by, **options).create_ground_truth_job(task.id, frames)  # type: ignore[arg-type]
    return refused.value


def test_what_cvat_refuses_is_said_with_what_to_do(site: StandIn, task: Task) -> None:
    world = site.world
    honeypots = world.add_task(
        "honeypots", owner="alice", count=8, segment_size=3, honeypots=(2, 1)
    )
    points = world.add_task("points", owner="alice", count=2, pattern="{}.pcd", dimension="3d")
    empty = world.add_task("empty", owner="alice", readiness="empty")
    seen = {
        "unknown": refusal(site, task, frames=[1, 40, 99]),
        "twice": refusal(site, task, frames=[1, 1]),
        "honeypots": refusal(site, honeypots),
        "points": refusal(site, points),
        "empty": refusal(site, empty),
        "read-only": refusal(site, task, read_only=True),
    }
    assert [each.reason for each in seen.values()] == [
        Reason.UNKNOWN_FRAMES,
        Reason.UNKNOWN_FRAMES,
        Reason.HONEYPOTS,
        Reason.THREE_DIMENSIONAL,
        Reason.NO_DATA,
        Reason.NOT_PERMITTED,
    ]
    assert "has no frames 40, 99" in str(seen["unknown"])
    assert "read-only" in str(seen["read-only"])
    assert truths(task) == []


def test_somebody_else_in_a_personal_space_is_refused_as_assignee(
    site: StandIn, task: Task
) -> None:
    bob = site.world.user("bob")
    assert bob is not None
    with pytest.raises(CvatRefused, match="only administrators give work") as refused:
        writer(site).create_ground_truth_job(task.id, [0], assignee_id=bob.id)
    assert refused.value.reason is Reason.ASSIGNEE
    assert truths(task) == []


def test_an_unknown_assignee(site: StandIn, task: Task) -> None:
    with pytest.raises(CvatRefused, match="assignee may have been deleted"):
        writer(site).create_ground_truth_job(task.id, [0], assignee_id=999)


def test_only_ground_truth_can_be_deleted(site: StandIn, task: Task) -> None:
    with pytest.raises(CvatRefused, match="ground-truth jobs alone"):
        writer(site).ensure_job_deleted(task.jobs[0].id)


def test_stage_state_and_assignee_of_a_job(site: StandIn, task: Task) -> None:
    alice, job = site.world.user("alice"), task.jobs[0]
    assert alice is not None
    site.faults.lose("/api/jobs", method="PATCH", status=504, carried_out=True)
    changed = writer(site).update_job(job.id, stage="acceptance", state="completed")
    assert (changed.stage, changed.state, changed.assignee) == ("acceptance", "completed", "")
    assert writer(site).update_job(job.id, assignee_id=alice.id).assignee == "alice"
    assert job.state == "completed"
    assert writer(site).update_job(job.id, assignee_id=None).assignee == ""


def test_what_an_assignee_of_a_job_may_not_do(site: StandIn) -> None:
    acme = site.world.organizations[1]
    [job] = site.world.add_task("of acme", owner="alice", count=2, organization=acme).jobs
    carol = job.assignee = site.world.user("carol")
    assert carol is not None
    with pytest.raises(CvatRefused, match="may not change job") as refused:
        writer(site, "carol").update_job(job.id, assignee_id=carol.id)
    assert refused.value.reason is Reason.NOT_PERMITTED
    assert writer(site, "carol").update_job(job.id, state="in progress").state == "in progress"


def test_permission_is_checked(site: StandIn) -> None:
    writer(site).check_permission()
    with pytest.raises(CvatRefused, match="read-only"):
        writer(site, read_only=True).check_permission()
