"""Recipes: save, change, delete, and draw their next round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portal.exceptions import Conflict, Explained, InvalidInput, LimitReached, NotConnected
from portal.naming import free_name
from portal.services.people import find_person
from portal.work.models import lock_person
from selections.draws import Draw
from selections.models import Recipe, RecipeShare, Selection
from selections.schedules import NEVER
from selections.services.connections import closest, required_connection
from selections.services.notices import write_notices
from selections.services.recipe_searches import searches_for
from selections.services.saving import create_random_selection
from selector.models import Connection
from selector.own_connections import accepted_connections
from selector.services.connections import find_connection
from selector.services.saved_searches import hand_on

MOST_RECIPES = 200  # of one person
# After this time the schedule tries again what CVAT or the portal could not do just now.
RETRY = timedelta(minutes=15)
SCHEDULED = {"schedule", "schedule_hour", "schedule_weekday"}


@dataclass(frozen=True, slots=True)
class Round:
    """A round that was just drawn, and how many frames it holds."""

    selection: Selection
    count: int

    @property
    def text(self) -> str:
        """Such as “Round 3 has 8 frames, of 10 asked for: too few are left, in some jobs or in
        all.”"""
        asked = self.selection.frames_requested or 0
        text = f"Round {self.selection.round_number} has {_frames(self.count)}"
        if self.count >= asked:
            return f"{text}."
        return f"{text}, of {asked:,} asked for: too few are left, in some jobs or in all."


def _frames(count: int) -> str:
    return f"{count:,} frame{'s' if count != 1 else ''}"


def create_recipe(
    *, user: User, connection: Connection, draw: Draw, name: str, note: str = ""
) -> Recipe:
    """Save a draw, without its seed, as a recipe that has no rounds yet. Raises InvalidInput, and
    Conflict beyond MOST_RECIPES."""
    recipe = Recipe(
        owner=user,
        connection=connection,
        url=connection.url,
        organization=connection.organization,
        name=name.strip(),
        note=note.strip(),
        draw=_without_round(draw).to_json(),
    )
    return _save_new(recipe)


def save_as_recipe(*, user: User, selection: Selection, name: str, note: str = "") -> Recipe:
    """A recipe with the draw of a selection of the user's, which becomes its round 1. Raises
    InvalidInput for a selection that was never drawn or is a round already, and Conflict beyond
    MOST_RECIPES."""
    draw = selection.get_draw()
    if draw is None:
        raise InvalidInput("This selection was chosen by hand: there is no draw for a recipe.")
    recipe = Recipe(
        owner=user,
        connection=selection.connection,
        url=selection.url,
        organization=selection.organization,
        name=name.strip(),
        note=note.strip(),
        draw=_without_round(draw).to_json(),
        last_round=1,
    )
    with transaction.atomic():
        _save_new(recipe)
        no_round = Selection.objects.filter(pk=selection.pk, recipe_id__isnull=True)
        if not no_round.update(recipe_id=recipe.pk, round_number=1):
            raise InvalidInput(
                "This selection is a round of a recipe already. Copy it, and make a recipe of the "
                "copy."
            )
    return recipe


def update_recipe(*, recipe: Recipe, **changes: str | int) -> Recipe:
    """Change name, note, schedule, or the saved search whose tasks each round draws from. Raises
    InvalidInput."""
    fields = {*changes, "updated_at"}
    if "saved_search" in changes:
        recipe.draw = _with_search(recipe, int(changes.pop("saved_search"))).to_json()
        fields = fields - {"saved_search"} | {"draw"}
    for field, value in changes.items():
        if field not in {"name", "note", *SCHEDULED}:
            raise InvalidInput(f"{field} of a recipe cannot be changed.")
        setattr(recipe, field, value.strip() if isinstance(value, str) else value)
    _validate(recipe)
    if SCHEDULED & changes.keys():
        recipe.next_round_at = recipe.next_due()
        recipe.problem, recipe.problem_at = "", None  # of the schedule before
        fields |= {"next_round_at", "problem", "problem_at"}
    recipe.save(update_fields=fields)
    return recipe


def _with_search(recipe: Recipe, search_id: int) -> Draw:
    draw = recipe.get_draw()
    if draw.saved_search is None:
        raise InvalidInput(f"“{recipe.name}” does not draw from the tasks of a saved search.")
    if not searches_for(recipe).filter(pk=search_id).exists():
        raise InvalidInput(
            f"You have no saved search {search_id} for tasks of {recipe.url}, where this recipe "
            "draws. Save one there, or choose another."
        )
    return replace(draw, saved_search=search_id)


def copy_recipe(*, user: User, recipe: Recipe) -> Recipe:
    """A recipe of the user's own that draws the same and has no rounds yet. Raises Conflict beyond
    MOST_RECIPES."""
    taken = set(Recipe.objects.owned_by(user).values_list("name", flat=True))
    longest = Recipe._meta.get_field("name").max_length or 0
    copy = Recipe(
        owner=user,
        connection=closest(recipe, accepted_connections(user)),
        url=recipe.url,
        organization=recipe.organization,
        name=free_name(recipe.name, taken=taken, longest=longest),
        note=recipe.note,
        draw=_draw_of(recipe, user).to_json(),
    )
    return _save_new(copy)


def delete_recipe(*, recipe: Recipe) -> None:
    """Its rounds stay, as selections."""
    recipe.delete()


def give_recipe(*, user: User, recipe: Recipe, to: str) -> User:
    """Make the person with the user name `to` the owner of a recipe of the user's. Its rounds stay
    with whoever drew them. Raises InvalidInput, and Conflict beyond MOST_RECIPES."""
    person = find_person(to)
    if person == user:
        raise InvalidInput("This recipe is yours already: give the name of somebody else.")
    with transaction.atomic():
        lock_person(person.pk)
        if Recipe.objects.owned_by(person).count() >= MOST_RECIPES:
            raise LimitReached(f"{person} has {MOST_RECIPES} recipes, as many as one person may.")
        hand_over_recipes(recipes=[recipe], to=person)
    return person


def hand_over_recipes(*, recipes: Iterable[Recipe], to: User) -> None:
    """Make `to` the owner of the recipes. A name that `to` has given already gets a number, a saved
    search is copied for `to`, and schedules end: rounds are drawn through the connection of the
    owner, who is to ask for them.
    Raises Conflict, with nothing handed over, if one got another owner since it was read."""
    own = accepted_connections(to)
    longest = Recipe._meta.get_field("name").max_length or 0
    with transaction.atomic():
        taken = set(Recipe.objects.owned_by(to).values_list("name", flat=True))
        for recipe in recipes:
            name = free_name(recipe.name, taken=taken, longest=longest)
            taken.add(name)
            unchanged = Recipe.objects.filter(pk=recipe.pk, owner_id=recipe.owner_id)
            if not unchanged.update(
                owner=to,
                name=name,
                draw=_draw_of(recipe, to).to_json(),
                connection=closest(recipe, own),
                schedule=NEVER,
                next_round_at=None,
                problem="",
                problem_at=None,
            ):
                raise Conflict(
                    f"“{recipe.name}” belongs to somebody else now, or is deleted. Load the page "
                    "again."
                )
            RecipeShare.objects.filter(recipe=recipe, person=to).delete()


def _draw_of(recipe: Recipe, to: User) -> Draw:
    """The draw for another person, who can use no saved search but the own ones."""
    draw = recipe.get_draw()
    if draw.saved_search is None or to.pk == recipe.owner_id:
        return draw
    return replace(
        draw, saved_search=hand_on(search_id=draw.saved_search, owner=recipe.owner, to=to)
    )


def draw_next_round(*, user: User, recipe: Recipe) -> Round:
    """Draw a recipe that the user may edit from its tasks as they are now, without the frames of
    its earlier rounds, and save what was drawn as a selection of the user's, which the owner of the
    recipe may edit. A round that was deleted leaves nothing out.

    Raises InvalidInput if no frame is left, Conflict while another round of it is being drawn,
    NotConnected, CvatError.
    """
    number = recipe.last_round + 1
    if Selection.objects.filter(recipe_id=recipe.pk, is_complete=False).exists():
        raise Conflict(
            f"A round of “{recipe.name}” is being saved just now. Try again in a moment."
        )
    connection = required_connection(user, recipe)
    selection = create_random_selection(
        owner=user,
        connection=find_connection(user=user, connection_id=connection.pk),
        draw=replace(_draw_of(recipe, user), recipe=recipe.pk, round_number=number),
        name=f"{recipe.name}, round {number}",
        note=recipe.note,
        recipe=recipe,
    )
    Recipe.objects.filter(pk=recipe.pk).exclude(problem="").update(problem="", problem_at=None)
    return Round(selection, selection.frames.count())


def draw_due_round(*, recipe_id: int) -> Round | None:
    """Draw the round that the schedule of the recipe asks for now, as its owner; None if there is
    none to draw, or another process draws it. What goes wrong is noted on the recipe: what may
    pass is tried again after RETRY, anything else when the schedule asks for the next round.
    """
    recipe = Recipe.objects.due().select_related("owner").filter(pk=recipe_id).first()
    if recipe is None or not recipe.claim_due():
        return None
    try:
        drawn = draw_next_round(user=recipe.owner, recipe=recipe)
    except Explained as error:
        _note_problem(recipe, error)
        return None
    saved = {"id": drawn.selection.pk, "name": drawn.selection.name, "frames_count": drawn.count}
    write_notices(recipe=recipe, event="round.drawn", text=drawn.text, selection=saved)
    return drawn


def _note_problem(recipe: Recipe, error: Exception) -> None:
    now = timezone.now()
    if not recipe.problem:  # of several failures in a row the first is told
        text = f"The round that was due could not be drawn. {error}"
        write_notices(recipe=recipe, event="round.failed", text=text)
    Recipe.objects.filter(pk=recipe.pk).update(problem=str(error), problem_at=now)
    if not isinstance(error, InvalidInput | NotConnected):
        later = Recipe.objects.filter(pk=recipe.pk, next_round_at__gt=now + RETRY)
        later.update(next_round_at=now + RETRY)


def _without_round(draw: Draw) -> Draw:
    tasks = () if draw.saved_search is not None else draw.task_ids  # each round asks the search
    return replace(draw, seed=None, recipe=None, round_number=None, task_ids=tasks)


def _save_new(recipe: Recipe) -> Recipe:
    with transaction.atomic():
        lock_person(recipe.owner_id)  # of two requests at once, the second counts the first
        if Recipe.objects.owned_by(recipe.owner).count() >= MOST_RECIPES:
            raise LimitReached(
                f"You have {MOST_RECIPES} recipes, which is as many as one person may. Delete one."
            )
        _validate(recipe)
        recipe.save()
    return recipe


def _validate(recipe: Recipe) -> None:
    """Raises InvalidInput for a field that cannot be saved."""
    try:
        recipe.full_clean()
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from None
