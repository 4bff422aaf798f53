"""Frames marked faulty become issues in CVAT, once, and their jobs are rejected."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from cvat import client as cvat_client
from portal.exceptions import Conflict, InvalidInput
from publishing import services
from publishing.issues import IssueOptions
from publishing.models import Publication, WritePermission
from selections.models import Selection
from selections.services import share_selection, update_selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import connected, make_permission
from tests.publishing.making import LOST, carried_out, mark, select
from tests.selections.conftest import HASTY

# The heartbeat of the work has a database connection of its own, which must see the row.
pytestmark = pytest.mark.usefixtures("transactional_db", "sent")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as a worker's, without their long waits."""
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)


@pytest.fixture
def selection(connection: Connection, task: Task) -> Selection:
    """Of six frames in three jobs. Three are faulty, of which frame 13 is deleted in CVAT."""
    selection = select(connection, task, [3, 4, 5, 13, 14, 25])
    selection.frames.update(width=64, height=48)
    mark(selection, 3, comment="Too dark", tags=["night"])
    mark(selection, 13, comment="Gone")
    mark(selection, 25, tags=["blurred", "cut"])
    selection.marks.create(task_id=task.id, frame=4, verdict="good", comment="Fine")
    return selection


def ask(selection: Selection, **options: object) -> Publication:
    return services.request_issues(
        user=selection.owner, selection=selection, options=IssueOptions(**options)
    )


def issues(task: Task) -> list[tuple[int, int, str]]:
    """Job, frame and text of each issue of the task."""
    return [
        (job.id, issue.frame, issue.comments[0].message)
        for job in task.jobs
        for issue in job.issues
    ]


def expected(task: Task) -> list[tuple[int, int, str]]:
    first, _, last = task.jobs
    return [(first.id, 3, "Too dark (night)"), (last.id, 25, "blurred, cut")]


def test_they_are_opened_and_repeated_none_is_opened_twice(
    selection: Selection, permission: WritePermission, task: Task
) -> None:
    done = carried_out(ask(selection))
    assert (done.status, done.error, done.frames_done) == ("ready", "", 2)
    assert issues(task) == expected(task)
    assert {job.state for job in task.jobs} == {"new"}
    assert task.jobs[0].issues[0].position == [0, 0, 64, 48]
    assert [step["request"] for step in done.steps] == ["POST /api/issues"] * 2
    assert done.steps[1]["text"].endswith("blurred, cut")
    with pytest.raises(Conflict, match="has every one of these issues already"):
        ask(selection)
    mark(selection, 5)
    assert len(carried_out(ask(selection)).steps) == 1
    assert [text for _, _, text in issues(task)] == [
        "Too dark (night)",
        "Marked as faulty",
        "blurred, cut",
    ]


def test_their_jobs_are_rejected_in_bulk(
    selection: Selection, permission: WritePermission, task: Task
) -> None:
    first, second, last = task.jobs
    last.stage, last.state = "validation", "rejected"
    done = carried_out(ask(selection, reject_jobs=True))
    assert (done.status, done.error) == ("ready", "")
    assert [(job.stage, job.state) for job in (first, second, last)] == [
        ("annotation", "rejected"),
        ("annotation", "new"),  # its faulty frame is deleted
        ("validation", "rejected"),
    ]
    assert done.steps[-1]["request"] == f"PATCH /api/jobs/{first.id}"
    assert len(done.steps) == 3
    back = carried_out(ask(selection, reject_jobs=True, job_stage="annotation"))
    assert (back.status, last.stage, last.state) == ("ready", "annotation", "rejected")


@pytest.mark.parametrize(("status", "is_late"), LOST)
@pytest.mark.parametrize("which", ["POST /api/issues", "PATCH /api/jobs"])
def test_a_lost_answer_opens_no_second_issue(
    selection: Selection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    which: str,
    status: int | None,
    is_late: bool,
) -> None:
    method, path = which.split()
    lost = standin.faults.lose(path, method=method, status=status, carried_out=is_late)
    done = carried_out(ask(selection, reject_jobs=True))
    assert (lost.hits, done.status, done.error) == (1, "ready", "")
    assert issues(task) == expected(task)
    assert all(step["done_at"] for step in done.steps)
    assert [job.state for job in task.jobs] == ["rejected", "new", "rejected"]


