"""The saved search of a recipe: another one is chosen; who deletes it is told of the recipe."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from portal.exceptions import InvalidInput
from selections import services
from selections.draws import Draw
from selections.models import Recipe
from selector.models import Connection, SavedSearch
from selector.services import saved_searches
from selector.task_search import TaskSearch
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import connected, make_connection


@pytest.fixture
def connection(alice: User, standin: StandIn) -> Connection:
    return connected(alice, standin)


def search(connection: Connection, words: str) -> SavedSearch:
    return saved_searches.save_search(
        user=connection.owner, connection=connection, criteria=TaskSearch(words), name=words
    )


@pytest.fixture
def recipe(alice: User, connection: Connection) -> Recipe:
    """Draws from the tasks of the search “folders”."""
    draw = Draw(saved_search=search(connection, "folders").pk, method="random_uniform", count=2)
    return services.create_recipe(user=alice, connection=connection, draw=draw, name="Weekly")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_another_search_takes_the_place_of_a_deleted_one(
    recipe: Recipe, alice: User, connection: Connection
) -> None:
    saved_searches.delete_search(saved=SavedSearch.objects.get())
    with pytest.raises(InvalidInput, match="no saved search"):
        services.draw_next_round(user=alice, recipe=recipe)
    client, address = signed_in(alice), recipe.get_absolute_url()
    assert "no round can be drawn" in client.get(address).content.decode()
    other = search(connection, "crossing")
    assert "Choose another one" in client.get(address).content.decode()
    client.post(f"{address}/search", {"saved_search": other.pk})
    page = client.get(address).content.decode()
    assert "your saved search “crossing”" in page
    recipe.refresh_from_db()
    drawn = services.draw_next_round(user=alice, recipe=recipe).selection
    assert set(drawn.tasks_by_id) <= {12, 13}


def test_in_the_api(recipe: Recipe, alice: User, connection: Connection) -> None:
    other = search(connection, "crossing")
    changed = api_of(alice).patch(
        f"/api/recipes/{recipe.pk}", {"saved_search": other.pk, "note": "x"}, format="json"
    )
    assert changed.status_code == 200
    assert (changed.data["draw"]["saved_search"], changed.data["note"]) == (other.pk, "x")


def test_what_is_refused(recipe: Recipe, alice: User, bob: User, connection: Connection) -> None:
    elsewhere = search(make_connection(alice, "https://other.example.com"), "elsewhere")
    theirs = search(make_connection(bob, connection.url), "theirs")
    for refused in (elsewhere, theirs):
        with pytest.raises(InvalidInput, match=f"no saved search {refused.pk} for tasks of"):
            services.update_recipe(recipe=recipe, saved_search=refused.pk)
    draw = Draw(task_id=1, method="random_uniform", count=2)
    of_task = services.create_recipe(user=alice, connection=connection, draw=draw, name="Task 1")
    with pytest.raises(InvalidInput, match="does not draw from the tasks of a saved search"):
        services.update_recipe(recipe=of_task, saved_search=elsewhere.pk)


def test_recipes_are_named_before_their_search_is_deleted(
    recipe: Recipe, alice: User, connection: Connection
) -> None:
    search(connection, "crossing")
    page = signed_in(alice).get(reverse("selector:choose")).content.decode()
    assert page.count("1 recipe draws from it: Weekly") == 1


def test_the_api_names_them_before_it_deletes_their_search(
    recipe: Recipe, alice: User, bob: User, connection: Connection
) -> None:
    used, unused = SavedSearch.objects.get(), search(connection, "crossing")
    other = services.copy_recipe(user=alice, recipe=recipe)
    api = api_of(alice)
    refused = api.delete(f"/api/saved-searches/{used.pk}")
    assert (refused.status_code, refused.data["code"]) == (409, "search_has_recipes")
    assert refused.data["detail"].startswith("2 recipes draw from the search “folders”.")
    assert refused.data["recipes"] == [
        {"id": each.pk, "name": each.name} for each in (recipe, other)
    ]
    assert SavedSearch.objects.filter(pk=used.pk).exists()
    services.update_recipe(recipe=other, saved_search=unused.pk)
    refused = api.delete(f"/api/saved-searches/{used.pk}?despite_recipes=false")
    assert refused.data["detail"].startswith("1 recipe draws from the search “folders”.")
    assert api_of(bob).delete(f"/api/saved-searches/{used.pk}").status_code == 404
    assert api.delete(f"/api/saved-searches/{used.pk}?despite=true").status_code == 400
    assert api.delete(f"/api/saved-searches/{used.pk}?despite_recipes=true").status_code == 204
    assert list(SavedSearch.objects.all()) == [unused]
    assert Recipe.objects.count() == 2
