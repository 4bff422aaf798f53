"""Frames of tasks with different labels become a new task for each set of labels."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from cvat import client as cvat_client
from portal.exceptions import Conflict, InvalidInput
from publishing import services
from publishing.models import Publication, WritePermission
from publishing.services import making_tasks
from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.publishing.making import add_box, carried_out, request_tasks
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")

SPLIT = {"per_label_set": True}


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def selection(connection: Connection, standin: StandIn) -> Selection:
    """Of three frames of two tasks with cars, and two of one with trees."""
    names = {"labels": ["car", "lorry"], "owner": "demo", "count": 4}
    one = standin.world.add_task("One", **names)
    trees = standin.world.add_task("Trees", owner="demo", count=4, labels=["tree"])
    other = standin.world.add_task("Other", **names)
    add_box(one, 2, 20)
    add_box(other, 1, 10)
    add_box(trees, 3, 30, label="tree")
    return select(connection, (one.id, [0, 2]), (trees.id, [1, 3]), (other.id, [1]))


@pytest.fixture
def page(selection: Selection) -> str:
    return f"/publications/selections/{selection.pk}/task"


@pytest.fixture
def address(selection: Selection) -> str:
    return f"/api/selections/{selection.pk}/new-task"


def test_each_set_of_labels_gets_its_own_task_table_and_log(
    selection: Selection, standin: StandIn
) -> None:
    cars, trees = (
        carried_out(each)
        for each in request_tasks(selection, name="Hard", with_annotations=True, **SPLIT)
    )
    assert [(each.status, each.error, each.frames_total) for each in (cars, trees)] == [
        ("ready", "", 3),
        ("ready", "", 2),
    ]
    of_cars, of_trees = (standin.world.tasks[each.result_task_id] for each in (cars, trees))
    assert [of_cars.name, of_trees.name] == ["Hard (1 of 2)", "Hard (2 of 2)"]
    assert [label.name for label in of_cars.labels] == ["car", "lorry"]
    assert [label.name for label in of_trees.labels] == ["tree"]
    one, tree_task, other = sorted({row.task_id for row in selection.frames.all()})
    tables = [
        sorted(each.published_frames.values_list("new_frame", "task_id", "frame"))
        for each in (cars, trees)
    ]
    assert tables == [
        [(0, one, 0), (1, one, 2), (2, other, 1)],
        [(0, tree_task, 1), (1, tree_task, 3)],
    ]
    boxes = [
        [(shape["frame"], shape["points"][0]) for shape in task.jobs[0].annotations["shapes"]]
        for task in (of_cars, of_trees)
    ]
    assert boxes == [[(1, 20), (2, 10)], [(1, 30)]]
    for each in (cars, trees):
        comparison = services.compare_results(user=selection.owner, publication=each)
        assert len(comparison.frames) == each.frames_total
        assert comparison.differing == []


def test_they_are_asked_for_once(selection: Selection) -> None:
    first = request_tasks(selection, **SPLIT)
    assert request_tasks(selection, **SPLIT) == first
    with pytest.raises(Conflict, match="being published already"):
        request_tasks(selection, project_id=2)
    carried_out(first[0])
    assert request_tasks(selection, **SPLIT) == first
    carried_out(first[1])
    assert not set(request_tasks(selection, **SPLIT)) & set(first)


def test_all_are_asked_for_or_none(selection: Selection, settings: Any) -> None:
    settings.ARCHIVE_ACTIVE_PER_PERSON = 1
    with pytest.raises(InvalidInput, match="2 publications at once"):
        request_tasks(selection, **SPLIT)
    assert not Publication.objects.exists()


def test_a_part_of_the_labels(selection: Selection, standin: StandIn) -> None:
    with pytest.raises(InvalidInput, match="2 frames with the label tree would be left without"):
        request_tasks(selection, labels=("lorry",), **SPLIT)
    parts = request_tasks(selection, labels=("lorry", "tree"), **SPLIT)
    tasks = [standin.world.tasks[carried_out(each).result_task_id] for each in parts]
    assert [[label.name for label in task.labels] for task in tasks] == [["lorry"], ["tree"]]


def test_what_cannot_be_is_refused(selection: Selection) -> None:
    with pytest.raises(InvalidInput, match="A project has one set of labels"):
        request_tasks(selection, new_project="All", **SPLIT)
    with pytest.raises(InvalidInput, match="choose one of these"):
        request_tasks(selection, project_id=2, **SPLIT)


def test_long_names_keep_their_numbers(selection: Selection) -> None:
    names = [each.task_name for each in request_tasks(selection, name="n" * 256, **SPLIT)]
    assert [len(name) for name in names] == [256, 256]
    assert [name[-9:] for name in names] == ["n (1 of 2)"[-9:], "n (2 of 2)"[-9:]]


def test_the_page_says_before_what_is_made(web: Client, selection: Selection, page: str) -> None:
    shown = web.get(page).text
    assert "This makes 2 tasks" in shown
    assert "3 frames with the labels car, lorry" in shown
    assert "2 frames with the label tree" in shown
    given = {"name": "Hard", "image_quality": "70"}
    dry = web.post(page, given | {"show": "1"}).text
    assert "Create the task “Hard (1 of 2)”" in dry
    assert "Create the task “Hard (2 of 2)”" in dry
    answer = web.post(page, given)
    assert answer.url == "/publications/"
    first, second = Publication.objects.order_by("part")
    shown = web.get(f"/publications/{first.pk}").text
    assert f'href="/publications/{second.pk}"' in shown
    assert "Hard (1 of 2), this one" in shown


def test_the_page_makes_one_task_in_a_project(web: Client, page: str) -> None:
    web.post(page, {"name": "Hard", "image_quality": "70", "project": "2"})
    publication = Publication.objects.get()
    assert (publication.frames_total, publication.together) == (5, None)


def test_the_api_answers_all_of_them_once(
    api: APIClient, permission: WritePermission, address: str
) -> None:
    said = api.get(address).json()
    assert said["labels"] is None
    assert [(each["labels"], each["frames_count"]) for each in said["label_sets"]] == [
        (["car", "lorry"], 3),
        (["tree"], 2),
    ]
    undecided = api.post(address, {})
    assert (undecided.status_code, undecided.json()["code"]) == (409, "choice_needed")
    body = {"name": "Hard", "per_label_set": True}
    dry = api.post(address, body | {"dry_run": True}).json()["requests"]
    assert [each["body"]["name"] for each in dry if each["path"] == "/api/tasks"] == [
        "Hard (1 of 2)",
        "Hard (2 of 2)",
    ]
    first = api.post(address, body, headers={"Idempotency-Key": "once"}).json()
    again = api.post(address, body, headers={"Idempotency-Key": "once"}).json()
    ids = list(Publication.objects.order_by("part").values_list("pk", flat=True))
    assert first["together"] == again["together"] == ids
    assert first["id"] == ids[0]
    other = api.get(f"/api/publications/{ids[1]}").json()
    assert (other["together"], other["frames_total"]) == (ids, 2)
