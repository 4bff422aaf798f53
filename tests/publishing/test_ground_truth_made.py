"""A ground-truth job made of a selection by a worker: once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from cvat import client as cvat_client
from portal.exceptions import Conflict
from publishing import services
from publishing.exceptions import PermissionNeeded
from publishing.models import Publication, WritePermission
from publishing.services import carrying_out, making_ground_truth
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.conftest import finished
from tests.publishing.making import LOST, carried_out, request, select, truths
from tests.selections.conftest import HASTY

# The heartbeat of the work has a database connection of its own, which must see the row.
pytestmark = pytest.mark.usefixtures("transactional_db", "sent")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as a worker's, without their long waits."""
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)


def changes(standin: StandIn) -> list[str]:
    return [f"{seen.method} {seen.status}" for seen in standin.requests if seen.method != "GET"]


def test_it_works(
    connection: Connection, permission: WritePermission, task: Task, sent: list[int]
) -> None:
    demo = task.owner.id
    publication = request(select(connection, task, [25, 3, 4]), assignee_id=demo)
    assert (publication.status, sent) == ("queued", [publication.pk])
    done = carried_out(publication)
    assert (done.status, done.error) == ("ready", "")
    [job] = [job for job in task.jobs if job.type == "ground_truth"]
    assert list(job.frames) == [3, 4, 25]
    assert job.assignee.id == demo
    assert (done.result_job_id, done.frames_done) == (job.id, 3)
    assert done.result_url == f"{connection.url}/tasks/{task.id}/jobs/{job.id}"
    [step] = done.steps
    assert step["request"] == "POST /api/jobs"
    assert step["text"] == f"Create a ground-truth job of 3 frames in task {task.id}"
    assert step["sent_at"] <= step["done_at"]


