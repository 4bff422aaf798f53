"""Sharing selections and recipes with people and teams, and giving selections to other owners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from portal.exceptions import InvalidInput, LimitReached
from portal.models import Team
from portal.services.people import find_person
from selections.models import Recipe, RecipeShare, Selection, Share
from selections.services.accounts import hand_over

MOST_SHARES = 200  # of a selection or recipe; a team is one


def share_selection(
    *,
    user: User,
    selection: Selection,
    person: str = "",
    team_id: int | None = None,
    may_edit: bool = False,
) -> Share:
    """Let the person with this user name, or the members of a team of the user, read the selection,
    or edit it too. Sharing again changes which of both. A temporary selection becomes a listed one.

    Raises InvalidInput for nobody or both, an unknown person or team, and the owner; LimitReached
    beyond MOST_SHARES.
    """
    with transaction.atomic():
        share: Share = _share(user, selection, person, team_id, may_edit=may_edit)
        Selection.objects.filter(pk=selection.pk, is_temporary=True).update(is_temporary=False)
    return share


def share_recipe(
    *,
    user: User,
    recipe: Recipe,
    person: str = "",
    team_id: int | None = None,
    may_edit: bool = False,
) -> RecipeShare:
    """Let the person with this user name, or the members of a team of the user, read and copy the
    recipe, or change it and draw its rounds too. Sharing again changes which of both. Raises what
    share_selection() does."""
    with transaction.atomic():
        share: RecipeShare = _share(user, recipe, person, team_id, may_edit=may_edit)
    return share


def stop_sharing(*, share: Share | RecipeShare) -> None:
    """Take the access away. What was built, copied or drawn meanwhile stays with who did it."""
    share.delete()


def give_selections(*, user: User, selections: Sequence[Selection], to: str) -> User:
    """Make the person with the user name `to` the owner of selections of the user, who goes on to
    edit them until the new owner stops sharing. Raises InvalidInput, Conflict."""
    if not selections:
        raise InvalidInput("No selection is chosen. Choose at least one of yours.")
    person = find_person(to)
    if person == user:
        raise InvalidInput("These selections are yours already: give the name of somebody else.")
    with transaction.atomic():
        hand_over(selections=selections, to=person)
        for selection in selections:
            Share.objects.update_or_create(
                selection=selection, person=user, defaults={"may_edit": True}
            )
    return person


def _share(user: User, shared: Any, person: str, team_id: int | None, *, may_edit: bool) -> Any:
    """The share of a selection or recipe; in a transaction."""
    target = _target(user, shared, person, team_id)
    is_new = not shared.shares.filter(**target).exists()
    if is_new and shared.shares.count() >= MOST_SHARES:
        raise LimitReached(
            f"This {shared._meta.verbose_name} is shared with {MOST_SHARES} people and teams "
            "already. Make a team of some of them, and share it with that."
        )
    return shared.shares.update_or_create(**target, defaults={"may_edit": may_edit})[0]


def _target(
    user: User, shared: Selection | Recipe, person: str, team_id: int | None
) -> dict[str, Any]:
    if bool(person.strip()) == (team_id is not None):
        raise InvalidInput("Name a person or a team to share with: one of them.")
    if team_id is not None:
        team = Team.objects.for_user(user).filter(pk=team_id).first()
        if team is None:
            raise InvalidInput("You are in no such team. Choose one that you are a member of.")
        return {"team": team}
    named = find_person(person)
    if named.pk == shared.owner_id:
        what = shared._meta.verbose_name
        raise InvalidInput(f"{named} is the owner of this {what} already.")
    return {"person": named}
