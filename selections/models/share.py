"""With whom selections and recipes are shared."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from portal.models import Team, TeamMember

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser

ANYBODY = -1  # no person's id


class ShareQuerySet(models.QuerySet["Share"]):
    def reaching(self, user: AnyUser) -> Self:
        """Shares that give `user` access, in person or as a member of a team."""
        memberships = TeamMember.objects.filter(person_id=user.pk)
        return self.filter(Q(person_id=user.pk) | Q(team__in=memberships.values("team_id")))

    def selections_reaching(self, user: AnyUser, *, may_edit: bool = False) -> RawSQL:
        """The ids of the selections that shares reaching(user) are of, of those with `may_edit`
        alone if it is true: for use with `pk__in`. Nearly every query of selections has one, and
        Django takes a millisecond to build each of its subqueries anew."""
        sql, parameters = _selections_reaching(may_edit=may_edit)
        return RawSQL(sql, [user.pk if each == ANYBODY else each for each in parameters])  # noqa: S611

    def removable_by(self, user: AnyUser) -> Self:
        """Shares that `user` may remove: of the own selections, and those with `user` in person."""
        return self.filter(Q(selection__owner_id=user.pk) | Q(person_id=user.pk))


class Share(models.Model):
    """Lets a person, or the members of a team, read a selection, or edit it as well.

    Only SelectionQuerySet.for_user and editable_by decide by it.
    """

    # Without an index of its own: both constraints begin with it.
    selection = models.ForeignKey(
        "selections.Selection", on_delete=models.CASCADE, related_name="shares", db_index=False
    )
    person = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="shares"
    )
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="shares"
    )
    may_edit = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=True, team__isnull=False)
                | Q(person__isnull=False, team__isnull=True),
                name="share_with_person_or_team",
                violation_error_message="Share with a person or with a team: name one of them.",
            ),
            models.UniqueConstraint(
                fields=["selection", "person"],
                name="shared_with_person_once",
                violation_error_message="The selection is shared with this person already.",
            ),
            models.UniqueConstraint(
                fields=["selection", "team"],
                name="shared_with_team_once",
                violation_error_message="The selection is shared with this team already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selection} with {self.with_whom}"

    @property
    def with_whom(self) -> str:
        return str(self.person or self.team)


class RecipeShareQuerySet(models.QuerySet["RecipeShare"]):
    def reaching(self, user: AnyUser) -> Self:
        """Shares that give `user` access, in person or as a member of a team."""
        teams = Team.objects.for_user(user)
        return self.filter(Q(person_id=user.pk) | Q(team__in=teams))

    def removable_by(self, user: AnyUser) -> Self:
        """Shares that `user` may remove: of the own recipes, and those with `user` in person."""
        return self.filter(Q(recipe__owner_id=user.pk) | Q(person_id=user.pk))


class RecipeShare(models.Model):
    """Lets a person, or the members of a team, read a recipe, or edit it and draw its rounds.

    Only RecipeQuerySet.for_user and editable_by decide by it.
    """

    # Without an index of its own: both constraints begin with it.
    recipe = models.ForeignKey(
        "selections.Recipe", on_delete=models.CASCADE, related_name="shares", db_index=False
    )
    person = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="recipe_shares"
    )
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="recipe_shares"
    )
    may_edit = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RecipeShareQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=True, team__isnull=False)
                | Q(person__isnull=False, team__isnull=True),
                name="share_recipe_with_person_or_team",
                violation_error_message="Share with a person or with a team: name one of them.",
            ),
            models.UniqueConstraint(
                fields=["recipe", "person"],
                name="recipe_shared_with_person_once",
                violation_error_message="The recipe is shared with this person already.",
            ),
            models.UniqueConstraint(
                fields=["recipe", "team"],
                name="recipe_shared_with_team_once",
                violation_error_message="The recipe is shared with this team already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipe} with {self.with_whom}"

    @property
    def with_whom(self) -> str:
        return str(self.person or self.team)


@cache
def _selections_reaching(*, may_edit: bool) -> tuple[str, tuple[Any, ...]]:
    """The SQL for selections_reaching() and its parameters, with ANYBODY for the user."""
    shares = Share.objects.reaching(User(pk=ANYBODY)).order_by()
    if may_edit:
        shares = shares.filter(may_edit=True)
    return shares.values("selection_id").query.sql_with_params()
