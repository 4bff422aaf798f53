"""Whom a new task and its jobs are assigned to, and in which project it is made."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from cvat import client as cvat_client
from cvat.writing import JobWriter
from portal.exceptions import InvalidInput
from publishing import services
from publishing.models import Publication, WritePermission
from publishing.services import making_tasks
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import connected, make_permission
from tests.publishing.making import carried_out, request_task
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent")


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def selection(alice: User, standin: StandIn) -> Selection:
    """Of three frames of a task in the organization acme, of whose members alice runs it."""
    connection = connected(alice, standin, "alice")
    token = standin.world.access_token("alice", "writing", read_only=False)
    make_permission(connection, token.value)
    return select(connection, (10, [0, 1, 2]))


@pytest.fixture
def members(selection: Selection) -> dict[str, int]:
    check = services.check_new_task(user=selection.owner, selection=selection)
    return {member.username: member.id for member in check.place.members}


@pytest.fixture
def page(selection: Selection) -> str:
    return f"/publications/selections/{selection.pk}/task"


def assigned(standin: StandIn, publication: Publication) -> tuple[str, list[str]]:
    """The assignee of the new task, and those of its jobs in order."""
    task = standin.world.tasks[publication.result_task_id]
    return name(task.assignee), [name(job.assignee) for job in task.jobs]


def name(user: Any) -> str:
    return user.username if user else ""


def test_jobs_are_given_in_turn(
    selection: Selection, members: dict[str, int], standin: StandIn
) -> None:
    first, second = list(members)[:2]
    publication = request_task(
        selection,
        frames_per_job=1,
        assignee_id=members[first],
        job_assignee_ids=(members[second], members[first]),
    )
    done = carried_out(publication)
    assert (done.status, done.error) == ("ready", "")
    assert assigned(standin, done) == (first, [second, first, first])
    assert done.steps[0]["request"] == "POST /api/tasks?org=acme"
    assert done.steps[-1]["text"] == "Assign the jobs to 2 people in turn"


def test_more_names_than_jobs_leave_some_unused(
    selection: Selection, members: dict[str, int], standin: StandIn
) -> None:
    first, second = list(members)[:2]
    ids = (members[first], members[second])
    done = carried_out(request_task(selection, job_assignee_ids=ids))
    assert assigned(standin, done) == ("", [first])


def test_replicas_are_made_and_given_in_turn(
    selection: Selection, members: dict[str, int], standin: StandIn, api: APIClient
) -> None:
    first, second = list(members)[:2]
    ids = [members[first], members[second]]
    address = f"/api/selections/{selection.pk}/new-task"
    body = {"frames_per_job": 2, "consensus_replicas": 2, "job_assignee_ids": ids}
    assert api.post(address, body | {"consensus_replicas": 1}).status_code == 400
    both = api.post(address, body | {"with_annotations": True})
    assert "Leave out one of the two" in both.json()["detail"]
    planned = api.post(address, body | {"dry_run": True}).json()["requests"]
    assert planned[1]["text"] == "Upload 3 pictures, in 2 jobs, each with 2 replicas"
    api.post(address, body)
    done = carried_out(Publication.objects.get())
    assert (done.status, done.error) == ("ready", "")
    jobs = standin.world.tasks[done.result_task_id].jobs
    assert [(job.type, name(job.assignee)) for job in jobs] == [
        ("annotation", ""),
        ("consensus_replica", first),
        ("consensus_replica", second),
        ("annotation", ""),
        ("consensus_replica", second),
        ("consensus_replica", second),
    ]


def test_replicas_that_cvat_does_not_make(
    selection: Selection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a version would that does not know `consensus_replicas` and ignores it."""
    add_task = standin.world.add_task

    def ignore(*args: Any, consensus_replicas: int, **known: Any) -> Task:
        return add_task(*args, **known)

    monkeypatch.setattr(standin.world, "add_task", ignore)
    done = carried_out(request_task(selection, frames_per_job=2, consensus_replicas=2))
    assert done.status == "failed"
    assert "0 replicas, and 4 were asked for (2 of each job)" in done.error
    assert f"CVAT made task {done.result_task_id} with" in done.error
    assert standin.world.tasks[done.result_task_id].size == 3


@pytest.mark.parametrize("is_late", [False, True])
def test_a_lost_answer_assigns_the_same(
    selection: Selection, members: dict[str, int], standin: StandIn, is_late: bool
) -> None:
    [member, *_] = members
    publication = request_task(selection, frames_per_job=1, job_assignee_ids=(members[member],))
    lost = standin.faults.lose(
        r"/api/jobs/\d+$", method="PATCH", status=502, carried_out=is_late, skip=1
    )
    done = carried_out(publication)
    assert (done.status, bool(lost.hits)) == ("ready", True)
    assert assigned(standin, done) == ("", [member] * 3)


