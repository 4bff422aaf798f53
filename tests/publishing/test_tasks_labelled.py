"""Which labels a new task gets: a part of those of the tasks, or labels of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from cvat import client as cvat_client
from portal.exceptions import InvalidInput
from publishing.models import Publication, WritePermission
from publishing.services import making_tasks
from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.cvat.writing_clients import writer
from tests.publishing.making import carried_out, request_task
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")

SPEED = {"name": "speed", "input_type": "number", "values": ["0", "9", "1"]}
OWN = [{"name": "lorry", "type": "rectangle", "attributes": [SPEED]}, {"name": "person"}]


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def selection(connection: Connection, standin: StandIn) -> Selection:
    """Of a frame with a car and a person."""
    task = standin.world.add_task(
        "Street", owner="demo", count=3, labels=["car", "night", "person"]
    )
    box = {"type": "rectangle", "frame": 1, "points": [1, 2, 3, 4]}
    boxes = [{**box, "label_id": task.labels[place].id} for place in (0, 2)]
    writer(standin, "demo").create_annotations(task.jobs[0].id, {"shapes": boxes})
    return select(connection, (task.id, [1]))


@pytest.fixture
def page(selection: Selection) -> str:
    return f"/publications/selections/{selection.pk}/task"


@pytest.fixture
def address(selection: Selection) -> str:
    return f"/api/selections/{selection.pk}/new-task"


def names(standin: StandIn, done: Publication) -> list[str]:
    return [label.name for label in standin.world.tasks[done.result_task_id].labels]


def test_a_part_of_the_labels(selection: Selection, standin: StandIn) -> None:
    done = carried_out(request_task(selection, labels=("person", "night"), with_annotations=True))
    assert (done.status, done.error) == ("ready", "")
    assert names(standin, done) == ["night", "person"]
    [left_out] = done.problem_groups
    assert left_out["reason"] == "The object was left out: the task has no label “car”."


def test_labels_of_its_own(selection: Selection, standin: StandIn) -> None:
    done = carried_out(request_task(selection, label_schema=tuple(OWN), with_annotations=True))
    assert (done.status, done.error, done.problems_count) == ("ready", "", 1)
    lorry, person = standin.world.tasks[done.result_task_id].labels
    assert (lorry.name, lorry.type, person.name) == ("lorry", "rectangle", "person")
    assert lorry.attributes[0]["values"] == ["0", "9", "1"]


def test_labels_of_its_own_for_tasks_with_different_ones(
    connection: Connection, standin: StandIn
) -> None:
    other = standin.world.add_task("Other", owner="demo", count=2, labels=["tree"])
    both = select(connection, (12, [0]), (other.id, [0]))
    done = carried_out(request_task(both, label_schema=tuple(OWN)))
    assert names(standin, done) == ["lorry", "person"]


def test_a_new_project_gets_the_labels(selection: Selection, standin: StandIn) -> None:
    done = carried_out(request_task(selection, labels=("car", "night"), new_project="Checked"))
    assert (done.status, done.error) == ("ready", "")
    project = standin.world.tasks[done.result_task_id].project
    assert project is not None
    assert project.name == "Checked"
    assert [label.name for label in project.labels] == ["car", "night"]
    assert done.steps[0]["text"] == "Create the project “Checked”"


@pytest.mark.parametrize("is_late", [False, True])
def test_a_lost_answer_makes_one_project(
    selection: Selection, standin: StandIn, is_late: bool
) -> None:
    lost = standin.faults.lose("/api/projects", method="POST", status=502, carried_out=is_late)
    done = carried_out(request_task(selection, new_project="Checked"))
    assert (done.status, bool(lost.hits)) == ("ready", True)
    projects = [each for each in standin.world.projects.values() if each.name == "Checked"]
    assert projects == [standin.world.tasks[done.result_task_id].project]


def test_what_cannot_be_is_refused(selection: Selection) -> None:
    with pytest.raises(InvalidInput, match=r"no label “tree”\. They have: car, night, person"):
        request_task(selection, labels=("tree",))
    with pytest.raises(InvalidInput, match="choose one of these"):
        request_task(selection, labels=("car",), label_schema=tuple(OWN))
    with pytest.raises(InvalidInput, match="choose one of these"):
        request_task(selection, label_schema=tuple(OWN), project_id=1)
    with pytest.raises(InvalidInput, match="not both"):
        request_task(selection, new_project="Checked", project_id=1)


def test_the_page_takes_both(web: Client, selection: Selection, page: str) -> None:
    given = {"name": "x", "image_quality": "70"}
    none = web.post(page, given | {"without_labels": ["car", "night", "person"]})
    assert "Leave the task at least one label." in none.text
    wrong = web.post(page, given | {"label_schema": '[{"name": "car", "type": "circle"}]'})
    assert (wrong.status_code, "The type of “car”" in wrong.text) == (400, True)
    own = web.post(page, given | {"label_schema": json.dumps(OWN), "show": "1"})
    assert "lorry" in own.text
    shown = web.post(page, given | {"new_project": "Checked", "show": "1"}).text
    assert "Create the project “Checked”" in shown
    assert "&lt;new project&gt;" in shown
    web.post(page, given | {"without_labels": ["car"]})
    assert Publication.objects.get().get_new_task_options().labels == ("night", "person")


def test_the_api_takes_both(
    api: APIClient, address: str, standin: StandIn, permission: WritePermission
) -> None:
    wrong = api.post(address, {"label_schema": [{"name": "car", "color": "red"}]})
    assert (wrong.status_code, "#33aa7f" in wrong.content.decode()) == (400, True)
    body = {"label_schema": OWN, "with_annotations": True}
    planned = api.post(address, body | {"dry_run": True}).json()["requests"]
    assert [label["name"] for label in planned[0]["body"]["labels"]] == ["lorry", "person"]
    assert "which the task does not have: “car”, “night”" in planned[-1]["text"]
    answer = api.post(address, body)
    assert answer.status_code == 202, answer.content
    assert api.post(address, body).json()["id"] == answer.json()["id"]
    done = carried_out(Publication.objects.get())
    assert names(standin, done) == ["lorry", "person"]
