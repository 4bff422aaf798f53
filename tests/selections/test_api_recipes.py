"""Recipes and their rounds in the API and on their pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from selections.models import Recipe, Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn


@pytest.fixture
def body(standin: StandIn, mine: Connection) -> dict[str, Any]:
    task: Task = standin.world.add_task("Ten", owner="demo", count=10, pattern="p{:02d}.png")
    return {
        "name": "Weekly",
        "frame_selection_method": "random_uniform",
        "task_id": task.id,
        "frame_count": 6,
    }


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def post(api: APIClient, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = api.post(path, body, format="json", headers=headers)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_from_a_draw_to_its_rounds(api: APIClient, body: dict[str, Any]) -> None:
    recipe = post(api, "/api/recipes", body)
    assert recipe["draw"] == {
        "frame_selection_method": "random_uniform",
        "task_id": body["task_id"],
        "job_id": None,
        "frame_count": 6,
        "random_seed": None,
    }
    path = f"/api/recipes/{recipe['id']}/rounds"
    first = post(api, path, {}, **{"Idempotency-Key": "a"})
    again = post(api, path, {}, **{"Idempotency-Key": "a"})
    assert again["id"] == first["id"]
    second = post(api, path, {})
    assert [each["round_number"] for each in (first, second)] == [1, 2]
    assert (second["frames_count"], second["frames_requested"]) == (4, 6)
    assert second["recipe"] == recipe["id"]
    listed = api.get(path).json()
    assert [each["id"] for each in listed["results"]] == [second["id"], first["id"]]
    detail = api.get(f"/api/recipes/{recipe['id']}").json()
    assert (detail["last_round"], detail["rounds_count"]) == (2, 2)
    none_left = api.post(path, {}, format="json")
    assert none_left.status_code == 400
    assert "No frame is left" in none_left.json()["detail"]


def test_the_draw_of_a_round_can_be_asked_for_again(api: APIClient, body: dict[str, Any]) -> None:
    path = f"/api/recipes/{post(api, '/api/recipes', body)['id']}/rounds"
    post(api, path, {})
    second = post(api, path, {})
    assert second["draw"]["round_number"] == 2
    drawn = {name: value for name, value in second["draw"].items() if value is not None}
    again = post(api, "/api/selections", drawn)
    assert again["recipe"] is None
    frames = [
        {frame["frame"] for frame in api.get(f"/api/selections/{pk}/frames").json()["results"]}
        for pk in (second["id"], again["id"])
    ]
    assert frames[0] == frames[1]


def test_from_a_selection(api: APIClient, body: dict[str, Any]) -> None:
    selection = post(api, "/api/selections", body)
    recipe = post(api, "/api/recipes", {"name": "R", "selection": selection["id"]})
    assert (recipe["last_round"], recipe["rounds_count"]) == (1, 1)
    assert post(api, f"/api/recipes/{recipe['id']}/rounds", {})["frames_count"] == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frame_count": None}, "exactly one of"),
        ({"frame_selection_method": None}, "what each round is to draw"),
        ({"random_seed": 7}, "unknown field"),
        ({"recipe": 1}, "unknown field"),
        ({"selection": 1}, "leave it out, or leave out selection"),
        ({"name": ""}, "may not be blank"),
    ],
)
def test_what_is_refused(
    api: APIClient, body: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    given = {name: value for name, value in (body | changes).items() if value is not None}
    answer = api.post("/api/recipes", given, format="json")
    assert answer.status_code == 400
    assert message in answer.content.decode()
    assert not Recipe.objects.exists()


def test_half_a_round_is_refused(api: APIClient, body: dict[str, Any]) -> None:
    answer = api.post("/api/selections", body | {"recipe": 1}, format="json")
    assert answer.status_code == 400
    assert "Give both recipe and round_number" in answer.content.decode()


def test_change_and_delete(api: APIClient, body: dict[str, Any]) -> None:
    recipe = post(api, "/api/recipes", body)
    path = f"/api/recipes/{recipe['id']}"
    drawn = post(api, f"{path}/rounds", {})
    renamed = api.patch(path, {"name": "Monthly", "note": "n"}, format="json").json()
    assert (renamed["name"], renamed["note"]) == ("Monthly", "n")
    assert api.delete(path).status_code == 204
    assert api.get(f"/api/selections/{drawn['id']}").json()["recipe"] == recipe["id"]


def test_on_the_pages(web: Client, api: APIClient, body: dict[str, Any]) -> None:
    assert "No recipes yet" in web.get("/selections/recipes").text
    selection = post(api, "/api/selections", body)
    page = f"/selections/{selection['id']}"
    assert f'action="{page}/recipe"' in web.get(page).text
    saved = web.post(f"{page}/recipe", {"name": "Weekly"}, follow=True)
    assert "Draw round 2" in saved.text
    recipe = Recipe.objects.get()
    path = f"/selections/recipes/{recipe.pk}"
    drawn = web.post(f"{path}/next-round", follow=True)
    assert (
        "Round 2 has 4 frames, of 6 asked for: too few are left, in some jobs or in all."
        in drawn.text
    )
    assert f'of the recipe <a href="{path}">Weekly</a>' in drawn.text
    assert "without those of the earlier rounds" in drawn.text
    refused = web.post(f"{path}/next-round")
    assert refused.status_code == 400
    assert "No frame is left for this round" in refused.text
    second = Selection.objects.get(round_number=2)
    assert f'name="selection" value="{second.pk}"' in web.get(path).text
    assert "Weekly" in web.get("/selections/recipes").text
    web.post(f"{path}/describe", {"name": "Monthly", "note": ""})
    assert "Monthly" in web.get(path).text
    assert "is deleted. Its rounds are kept." in web.post(f"{path}/delete", follow=True).text
    assert "of a recipe that is deleted, or not yours" in web.get(f"/selections/{second.pk}").text