def test_a_refused_assignment_is_a_sentence_and_keeps_the_task(
    selection: Selection,
    members: dict[str, int],
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [member, *_] = members
    publication = request_task(selection, job_assignee_ids=(members[member],))
    real = JobWriter.update_job
    # An id that CVAT does not know any more.
    monkeypatch.setattr(
        JobWriter,
        "update_job",
        lambda self, job_id, assignee_id: real(self, job_id, assignee_id=999),
    )
    done = carried_out(publication)
    assert done.status == "failed"
    assert "The assignee may have been deleted there" in done.error
    assert done.result_task_id in standin.world.tasks
    assert done.published_frames.count() == 3


def test_a_member_who_never_signed_up_is_not_offered(
    selection: Selection, standin: StandIn
) -> None:
    """CVAT makes an inactive account for who is invited by mail (cvat-api 3.7)."""
    invited = standin.world.add_user("invited", is_active=False)
    standin.world.organizations[1].members[invited.id] = "worker"
    check = services.check_new_task(user=selection.owner, selection=selection)
    assert [member.username for member in check.place.members] == ["alice", "bob", "demo"]


def test_only_members_are_taken(selection: Selection) -> None:
    with pytest.raises(InvalidInput, match="cannot be assigned to user 999 of CVAT"):
        request_task(selection, job_assignee_ids=(999,))


def test_in_a_personal_space_only_oneself(
    connection: Connection, permission: WritePermission, web: Client, standin: StandIn
) -> None:
    own = select(connection, (12, [0]))
    other = standin.world.user("alice").id
    with pytest.raises(InvalidInput, match=r"Those who can get it: demo \(\d+\)"):
        request_task(own, assignee_id=other)
    shown = web.get(f"/publications/selections/{own.pk}/task").text
    assert "lets you assign tasks and jobs to yourself alone (demo)" in shown


def test_the_page_asks_for_the_assignees_of_the_chosen_project(
    connection: Connection, web: Client, standin: StandIn
) -> None:
    page = web.get(f"/publications/selections/{select(connection, (12, [0])).pk}/task").text
    address = f"/publications/connections/{connection.pk}/assignees"
    assert f'hx-get="{address}?organization="' in page
    acme = standin.world.organizations[1]
    assert acme.slug == "acme"
    project = standin.world.add_project("At acme", owner="demo", organization=acme)
    people = {name: standin.world.user(name).id for name in ("alice", "bob", "demo")}

    def shown(**given: object) -> str:
        return web.get(address, {"organization": "", **given}).text

    at_acme = shown(project=project.id, assignee=people["bob"])
    assert f'<option value="{people["bob"]}" selected>bob</option>' in at_acme
    assert f'<option value="{people["alice"]}" >alice</option>' in at_acme
    assert "Members of the organization: alice, bob, demo." in at_acme
    alone = shown(project="", assignee=people["bob"])
    assert "to yourself alone (demo)" in alone
    assert f'<option value="{people["demo"]}" >demo</option>' in alone
    assert "bob" not in alone
    assert "Members of the organization: alice" in shown(organization="acme")
    assert "no organization nowhere" in shown(organization="nowhere")
    assert "no project 99999" in shown(project=99999)
    assert "to yourself alone" in shown(project="no number", assignee="x")


def test_the_page_takes_names(
    web: Client, selection: Selection, members: dict[str, int], page: str
) -> None:
    first, second = list(members)[:2]
    assert f"Members of the organization: {first}" in web.get(page).text
    given = {"name": "x", "image_quality": "70", "assignee": members[first]}
    unknown = web.post(page, given | {"job_assignees": "nobody-here"})
    assert unknown.status_code == 400
    assert "“nobody-here” can get no job here" in unknown.text
    assert web.post(page, given | {"consensus_replicas": "1"}).status_code == 400
    named = given | {"job_assignees": f"{second}, {first},", "consensus_replicas": "3"}
    dry = web.post(page, named | {"show": "1"}).text
    assert "Assign the jobs to 2 people in turn" in dry
    assert "POST /api/tasks?org=acme" in dry
    web.post(page, named)
    options = Publication.objects.get().get_new_task_options()
    assert (options.assignee_id, options.consensus_replicas) == (members[first], 3)
    assert options.job_assignee_ids == (members[second], members[first])


def test_the_api_takes_ids(api: APIClient, selection: Selection, members: dict[str, int]) -> None:
    address = f"/api/selections/{selection.pk}/new-task"
    said = api.get(address).json()["members"]
    assert {each["username"]: each["id"] for each in said} == members
    ids = list(members.values())[:2]
    answer = api.post(address, {"job_assignee_ids": ids, "assignee_id": ids[0]})
    assert answer.status_code == 202, answer.content
    assert answer.json()["options"]["job_assignee_ids"] == ids
    again = api.post(address, {"job_assignee_ids": ids, "assignee_id": ids[0]})
    assert again.json()["id"] == answer.json()["id"]  # the same choices: no second one
    assert api.post(address, {"job_assignee_ids": [0]}).status_code == 400


def test_any_project_can_be_chosen(
    connection: Connection, permission: WritePermission, standin: StandIn, web: Client
) -> None:
    own = select(connection, (12, [0]))
    project = standin.world.add_project("Elsewhere", owner="demo", labels=["tree"])
    page = f"/publications/selections/{own.pk}/task"
    assert f"Elsewhere (#{project.id}): its labels" in web.get(page).text
    given = {"name": "x", "image_quality": "70", "project": project.id, "with_annotations": "on"}
    dry = web.post(page, given | {"show": "1"}).text
    assert "which the task does not have" in dry
    done = carried_out(request_task(own, project_id=project.id))
    assert standin.world.tasks[done.result_task_id].project is project


def test_a_project_that_one_does_not_see_is_told(
    connection: Connection, permission: WritePermission, api: APIClient
) -> None:
    own = select(connection, (12, [0]))
    with pytest.raises(InvalidInput, match="shows your account no project 999"):
        request_task(own, project_id=999)
    answer = api.post(f"/api/selections/{own.pk}/new-task", {"project_id": 999, "dry_run": True})
    assert answer.status_code == 400
