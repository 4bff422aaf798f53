"""Handing selections over to another owner, and deleting accounts that other people depend on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from portal.exceptions import Conflict, InvalidInput
from portal.services.teams import leave_all
from portal.work.models import kinds
from selections.batches import delete_rows, update_rows
from selections.models import Archive, FrameMark, Recipe, Selection, SelectionQuerySet, Share
from selections.services.connections import closest
from selections.services.recipes import hand_over_recipes
from selections.services.removal import delete_selection
from selector.own_connections import accepted_connections


@dataclass(frozen=True, slots=True)
class Dependents:
    """What other people lose or miss once the selections of an account are gone."""

    shared: SelectionQuerySet  # selections that others can read, with `archives_of_others`
    drawn_without: list[Selection]  # of others: their draw leaves frames of these selections out
    running: QuerySet[Archive]  # builds of others that wait or run

    def __bool__(self) -> bool:
        return bool(self.shared or self.drawn_without or self.running)


def dependents(users: Iterable[User]) -> Dependents:
    """What depends on the selections of these users, as far as it belongs to somebody else."""
    users = list(users)
    of_others = Archive.objects.filter(selection__owner__in=users).exclude(requested_by__in=users)
    shared = Selection.objects.present().shared().filter(owner__in=users)
    counted = Count("archives", filter=~Q(archives__requested_by__in=users))
    return Dependents(
        shared=shared.select_related("owner").annotate(archives_of_others=counted),
        drawn_without=_drawn_without(users),
        running=of_others.active().select_related("requested_by", "selection"),
    )


def _drawn_without(users: list[User]) -> list[Selection]:
    theirs = set(Selection.objects.filter(owner__in=users).values_list("pk", flat=True))
    if not theirs:
        return []
    excluding = Selection.objects.present().filter(draw__has_key="exclude_selections")
    candidates = excluding.exclude(owner__in=users).select_related("owner")
    return [
        each
        for each in candidates
        if (draw := each.get_draw()) and theirs.intersection(draw.exclude_selections)
    ]


def hand_over(*, selections: Iterable[Selection], to: User) -> int:
    """Make `to` the owner of the selections; the number of those that changed hands.

    Archives stay with the person who had them built. Raises InvalidInput; Conflict, with nothing
    handed over, if one got another owner since it was read.
    """
    if not to.is_active:
        raise InvalidInput(f"{to} is deactivated and cannot take selections over.")
    given = [each for each in selections if each.owner_id != to.pk]
    own = accepted_connections(to)
    with transaction.atomic():
        for selection in given:
            connection = closest(selection, own)
            unchanged = Selection.objects.filter(pk=selection.pk, owner_id=selection.owner_id)
            if not unchanged.update(owner=to, connection=connection):
                raise Conflict(
                    f"“{selection.name}” belongs to somebody else now, or is deleted. Load the "
                    "page again."
                )
        Share.objects.filter(selection__in=given, person=to).delete()  # an owner needs none
    return len(given)


def deactivate_accounts(*, users: Iterable[User]) -> None:
    """Nobody signs in with these accounts or their API tokens any more; everything else stays."""
    User.objects.filter(pk__in=[user.pk for user in users]).update(is_active=False)


def delete_accounts(*, users: Iterable[User], heir: User | None = None) -> None:
    """Delete the accounts with their connections, API tokens and archives. Their selections and
    recipes go to `heir`, or are deleted as well; finished archives of other people stay in either
    case. Teams that nobody else manages are managed by their oldest members from then on.

    Raises InvalidInput, and Conflict while another person's build of a selection to be deleted
    waits or runs.
    """
    users = list(users)
    if heir is not None and heir in users:
        raise InvalidInput(f"{heir} is to be deleted as well: choose somebody else.")
    selections = Selection.objects.present().filter(owner__in=users, is_temporary=False)
    if heir is not None:
        with transaction.atomic():
            hand_over(selections=selections, to=heir)
            hand_over_recipes(recipes=Recipe.objects.filter(owner__in=users), to=heir)
    running = dependents(users).running.first()
    if running is not None:
        raise Conflict(
            f"{running.requested_by} is having “{running.selection}” built just now. Wait until "
            "that is done, cancel it, or hand the selections over."
        )
    # What can have 200,000 rows goes in batches, not in the transaction below.
    for kind in kinds():
        for work in kind.objects.for_list().filter(requested_by__in=users):
            work.cancel()
            delete_rows(work.rows_below())
    for selection in Selection.objects.filter(owner__in=users):
        delete_selection(selection=selection)
    update_rows(FrameMark.objects.filter(marked_by__in=users).order_by(), marked_by=None)
    with transaction.atomic():
        for user in users:
            leave_all(person=user)
            user.delete()
