"""Recipes that get another owner: handed over, or because their owner's account is deleted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal.exceptions import Conflict, InvalidInput, LimitReached
from selections import services
from selections.draws import Draw
from selections.models import Recipe, Selection
from selections.services import recipes
from selector.models import Connection, SavedSearch
from selector.services.saved_searches import save_search
from selector.task_search import TaskSearch
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import connected

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(alice: User, standin: StandIn) -> Connection:
    return connected(alice, standin)


@pytest.fixture
def recipe(alice: User, connection: Connection) -> Recipe:
    return make(alice, connection)


def make(user: User, connection: Connection) -> Recipe:
    draw = Draw(method="random_uniform", task_id=1, count=100)
    return services.create_recipe(user=user, connection=connection, draw=draw, name="Weekly")


def places(selection: Selection) -> set[tuple[int, int]]:
    return set(selection.frames.values_list("task_id", "frame"))


def test_the_new_owner_draws_on_without_frames_of_earlier_rounds(
    recipe: Recipe, alice: User, bob: User, standin: StandIn
) -> None:
    first = services.draw_next_round(user=alice, recipe=recipe).selection
    services.update_recipe(recipe=recipe, schedule="daily")
    own = connected(bob, standin)
    services.give_recipe(user=alice, recipe=recipe, to="bob")
    given = Recipe.objects.for_user(bob).get()
    assert not Recipe.objects.for_user(alice).exists()
    assert (given.connection, given.schedule, given.next_round_at) == (own, "", None)
    second = services.draw_next_round(user=bob, recipe=given).selection
    assert (second.owner, second.round_number) == (bob, 2)
    assert not places(first) & places(second)
    assert Selection.objects.get(pk=first.pk).owner == alice


def test_a_name_that_the_new_owner_has_gets_a_number(
    recipe: Recipe, alice: User, bob: User, standin: StandIn
) -> None:
    make(bob, connected(bob, standin))
    services.give_recipe(user=alice, recipe=recipe, to="bob")
    names = Recipe.objects.for_user(bob).values_list("name", flat=True)
    assert sorted(names) == ["Weekly", "Weekly 2"]


def test_a_saved_search_goes_with_it(
    alice: User, bob: User, connection: Connection, standin: StandIn
) -> None:
    """Of the recipes of a deleted account as well. Without tasks of its own, a recipe whose search
    the new owner may not use could never be drawn again."""
    his = connected(bob, standin)
    other = TaskSearch(search="folders")
    save_search(user=bob, connection=his, criteria=other, name="Crossings")
    criteria = TaskSearch(search="crossing")
    saved = save_search(user=alice, connection=connection, criteria=criteria, name="Crossings")
    draw = Draw(method="random_uniform", saved_search=saved.pk, count=4)
    for name in "One", "Two":
        services.create_recipe(user=alice, connection=connection, draw=draw, name=name)
    services.give_recipe(user=alice, recipe=Recipe.objects.get(name="One"), to="bob")
    services.delete_accounts(users=[alice], heir=bob)
    for given in Recipe.objects.for_user(bob):
        drawn = services.draw_next_round(user=bob, recipe=given)
        assert drawn.selection.get_draw().task_ids == (12, 13)
    searches = SavedSearch.objects.for_user(bob).values_list("name", "search")
    assert sorted(searches) == [("Crossings", "folders"), ("Crossings 2", "crossing")]


def test_what_is_refused(
    recipe: Recipe, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="is yours already"):
        services.give_recipe(user=alice, recipe=recipe, to="alice")
    late = Recipe.objects.get(pk=recipe.pk)
    services.give_recipe(user=alice, recipe=recipe, to="bob")
    with pytest.raises(Conflict, match="belongs to somebody else now"):
        services.give_recipe(user=alice, recipe=late, to="bob")
    monkeypatch.setattr(recipes, "MOST_RECIPES", 0)
    with pytest.raises(LimitReached, match="alice has 0 recipes, as many as one person may"):
        services.give_recipe(user=bob, recipe=Recipe.objects.get(), to="alice")


def test_it_goes_with_the_selections_of_a_deleted_account(
    recipe: Recipe, alice: User, bob: User
) -> None:
    services.delete_accounts(users=[alice], heir=bob)
    assert Recipe.objects.get().owner == bob


def test_on_the_page_and_in_the_api(recipe: Recipe, alice: User, bob: User) -> None:
    services.draw_next_round(user=alice, recipe=recipe)
    path = f"/api/recipes/{recipe.pk}"
    body = {"to": "bob"}
    answer = api_of(alice).post(f"{path}/hand-over", body, content_type="application/json")
    assert answer.status_code == 204
    assert api_of(alice).get(path).status_code == 404
    browser = Client()
    browser.force_login(bob)
    page = f"/selections/recipes/{recipe.pk}"
    answer = browser.post(f"{page}/hand-over", {"to": "nobody-here"})
    assert answer.status_code == 400
    assert "You see no round of it: 1 was drawn" in browser.get(page).text
    answer = browser.post(f"{page}/hand-over", {"to": "alice"}, follow=True)
    assert "The recipe “Weekly” belongs to alice now." in answer.content.decode()
    assert Recipe.objects.get().owner == alice
