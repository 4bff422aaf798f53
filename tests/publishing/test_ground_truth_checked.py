"""What is found out before a ground-truth job is made; nothing is changed in CVAT."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from cvat.exceptions import CvatForbidden
from portal.exceptions import Conflict, InvalidInput, PortalError
from publishing import services
from publishing.exceptions import ChoiceNeeded
from publishing.ground_truth import GroundTruthOptions
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import connected
from tests.publishing.making import select


def check(connection: Connection, task: Task, frames: list[int]) -> services.GroundTruthCheck:
    selection = select(connection, task, frames)
    return services.check_ground_truth(user=connection.owner, selection=selection)


def refused(connection: Connection, task: Task, frames: list[int]) -> str:
    with pytest.raises(InvalidInput) as refusal:
        check(connection, task, frames)
    return str(refusal.value)


def test_it_names_frames_and_the_jobs_without_any(connection: Connection, task: Task) -> None:
    found = check(connection, task, [3, 4, 25])
    assert (found.frames, found.deleted, found.existing) == ((3, 4, 25), (), None)
    assert [share.frames_count for share in found.jobs] == [2, 0, 1]
    assert [job.id for job in found.jobs_without_frames] == [task.jobs[1].id]


def test_deleted_frames_need_a_decision(connection: Connection, task: Task) -> None:
    found = check(connection, task, [3, 13])
    assert found.deleted == (13,)
    with pytest.raises(ChoiceNeeded, match="1 frame of the selection was deleted in CVAT: 13"):
        found.chosen(GroundTruthOptions())
    assert found.chosen(GroundTruthOptions(deleted_frames="deliver")) == [3, 13]
    assert found.chosen(GroundTruthOptions(deleted_frames="leave_out")) == [3]
    with pytest.raises(InvalidInput, match="Every frame"):
        check(connection, task, [13]).chosen(GroundTruthOptions(deleted_frames="leave_out"))


def test_replacing_a_job_needs_a_decision(
    connection: Connection, task: Task, standin: StandIn
) -> None:
    existing = standin.world.add_ground_truth(task, [1, 2])
    found = check(connection, task, [3])
    assert found.existing is not None
    assert (found.existing.id, found.existing.frame_count) == (existing.id, 2)
    with pytest.raises(ChoiceNeeded, match=f"has ground-truth job {existing.id} already"):
        found.chosen(GroundTruthOptions())
    with pytest.raises(Conflict, match=f"is job {existing.id} now, not job 999"):
        found.chosen(GroundTruthOptions(replace_job=999))
    assert found.chosen(GroundTruthOptions(replace_job=existing.id)) == [3]


def test_a_job_that_is_gone_cannot_be_replaced(connection: Connection, task: Task) -> None:
    with pytest.raises(Conflict, match="no ground-truth job 999 any more"):
        check(connection, task, [3]).chosen(GroundTruthOptions(replace_job=999))


def test_assignees_are_oneself_or_the_members(
    alice: User, bob: User, connection: Connection, task: Task, standin: StandIn
) -> None:
    personal = check(connection, task, [3])
    assert [member.username for member in personal.members] == ["demo"]
    with pytest.raises(InvalidInput, match="Those who can get it: demo"):
        personal.chosen(GroundTruthOptions(assignee_id=999))
    of_acme = connected(bob, standin, "alice")  # a maintainer
    members = check(of_acme, standin.world.tasks[10], [0]).members
    assert [member.username for member in members] == ["alice", "bob", "demo"]


def test_what_cannot_have_one_is_refused(connection: Connection, standin: StandIn) -> None:
    tasks = standin.world.tasks.values()
    honeypots = next(task for task in tasks if task.validation_mode == "gt_pool")
    assert "has honeypots" in refused(connection, honeypots, [0])
    clouds = standin.world.add_task("Clouds", owner="demo", count=3, dimension="3d")
    assert "holds point clouds" in refused(connection, clouds, [0])
    few = standin.world.add_task("Few", owner="demo", count=3)
    assert "has 3 frames now, and 2 frames of the selection" in refused(connection, few, [2, 3, 4])


def test_a_selection_must_be_of_one_task(connection: Connection, task: Task) -> None:
    selection = select(connection, task, [1])
    selection.frames.create(task_id=1, job_id=1, frame=0)
    with pytest.raises(InvalidInput, match="a ground-truth job is of one"):
        services.check_ground_truth(user=connection.owner, selection=selection)
    selection.frames.all().delete()
    with pytest.raises(InvalidInput, match="has no frames"):
        services.check_ground_truth(user=connection.owner, selection=selection)


def test_who_may_see_one_job_only_is_told(bob: User, standin: StandIn) -> None:
    carols = connected(bob, standin, "carol")  # assignee of the third job of task 1
    selection = select(carols, standin.world.tasks[1], [0])
    with pytest.raises(CvatForbidden, match="single jobs of task 1, but not the task"):
        services.check_ground_truth(user=bob, selection=selection)


def test_nothing_is_sent_that_changes_something(
    connection: Connection, task: Task, standin: StandIn
) -> None:
    selection = select(connection, task, [3, 13])
    options = GroundTruthOptions(deleted_frames="leave_out", assignee_id=None)
    [change] = services.plan_ground_truth_job(
        user=connection.owner, selection=selection, options=options
    )
    assert change.request == "POST /api/jobs"
    assert change.body == {
        "type": "ground_truth",
        "task_id": task.id,
        "frame_selection_method": "manual",
        "frames": [3],
    }
    assert {seen.method for seen in standin.requests} == {"GET"}
    with pytest.raises(PortalError):
        services.plan_ground_truth_job(
            user=connection.owner, selection=selection, options=GroundTruthOptions()
        )
