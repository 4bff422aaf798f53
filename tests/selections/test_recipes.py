"""Recipes: draws that are repeated in rounds, each without the frames of the rounds before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import User

from portal.exceptions import Conflict, InvalidInput, NotConnected
from selections import services
from selections.draws import Draw
from selections.models import Recipe, Selection
from selections.services import removal
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import make_selection


@pytest.fixture
def ten(standin: StandIn) -> Task:
    return standin.world.add_task("Ten", owner="demo", count=10, pattern="p{:02d}.png")


@pytest.fixture
def draw(ten: Task) -> Draw:
    return Draw(task_id=ten.id, method="random_uniform", count=4)


@pytest.fixture
def recipe(draw: Draw, mine: Connection, alice: User) -> Recipe:
    return services.create_recipe(user=alice, connection=mine, draw=draw, name="Weekly")


def next_round(recipe: Recipe) -> services.Round:
    fresh = Recipe.objects.get(pk=recipe.pk)
    return services.draw_next_round(user=recipe.owner, recipe=fresh)


def numbers(selection: Selection) -> set[int]:
    return set(selection.frames.values_list("frame", flat=True))


def test_rounds_share_no_frame_and_the_last_one_says_that_no_more_are_left(
    recipe: Recipe,
) -> None:
    rounds = [next_round(recipe) for _ in range(3)]
    assert [each.selection.name for each in rounds] == [
        "Weekly, round 1",
        "Weekly, round 2",
        "Weekly, round 3",
    ]
    assert [each.count for each in rounds] == [4, 4, 2]
    assert [each.selection.frames_requested for each in rounds] == [4, 4, 4]
    assert set().union(*(numbers(each.selection) for each in rounds)) == set(range(10))
    assert rounds[1].text == "Round 2 has 4 frames."
    assert (
        rounds[2].text
        == "Round 3 has 2 frames, of 4 asked for: too few are left, in some jobs or in all."
    )
    with pytest.raises(InvalidInput, match="No frame is left for this round"):
        next_round(recipe)
    assert Selection.objects.count() == 3
    assert Recipe.objects.get().last_round == 3


def test_new_frames_of_a_project_come_into_the_next_round(
    standin: StandIn, mine: Connection, alice: User
) -> None:
    project = standin.world.add_project("Roads", owner="demo")
    first = standin.world.add_task("First", owner="demo", count=3, project=project)
    draw = Draw(project_id=project.id, method="random_uniform", count=5)
    recipe = services.create_recipe(user=alice, connection=mine, draw=draw, name="Roads")
    assert next_round(recipe).count == 3
    second = standin.world.add_task("Second", owner="demo", count=4, project=project)
    drawn = next_round(recipe).selection
    assert list(drawn.tasks.values_list("task_id", "frames_count")) == [(second.id, 4)]
    assert first.id != second.id


def test_a_round_can_be_drawn_again(recipe: Recipe, alice: User) -> None:
    """Without the rounds before it, and with what was in it and in later ones."""
    next_round(recipe)
    second = next_round(recipe).selection
    next_round(recipe)
    drawn = services.draw_again(user=alice, selection=second)
    assert drawn.text == "Drawn again: all 4 frames are the same as before."
    assert drawn.selection.recipe_id is None
    services.delete_recipe(recipe=recipe)
    assert services.draw_again(user=alice, selection=second).same == 4


def test_a_selection_becomes_round_one(draw: Draw, mine: Connection, alice: User) -> None:
    selection = services.create_random_selection(
        owner=alice, connection=mine, draw=replace(draw, seed=7), name="Pilot"
    )
    recipe = services.save_as_recipe(user=alice, selection=selection, name=" Pilot ")
    assert recipe.name == "Pilot"
    assert recipe.get_draw() == draw
    second = next_round(recipe).selection
    assert second.round_number == 2
    assert second.name == "Pilot, round 2"
    assert not numbers(second) & numbers(selection)
    selection.refresh_from_db()
    assert (selection.recipe_id, selection.round_number) == (recipe.pk, 1)
    with pytest.raises(InvalidInput, match="a round of a recipe already"):
        services.save_as_recipe(user=alice, selection=selection, name="Another")
    assert Recipe.objects.count() == 1


def test_a_recipe_needs_a_draw_and_a_name_of_its_own(
    recipe: Recipe, draw: Draw, mine: Connection, alice: User
) -> None:
    with pytest.raises(InvalidInput, match="chosen by hand"):
        services.save_as_recipe(user=alice, selection=make_selection(alice, mine), name="x")
    with pytest.raises(InvalidInput, match="You have a recipe of this name already"):
        services.create_recipe(user=alice, connection=mine, draw=draw, name="Weekly")


def test_a_changed_round_stays_a_round(recipe: Recipe, ten: Task, mine: Connection) -> None:
    first = next_round(recipe).selection
    changed = services.save_selection(
        owner=recipe.owner,
        connection=mine,
        choices=[services.Choice(ten.id, frame) for frame in range(5)],
        draw=None,
        name="",
        note=None,
        replaces=first,
    )
    assert (changed.recipe_id, changed.round_number) == (recipe.pk, 1)
    assert numbers(next_round(recipe).selection) <= set(range(5, 10))


def test_a_deleted_round_leaves_nothing_out(recipe: Recipe) -> None:
    for _ in range(2):
        services.discard_selection(selection=next_round(recipe).selection)
    drawn = next_round(recipe)
    assert drawn.selection.round_number == 3
    assert drawn.count == 4


def test_two_requests_at_once_draw_one_round(recipe: Recipe, alice: User) -> None:
    stale = Recipe.objects.get(pk=recipe.pk)
    next_round(recipe)
    with pytest.raises(Conflict, match="Round 1 of “Weekly” was drawn meanwhile"):
        services.draw_next_round(user=alice, recipe=stale)
    unfinished = Selection.objects.filter(recipe=recipe)
    unfinished.update(is_complete=False)
    with pytest.raises(Conflict, match="is being saved just now"):
        next_round(recipe)
    unfinished.update(is_complete=True)
    assert next_round(recipe).selection.round_number == 2


def test_rounds_of_others_that_are_not_shared_stop_a_draw(
    recipe: Recipe, draw: Draw, mine: Connection, bob: User
) -> None:
    first = next_round(recipe).selection
    named = replace(draw, recipe=recipe.pk, round_number=2)
    theirs = Connection.objects.get(pk=mine.pk)
    with pytest.raises(InvalidInput, match=f"selection {first.pk} cannot be left out"):
        services.draw_frames(user=bob, connection=theirs, draw=named)


def test_rounds_that_were_handed_over_are_left_out(recipe: Recipe, bob: User) -> None:
    first = next_round(recipe).selection
    Selection.objects.filter(pk=first.pk).update(owner=bob)
    second = next_round(recipe).selection
    assert not numbers(first) & numbers(second)


def test_without_a_connection(recipe: Recipe, mine: Connection) -> None:
    mine.delete()
    with pytest.raises(NotConnected, match="You are not connected to"):
        next_round(recipe)


def test_rounds_of_a_deleted_recipe_can_be_renamed(recipe: Recipe) -> None:
    drawn = next_round(recipe).selection
    services.delete_recipe(recipe=recipe)
    drawn.refresh_from_db()
    services.update_selection(selection=drawn, name="Kept")
    removal.delete_selection(selection=drawn)
    assert not Selection.objects.exists()