def test_the_writing_token_changes_and_the_other_one_reads(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    reading = next(token for token in standin.world.access_tokens.values() if token.read_only)
    publication = request(select(connection, task, [3]))
    assert changes(standin) == []
    reading.revoked = True  # the worker needs none but the permission
    assert carried_out(publication).status == "ready"
    assert changes(standin) == ["POST 201"]


def test_it_replaces_the_job_that_the_person_named(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    existing = standin.world.add_ground_truth(task, [1, 2])
    done = carried_out(request(select(connection, task, [3]), replace_job=existing.id))
    assert (done.status, truths(task)) == ("ready", [[3]])
    assert [step["request"] for step in done.steps] == [
        f"DELETE /api/jobs/{existing.id}",
        "POST /api/jobs",
    ]


def test_a_job_that_came_meanwhile_is_left_alone(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    publication = request(select(connection, task, [3]))
    other = standin.world.add_ground_truth(task, [3])
    done = carried_out(publication)
    assert done.status == "failed"
    assert f"since you asked for this one: job {other.id}" in done.error
    assert (done.steps, changes(standin)) == ([], [])


@pytest.mark.parametrize(("status", "is_late"), LOST)
@pytest.mark.parametrize("which", ["DELETE", "POST"])
def test_a_lost_answer_makes_no_second_job(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    which: str,
    status: int | None,
    is_late: bool,
) -> None:
    existing = standin.world.add_ground_truth(task, [1])
    publication = request(select(connection, task, [3]), replace_job=existing.id)
    lost = standin.faults.lose("/api/jobs", method=which, status=status, carried_out=is_late)
    done = carried_out(publication)
    assert (lost.hits, done.status, done.error) == (1, "ready", "")
    assert truths(task) == [[3]]
    assert all(step["done_at"] for step in done.steps)


@pytest.mark.parametrize("is_video", [True, False])
def test_frames_of_a_task_with_start_and_step_keep_their_numbers(
    connection: Connection, permission: WritePermission, standin: StandIn, is_video: bool
) -> None:
    """The answer is lost, so the job is found by its frames, which CVAT names by their source
    numbers. Jobs overlap: frame 18 is in two."""
    steps = {"start_frame": 3, "step": 4, "segment_size": 20, "overlap": 5}
    task = standin.world.add_task("Steps", owner="demo", count=120, video=is_video, **steps)
    chosen = [0, 18, task.size - 1]
    standin.faults.lose("/api/jobs", method="POST", status=502, carried_out=True)
    done = carried_out(request(select(connection, task, chosen)))
    assert (done.status, done.error) == ("ready", "")
    [job] = [job for job in task.jobs if job.type == "ground_truth"]
    assert (job.id, list(job.frames)) == (done.result_job_id, chosen)


class Killed(BaseException):
    """The process ends here."""


def killed_after(publication: Publication, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker die behind one of the calls of JobWriter; the next one may take over."""
    real: Callable[..., object] = getattr(making_ground_truth.JobWriter, name)

    def fatal(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(making_ground_truth.JobWriter, name, fatal)
        with pytest.raises(Killed):
            carrying_out.publish(publication.pk)
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    Publication.objects.filter(pk=publication.pk).update(heartbeat_at=long_ago)


@pytest.mark.parametrize(
    "name", ["ground_truth_jobs", "ensure_job_deleted", "ensure_ground_truth_job"]
)
def test_after_a_kill_the_next_worker_goes_on(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    existing = standin.world.add_ground_truth(task, [1])
    publication = request(select(connection, task, [3]), replace_job=existing.id)
    killed_after(publication, name, monkeypatch)
    done = carried_out(publication)
    assert (done.status, done.attempts, truths(task)) == ("ready", 2, [[3]])
    assert sorted(changes(standin)) == ["DELETE 204", "POST 201"]
    assert len(done.steps) == 2


def test_without_permission_nothing_is_asked_for(connection: Connection, task: Task) -> None:
    with pytest.raises(PermissionNeeded, match="may not write"):
        request(select(connection, task, [3]))
    assert not Publication.objects.exists()


def test_a_permission_that_ended_meanwhile(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    publication = request(select(connection, task, [3]))
    WritePermission.objects.update(expires_at=timezone.now())
    done = carried_out(publication)
    assert done.status == "failed"
    assert "may not write" in done.error
    assert changes(standin) == []


def test_a_permission_that_cvat_refuses_is_forgotten_and_reading_goes_on(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    publication = request(select(connection, task, [3]))
    for token in standin.world.access_tokens.values():
        token.revoked = token.revoked or not token.read_only
    done = carried_out(publication)
    assert done.status == "failed"
    assert not WritePermission.objects.exists()
    connection.refresh_from_db()
    assert not connection.needs_reconnect


def test_a_token_that_may_only_read_is_told(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    publication = request(select(connection, task, [3]))
    for token in standin.world.access_tokens.values():
        token.read_only = True
    done = carried_out(publication)
    assert (done.status, truths(task)) == ("failed", [])
    assert "read-only" in done.error
    [step] = done.steps
    assert (step["done_at"], step["is_refused"]) == (None, True)


def test_a_request_that_is_refused_is_not_taken_for_one_without_an_answer(
    api: APIClient,
    web: Client,
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
) -> None:
    selection = select(connection, task, [3])
    refused = request(selection)
    for token in standin.world.access_tokens.values():
        token.read_only = True
    carried_out(refused)
    for token in standin.world.access_tokens.values():
        token.read_only = token.name != "writing"
    assert "refused by CVAT" in web.get(refused.get_absolute_url()).text
    [step] = api.get(f"/api/publications/{refused.pk}").json()["steps"]
    assert (step["done_at"], step["is_refused"]) == (None, True)
    Publication.objects.update(steps=[{**step, "is_refused": False}])
    assert "the answer is not known" in web.get(refused.get_absolute_url()).text


def test_asked_twice_it_is_one(
    connection: Connection, permission: WritePermission, task: Task
) -> None:
    selection = select(connection, task, [3])
    first = request(selection)
    assert request(selection) == first
    with pytest.raises(Conflict, match="with other choices"):
        request(selection, assignee_id=task.owner.id)


def test_it_can_be_cancelled(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    publication = request(select(connection, task, [3]))
    services.cancel_publication(publication=publication)
    assert not carrying_out.publish(publication.pk)
    assert changes(standin) == []
    with pytest.raises(Conflict, match="is cancelled and cannot be cancelled"):
        services.cancel_publication(publication=publication)


def test_it_stays_when_the_selection_is_deleted(
    alice: User, connection: Connection, permission: WritePermission, task: Task
) -> None:
    selection = select(connection, task, [3, 4])
    publication = request(selection)
    selection.delete()
    assert carried_out(publication).status == "ready"
    assert truths(task) == [[3, 4]]
    [row] = Publication.objects.for_user(alice).with_visible_selection(alice)
    assert (row.visible_selection_id, row.selection_name) == (None, "To check")


@pytest.mark.worker
def test_a_real_worker_makes_it(
    worker: None,
    connection: Connection,
    permission: WritePermission,
    task: Task,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()  # hand out to the worker again
    publication = request(select(connection, task, [3]))
    assert finished(publication).status == "ready"
    assert truths(task) == [[3]]