def test_a_worker_that_takes_it_over_opens_none_twice(
    selection: Selection, permission: WritePermission, task: Task
) -> None:
    """The first one has opened an issue, and died before it noted that."""
    publication = ask(selection)
    carried_out(publication)
    steps = [{**publication.steps[0], "done_at": None}]
    Publication.objects.update(status="queued", claimed_by=None, finished_at=None, steps=steps)
    assert carried_out(publication).status == "ready"
    assert issues(task) == expected(task)


def test_the_job_alone_is_enough(
    selection: Selection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    """Of somebody who may see one job, not its task, and report what is in it."""
    task.jobs[0].assignee, task.owner = task.owner, standin.world.add_user("boss")
    selection.marks.exclude(frame=3).delete()
    done = carried_out(ask(selection, reject_jobs=True))
    assert (done.status, done.error) == ("ready", "")
    assert issues(task) == expected(task)[:1]


def test_a_reader_does_not_get_hidden_names_of_tasks(
    selection: Selection, permission: WritePermission, bob: User, task: Task, standin: StandIn
) -> None:
    """CVAT shows the job, but not the task and its name."""
    make_permission(connected(bob, standin))
    task.jobs[0].assignee, task.owner = task.owner, standin.world.add_user("boss")
    selection.marks.exclude(frame=3).delete()
    share_selection(user=selection.owner, selection=selection, person="bob")
    update_selection(selection=selection, hides_names=True)
    for person, name in ((bob, f"Task {task.id}"), (selection.owner, "Thirty")):
        seen = Selection.objects.for_user(person).get(pk=selection.pk)
        asked = services.request_issues(user=person, selection=seen, options=IssueOptions())
        assert asked.task_name == name


def test_without_faulty_frames_there_is_nothing_to_report(
    selection: Selection, connection: Connection
) -> None:
    selection.frames.filter(frame__in=[3, 13, 25]).delete()
    with pytest.raises(InvalidInput, match="No frame of this selection is marked as faulty"):
        ask(selection)


def test_the_page_shows_every_issue_and_job_and_sends_them(
    web: Client, selection: Selection, permission: WritePermission, task: Task
) -> None:
    page = f"/publications/selections/{selection.pk}/issues"
    assert f'href="{page}"' in web.get(f"/selections/{selection.pk}").text
    shown = web.get(page).text
    for _, _, text in expected(task):
        assert text in shown
    assert "deleted in CVAT" in shown
    assert '<td data-label="Issue">' in shown
    assert "Set the 2 jobs of these frames to rejected" in shown
    wrong = web.post(page, {"job_stage": "validation"})
    assert wrong.status_code == 400
    assert "A stage is set for jobs that are rejected." in wrong.text
    dry = web.post(page, {"reject_jobs": "on", "show": "1"}).text
    assert f"PATCH /api/jobs/{task.jobs[2].id}" in dry
    assert not Publication.objects.exists()
    answer = web.post(page, {"reject_jobs": "on"})
    publication = Publication.objects.get()
    assert answer.url == f"/publications/{publication.pk}"
    carried_out(publication)
    shown = web.get(answer.url).text
    assert "Issues of faulty frames" in shown
    assert "How far are the jobs?" in shown
    assert web.get(page).text.count("is there") == 2
    Publication.objects.update(status="failed")
    assert f'href="{page}">Try again' in web.get(answer.url).text


def test_the_api_looks_plans_and_opens(
    api: APIClient, selection: Selection, permission: WritePermission, task: Task
) -> None:
    address = f"/api/selections/{selection.pk}/issues"
    looked = api.get(address).json()
    assert [(each["frame"], each["is_deleted"]) for each in looked["frames"]] == [
        (3, False),
        (13, True),
        (25, False),
    ]
    assert [job["id"] for job in looked["jobs"]] == [task.jobs[0].id, task.jobs[2].id]
    planned = api.post(address, {"reject_jobs": True, "dry_run": True}).json()["requests"]
    assert [each["method"] for each in planned] == ["POST", "POST", "PATCH", "PATCH"]
    assert planned[0]["body"]["message"] == "Too dark (night)"
    assert api.post(address, {"job_stage": "finished"}).status_code == 400
    assert not Publication.objects.exists()
    answer = api.post(address, {})
    assert (answer.status_code, answer.json()["target"]) == (202, "issues")
    carried_out(Publication.objects.get())
    assert issues(task) == expected(task)
    assert api.post(address, {}).status_code == 409
