"""Recipes shared with people and teams, to be read and copied or to be changed and drawn."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal.exceptions import InvalidInput
from portal.services import teams
from selections import services
from selections.draws import Draw
from selections.models import Recipe, RecipeShare, Selection
from selections.services import saving
from selections.views import recipes
from selector.models import Connection, SavedSearch
from selector.services import saved_searches
from selector.task_search import TaskSearch
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import connected


@pytest.fixture
def connection(alice: User, bob: User, standin: StandIn) -> Connection:
    """alice's; bob is connected too."""
    connected(bob, standin)
    return connected(alice, standin)


@pytest.fixture
def recipe(alice: User, connection: Connection) -> Recipe:
    """Takes 100 of the 227 frames of task 1."""
    draw = Draw(task_id=1, method="random_uniform", count=100)
    return services.create_recipe(user=alice, connection=connection, draw=draw, name="Weekly")


def share(recipe: Recipe, **how: object) -> RecipeShare:
    return services.share_recipe(user=recipe.owner, recipe=recipe, **how)


def rights(user: User, recipe: Recipe) -> tuple[bool, bool, bool]:
    """Whether the user may read, edit, and share and delete it."""
    rows = Recipe.objects.filter(pk=recipe.pk)
    edits = rows.editable_by(user).exists()
    assert [each.may_edit for each in rows.for_user(user).with_may_edit(user)] in ([edits], [])
    return rows.for_user(user).exists(), edits, rows.owned_by(user).exists()


def test_with_a_person_and_with_a_team(recipe: Recipe, alice: User, bob: User) -> None:
    assert rights(alice, recipe) == (True, True, True)
    assert rights(bob, recipe) == (False, False, False)
    reading = share(recipe, person="bob")
    assert rights(bob, recipe) == (True, False, False)
    team = teams.create_team(user=alice, name="Night shift")
    teams.add_member(team=team, username="bob")
    in_team = share(recipe, team_id=team.pk, may_edit=True)
    assert rights(bob, recipe) == (True, True, False)
    services.stop_sharing(share=in_team)
    assert share(recipe, person="bob", may_edit=True) == reading
    assert rights(bob, recipe) == (True, True, False)
    services.stop_sharing(share=reading)
    assert rights(bob, recipe) == (False, False, False)


def test_it_cannot_be_shared_with_its_owner(recipe: Recipe) -> None:
    with pytest.raises(InvalidInput, match="alice is the owner of this recipe already"):
        share(recipe, person="alice")


def test_a_reader_copies_it_and_draws_own_rounds(recipe: Recipe, alice: User, bob: User) -> None:
    services.draw_next_round(user=alice, recipe=recipe)
    share(recipe, person="bob")
    answer = api_of(bob).post(f"/api/recipes/{recipe.pk}/copy")
    assert answer.status_code == 201
    copy = Recipe.objects.get(pk=answer.data["id"])
    assert (copy.owner, copy.name, copy.draw, copy.last_round) == (bob, "Weekly", recipe.draw, 0)
    services.draw_next_round(user=bob, recipe=copy)
    assert Selection.objects.for_user(bob).count() == 1  # alice's round is not shared
    assert rights(alice, copy) == (False, False, False)


def test_a_round_of_an_editor_leaves_out_all_earlier_ones(
    recipe: Recipe, alice: User, bob: User
) -> None:
    first = services.draw_next_round(user=alice, recipe=recipe).selection
    share(recipe, person="bob", may_edit=True)
    answer = api_of(bob).post(f"/api/recipes/{recipe.pk}/rounds")
    assert answer.status_code == 201
    second = Selection.objects.get(pk=answer.data["id"])
    assert (second.owner, second.round_number) == (bob, 2)
    drawn = [set(each.frames.values_list("frame", flat=True)) for each in (first, second)]
    assert [len(frames) for frames in drawn] == [100, 100]
    assert not drawn[0] & drawn[1]
    assert second in Selection.objects.editable_by(alice)
    assert first not in Selection.objects.for_user(bob)
    recipe.refresh_from_db()
    third = services.draw_next_round(user=alice, recipe=recipe)
    assert third.count == 27  # what both have left


def test_the_round_of_an_editor_is_shared_before_it_can_be_seen(
    recipe: Recipe, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the process ends after that, the owner has access to each round."""
    share(recipe, person="bob", may_edit=True)

    def fatal(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(saving, "save_frames", fatal)
    with pytest.raises(MemoryError):
        services.draw_next_round(user=bob, recipe=recipe)
    drawn = Selection.objects.get()
    assert not drawn.is_complete
    assert [(each.person, each.may_edit) for each in drawn.shares.all()] == [(alice, True)]


def test_the_saved_search_is_copied_along(alice: User, bob: User, connection: Connection) -> None:
    search = saved_searches.save_search(
        user=alice, connection=connection, criteria=TaskSearch("crossing"), name="Crossings"
    )
    draw = Draw(saved_search=search.pk, method="random_uniform", count=2)
    recipe = services.create_recipe(user=alice, connection=connection, draw=draw, name="Weekly")
    share(recipe, person="bob", may_edit=True)
    drawn = services.draw_next_round(user=bob, recipe=recipe).selection
    own = SavedSearch.objects.get(owner=bob)
    assert drawn.draw["saved_search"] == own.pk
    assert services.copy_recipe(user=bob, recipe=recipe).draw["saved_search"] == own.pk
    recipe.refresh_from_db()
    assert recipe.draw["saved_search"] == search.pk


def test_who_gets_it_handed_over_is_its_owner_alone(recipe: Recipe, alice: User, bob: User) -> None:
    share(recipe, person="bob")
    services.give_recipe(user=alice, recipe=recipe, to="bob")
    assert (rights(bob, recipe), rights(alice, recipe)) == ((True,) * 3, (False,) * 3)
    assert not recipe.shares.exists()


def test_on_the_pages(recipe: Recipe, alice: User, bob: User) -> None:
    address = recipe.get_absolute_url()
    client, other = Client(), Client()
    client.force_login(alice)
    other.force_login(bob)
    client.post(f"{address}/shares", {"person": "bob", "may": "read"})
    assert "by alice" in other.get("/selections/recipes").content.decode()
    page = other.get(address).content.decode()
    assert "Copy it to draw rounds of your own" in page
    for hidden in ("Draw round", "Rename", "Hand over", "Save the schedule", "Save the notices"):
        assert hidden not in page
    share(recipe, person="bob", may_edit=True)
    page = other.get(address).content.decode()
    assert "Draw round 1" in page
    assert "Save the schedule" not in page
    answer = other.post(f"{address}/copy")
    assert Recipe.objects.owned_by(bob).get().get_absolute_url() == answer.url
    other.post(f"{address}/shares/{recipe.shares.get().pk}/remove")
    assert other.get(address).status_code == 404


def test_a_long_list_has_pages(recipe: Recipe, alice: User) -> None:
    for number in range(recipes.RECIPES_PER_PAGE):
        recipe.pk, recipe.name = None, f"Daily {number:02}"
        recipe.save()
    client = Client()
    client.force_login(alice)
    first = client.get("/selections/recipes").text
    last = client.get("/selections/recipes?page=2").text
    assert first.count("Daily ") == recipes.RECIPES_PER_PAGE
    assert "Weekly" not in first
    assert "Page 1 of 2" in first
    assert "Weekly" in last
    assert "Daily " not in last
