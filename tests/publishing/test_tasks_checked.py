"""What is found out and decided before a new task is made: services, pages and API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from cvat.exceptions import CvatForbidden
from portal.exceptions import Conflict, InvalidInput
from publishing import services
from publishing.exceptions import ChoiceNeeded, PermissionNeeded
from publishing.models import Publication, WritePermission
from publishing.new_task import NewTaskOptions
from publishing.services import task_checking
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import connected, make_permission
from tests.publishing.making import request_task, select
from tests.selections.builds import select as select_of_tasks

pytestmark = pytest.mark.usefixtures("sent")


def check(selection: Selection, user: User | None = None) -> services.NewTaskCheck:
    return services.check_new_task(user=user or selection.owner, selection=selection)


@pytest.fixture
def selection(connection: Connection, task: Task) -> Selection:
    """Of two frames, one of which is deleted."""
    return select(connection, task, [3, 13])


@pytest.fixture
def page(selection: Selection) -> str:
    return f"/publications/selections/{selection.pk}/task"


@pytest.fixture
def address(selection: Selection) -> str:
    return f"/api/selections/{selection.pk}/new-task"


def test_tasks_of_one_project_have_its_labels(connection: Connection, standin: StandIn) -> None:
    found = check(select_of_tasks(connection, (12, [0]), (13, [0])))
    project = standin.world.tasks[12].project
    assert found.project is not None
    assert (found.project.id, found.organization, found.frames_count) == (project.id, "", 2)
    assert [label["name"] for label in found.labels or ()] == [
        label.name for label in project.labels
    ]
    found.check_choices(NewTaskOptions("x"))


def test_colours_of_the_points_of_skeletons_make_no_difference(
    connection: Connection, standin: StandIn
) -> None:
    points = [{"name": "nose", "type": "points"}, {"name": "tail", "type": "points"}]
    pet = {"name": "pet", "type": "skeleton", "sublabels": points}
    one, other = (
        standin.world.add_task(name, owner="demo", count=2, labels=[pet]) for name in "ab"
    )
    for part, color in zip(other.labels[0].sublabels, ("#4dc8fc", "#8459e2"), strict=True):
        part.color = color
    found = check(select_of_tasks(connection, (one.id, [0]), (other.id, [1])))
    assert [label["name"] for label in found.labels or ()] == ["pet"]


def test_tasks_with_different_labels_need_a_choice(connection: Connection, task: Task) -> None:
    found = check(select_of_tasks(connection, (12, [0]), (task.id, [0])))
    assert (found.labels, found.project) == (None, None)
    with pytest.raises(ChoiceNeeded, match="have different labels: 1 frame with the labels"):
        found.check_choices(NewTaskOptions("x"))
    found.check_choices(NewTaskOptions("x", project_id=2))
    found.check_choices(NewTaskOptions("x", per_label_set=True))
    assert len(found.parts(NewTaskOptions("x", project_id=2))) == 1


def test_deleted_frames_need_a_decision(selection: Selection, task: Task) -> None:
    found = check(selection)
    with pytest.raises(ChoiceNeeded, match="1 frame of the selection was deleted in CVAT"):
        found.check_choices(NewTaskOptions("x"))
    found.check_choices(NewTaskOptions("x", deleted_frames="deliver"))
    assert (found.remaining("deliver"), found.remaining("leave_out")) == (2, 1)
    selection.frames.filter(frame=3).delete()
    with pytest.raises(InvalidInput, match="Every frame"):
        check(selection).check_choices(NewTaskOptions("x", deleted_frames="leave_out"))


def test_jobs_share_at_most_half_of_their_frames(connection: Connection, task: Task) -> None:
    found = check(select(connection, task, [1, 2, 3]))
    found.check_choices(NewTaskOptions("x", frames_per_job=2, overlap=1))
    for frames_per_job in (0, 3):
        with pytest.raises(InvalidInput, match="at most half of their frames"):
            found.check_choices(NewTaskOptions("x", frames_per_job=frames_per_job, overlap=2))


def test_a_task_with_too_many_jobs_is_refused_before_its_upload(
    connection: Connection, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_checking, "MOST_JOBS", 12)
    found = check(select_of_tasks(connection, (task.id, range(5))))
    found.check_choices(NewTaskOptions("x", frames_per_job=1))
    found.check_choices(NewTaskOptions("x", frames_per_job=2, consensus_replicas=3))
    with pytest.raises(InvalidInput, match=r"would get 16 jobs, replicas counted, .* at most 12"):
        found.check_choices(NewTaskOptions("x", frames_per_job=2, overlap=1, consensus_replicas=3))


def test_a_task_lies_in_the_organization_of_its_frames(
    alice: User, bob: User, connection: Connection, standin: StandIn
) -> None:
    maintainer = connected(bob, standin, "alice")
    assert check(select_of_tasks(maintainer, (10, [0]))).organization == "acme"
    mixed = select_of_tasks(connection, (10, [0]), (12, [0]))
    with pytest.raises(InvalidInput, match="several organizations or spaces"):
        check(mixed)


def test_who_may_see_one_job_only_is_told(bob: User, standin: StandIn) -> None:
    carols = connected(bob, standin, "carol")  # assignee of the third job of task 1
    with pytest.raises(CvatForbidden, match="single jobs of task 1, but not the task"):
        check(select(carols, standin.world.tasks[1], [0]))


def test_it_needs_permission_and_is_asked_for_once(connection: Connection, task: Task) -> None:
    selection = select(connection, task, [3])
    with pytest.raises(PermissionNeeded):
        request_task(selection)
    make_permission(connection)
    first = request_task(selection)
    assert request_task(selection) == first
    with pytest.raises(Conflict, match=r"being published already \(new task\)"):
        request_task(selection, name="Another")
    assert first.marker.startswith(f"https://portal.example.com/publications/{first.pk}?made=")


def test_the_page_shows_decides_and_sends(
    web: Client, permission: WritePermission, selection: Selection, page: str
) -> None:
    assert f'href="{page}"' in web.get(f"/selections/{selection.pk}").text
    assert "1 of the frames was deleted in CVAT" in web.get(page).text
    given = {"name": "Hard cases", "image_quality": "80", "frames_per_job": "1"}
    undecided = web.post(page, given)
    assert undecided.status_code == 400
    assert "Choose what becomes of the deleted frames." in undecided.text
    dry = web.post(page, given | {"deleted_frames": "deliver", "show": "1"}).text
    assert "Upload 2 pictures, in 2 jobs" in dry
    assert "Create the task “Hard cases”" in dry
    assert not Publication.objects.exists()
    answer = web.post(page, given | {"deleted_frames": "deliver"})
    publication = Publication.objects.get()
    assert answer.url == f"/publications/{publication.pk}"
    assert publication.get_new_task_options() == NewTaskOptions(
        "Hard cases", frames_per_job=1, image_quality=80, deleted_frames="deliver"
    )
    assert "New task" in web.get(answer.url).text


def test_the_page_offers_the_project_of_all_tasks(web: Client, connection: Connection) -> None:
    selection = select_of_tasks(connection, (12, [0]), (13, [0]))
    page = f"/publications/selections/{selection.pk}/task"
    assert "Crossings (#2): its labels" in web.get(page).text
    wrong = web.post(page, {"name": "x", "image_quality": 70, "project": 999})
    assert wrong.status_code == 400
    selection.frames.all().delete()
    assert "has no frames" in web.get(page).text


def test_the_api_shows_decides_and_sends_once(
    api: APIClient, permission: WritePermission, task: Task, address: str
) -> None:
    said = api.get(address).json()
    assert (said["task_ids"], said["deleted_count"], said["project_id"]) == ([task.id], 1, None)
    assert said["labels"] == [label.name for label in task.labels]
    undecided = api.post(address, {})
    assert (undecided.status_code, undecided.json()["code"]) == (409, "choice_needed")
    body = {"deleted_frames": "leave_out", "frames_per_job": 5}
    dry = api.post(address, body | {"dry_run": True}).json()["requests"]
    assert [(each["method"], each["path"]) for each in dry] == [
        ("POST", "/api/tasks"),
        ("POST", "/api/tasks/<new task>/data"),
    ]
    assert not Publication.objects.exists()
    first = api.post(address, body, headers={"Idempotency-Key": "once"})
    assert first.status_code == 202, first.content
    again = api.post(address, body, headers={"Idempotency-Key": "once"})
    assert again.json()["id"] == first.json()["id"]
    publication = Publication.objects.get()
    assert (publication.target, publication.frames_total) == ("task", 1)
    publication.published_frames.create(new_frame=0, task_id=task.id, frame=3, path="p03.png")
    address = f"/api/publications/{publication.pk}/frames"
    frames = api.get(address).json()["results"]
    assert api.get(address, {"ordering": "created_at"}).status_code == 400
    shown = {"new_frame": 0, "path": "p03.png", "task_id": task.id, "frame": 3}
    assert frames == [{**shown, "is_replaced": False}]
