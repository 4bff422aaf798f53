"""Saved searches: what they find, and draws, recipes and lists of frames by them, in the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from selections.models import Selection
from selector.models import Connection, SavedSearch
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import connected
from tests.selector.api_errors import told

DAY, DUSK = 12, 13  # of subsets train and test
OVER_ALL = {"frame_selection_method": "random_uniform", "frame_count": 9, "random_seed": 7}


def posted(api: APIClient, path: str, code: int = 201, **body: Any) -> dict[str, Any]:
    answer = api.post(f"/api/{path}", body)
    assert answer.status_code == code, answer.content
    return answer.json()


@pytest.fixture
def crossings(api: APIClient, connection: Connection) -> int:
    """A search that finds DAY and DUSK."""
    return posted(api, "saved-searches", name="Crossings", search="crossing")["id"]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"search": "crossing"}, [DAY, DUSK]),
        ({"search": "crossing", "subset": "test"}, [DUSK]),
        ({"project_id": 2}, [DAY, DUSK]),
        ({"project_id": 2, "status": "completed"}, []),
        ({"assignee": "alice", "search": "folders"}, [2]),
    ],
)
def test_what_a_search_finds(
    api: APIClient, connection: Connection, criteria: dict[str, Any], found: list[int]
) -> None:
    listed = api.get("/api/tasks", criteria).json()["results"]
    assert sorted(task["id"] for task in listed) == found
    saved = posted(api, "saved-searches", name="Mine", **criteria)
    assert {name: saved[name] for name in criteria} == criteria
    answer = api.post("/api/load-images", {"saved_search": saved["id"]})
    if found:
        assert [task["id"] for task in answer.json()["tasks"]] == found
    else:
        told(answer, 400, "invalid", "No task with pictures matches the search “Mine” now")


def test_it_means_the_tasks_that_match_now(
    api: APIClient, standin: StandIn, crossings: int
) -> None:
    first = posted(api, "selections", saved_search=crossings, **OVER_ALL)
    assert first["draw"]["saved_search"] == crossings
    assert first["draw"]["task_ids"] == [DAY, DUSK]
    standin.world.add_task("Crossing, dawn", task_id=50, owner="demo", count=20)
    second = posted(api, "selections", saved_search=crossings, **OVER_ALL)
    assert second["draw"]["task_ids"] == [DAY, DUSK, 50]
    # Drawing the first again takes the tasks that it was drawn from.
    again = posted(api, f"selections/{first['id']}/draw-again")
    assert (again["same"], again["new"]) == (9, 0)
    assert again["selection"]["draw"] == first["draw"]
    repeated = posted(api, "random-select", 200, **first["draw"])
    assert {image["task_id"] for image in repeated["images"]} <= {DAY, DUSK}


def test_each_round_of_a_recipe_asks_the_search(
    api: APIClient, standin: StandIn, crossings: int
) -> None:
    draw = {"frame_selection_method": "random_per_task", "frames_per_task_count": 2}
    recipe = posted(api, "recipes", name="Weekly", saved_search=crossings, **draw)
    assert "task_ids" not in recipe["draw"]
    first = posted(api, f"recipes/{recipe['id']}/rounds")
    standin.world.add_task("Crossing, dawn", task_id=50, owner="demo", count=20)
    second = posted(api, f"recipes/{recipe['id']}/rounds")
    assert [first["draw"]["task_ids"], second["draw"]["task_ids"]] == [[DAY, DUSK], [DAY, DUSK, 50]]
    made = posted(api, "selections", saved_search=crossings, **OVER_ALL)
    of_selection = posted(api, "recipes", name="Of a selection", selection=made["id"])
    assert of_selection["draw"]["saved_search"] == crossings
    assert "task_ids" not in of_selection["draw"]


def test_who_may_use_a_search(api: APIClient, standin: StandIn, bob: User, crossings: int) -> None:
    made = posted(api, "selections", saved_search=crossings, **OVER_ALL)
    Selection.objects.filter(pk=made["id"]).update(visibility="shared")
    connected(bob, standin)
    his = api_of(bob)
    refused = his.post("/api/random-select", {"saved_search": crossings, **OVER_ALL})
    told(refused, 400, "invalid", f"You have no saved search {crossings}.")
    assert his.get("/api/saved-searches").json()["results"] == []
    # Who may read the selection draws it again from the tasks that were found.
    assert posted(his, f"selections/{made['id']}/draw-again")["new"] == 0


def test_a_search_of_another_server(
    api: APIClient, alice: User, standin: StandIn, crossings: int
) -> None:
    SavedSearch.objects.filter(pk=crossings).update(url="https://elsewhere.example.com")
    refused = api.post("/api/load-images", {"saved_search": crossings})
    told(refused, 400, "invalid", "is for tasks of another CVAT server")


def test_a_search_of_another_organization(api: APIClient, crossings: int) -> None:
    """Through a connection to another one it would find other tasks."""
    SavedSearch.objects.filter(pk=crossings).update(organization="acme")
    refused = api.post("/api/load-images", {"saved_search": crossings})
    told(refused, 400, "invalid", "is for tasks of the organization acme")


def test_more_tasks_than_may_be(api: APIClient, crossings: int, settings: Any) -> None:
    settings.MAX_SCOPE_TASKS = 1
    refused = api.post("/api/load-images", {"saved_search": crossings})
    told(refused, 400, "invalid", "2 tasks match the search “Crossings”, more than")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": "Crossings", "search": "x"}, "You have a search of this name already"),
        ({"name": "All"}, "Give at least one condition"),
        ({"name": "All", "search": "  "}, "Give at least one condition"),
        ({"name": "", "search": "x"}, "name"),
        ({"name": "x", "status": "done"}, "status"),
        ({"name": "x", "subset": "s" * 65}, "subset"),
        ({"name": "x", "sub_set": "train"}, "sub_set"),
    ],
)
def test_what_cannot_be_saved(
    api: APIClient, crossings: int, body: dict[str, Any], words: str
) -> None:
    refused = api.post("/api/saved-searches", body)
    assert refused.status_code == 400
    assert words in str(refused.json())


def test_saved_once_under_a_key_and_deleted(api: APIClient, connection: Connection) -> None:
    body, key = {"name": "Train", "subset": "train"}, {"Idempotency-Key": "one"}
    first, second = (api.post("/api/saved-searches", body, headers=key) for _ in "12")
    assert first.json() == second.json()
    path = f"/api/saved-searches/{first.json()['id']}"
    assert api.get(path).json()["subset"] == "train"
    assert api.delete(path).status_code == 204
    assert api.get("/api/saved-searches").json()["count"] == 0
