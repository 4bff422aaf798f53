"""With whom selections and recipes are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from portal.compiled_queries import Make, compiled_for
from portal.models import Team, TeamMember

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser

Shares = TypeVar("Shares", bound="AccessShare")


class AccessShareQuerySet(models.QuerySet[Shares]):
    def reaching(self, user: AnyUser) -> Self:
        """Shares that give `user` access, in person or as a member of a team."""
        memberships = TeamMember.objects.filter(person_id=user.pk)
        return self.filter(Q(person_id=user.pk) | Q(team__in=memberships.values("team_id")))


class ShareQuerySet(AccessShareQuerySet["Share"]):
    def selections_reaching(self, user: AnyUser, *, may_edit: bool = False) -> RawSQL:
        """The ids of the selections that shares reaching(user) are of, of those with `may_edit`
        alone if it is true: for use with `pk__in`. Nearly every query of selections has one."""
        return _ids(user, _editable_selections if may_edit else _readable_selections)

    def removable_by(self, user: AnyUser) -> Self:
        """Shares that `user` may remove: of the own selections, and those with `user` in person."""
        return self.filter(Q(selection__owner_id=user.pk) | Q(person_id=user.pk))


class RecipeShareQuerySet(AccessShareQuerySet["RecipeShare"]):
    def recipes_reaching(self, user: AnyUser, *, may_edit: bool = False) -> RawSQL:
        """The ids of the recipes that shares reaching(user) are of, as selections_reaching()."""
        return _ids(user, _editable_recipes if may_edit else _readable_recipes)

    def removable_by(self, user: AnyUser) -> Self:
        """Shares that `user` may remove: of the own recipes, and those with `user` in person."""
        return self.filter(Q(recipe__owner_id=user.pk) | Q(person_id=user.pk))


def _once(shared: str, *, name: str) -> list[models.UniqueConstraint]:
    """The constraints that something is shared once with a person and once with a team."""
    return [
        models.UniqueConstraint(
            fields=[shared, whom],
            name=name.format(whom),
            violation_error_message=f"The {shared} is shared with this {whom} already.",
        )
        for whom in ("person", "team")
    ]


class AccessShare(models.Model):
    """Lets a person, or the members of a team, read something, or edit it as well."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )
    may_edit = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=True, team__isnull=False)
                | Q(person__isnull=False, team__isnull=True),
                name="%(class)s_with_person_or_team",
                violation_error_message="Share with a person or with a team: name one of them.",
            ),
        ]

    @property
    def with_whom(self) -> str:
        return str(self.person or self.team)


class Share(AccessShare):
    """Of a selection. Only SelectionQuerySet.for_user and editable_by decide by it."""

    # Without an index of its own: both constraints begin with it.
    selection = models.ForeignKey(
        "selections.Selection", on_delete=models.CASCADE, related_name="shares", db_index=False
    )

    objects = ShareQuerySet.as_manager()

    class Meta(AccessShare.Meta):
        constraints = [
            *AccessShare.Meta.constraints,
            *_once("selection", name="shared_with_{}_once"),
        ]

    def __str__(self) -> str:
        return f"{self.selection} with {self.with_whom}"


class RecipeShare(AccessShare):
    """Of a recipe; who may edit it also draws its rounds. Only RecipeQuerySet.for_user and
    editable_by decide by it."""

    # Without an index of its own: both constraints begin with it.
    recipe = models.ForeignKey(
        "selections.Recipe", on_delete=models.CASCADE, related_name="shares", db_index=False
    )

    objects = RecipeShareQuerySet.as_manager()

    class Meta(AccessShare.Meta):
        constraints = [
            *AccessShare.Meta.constraints,
            *_once("recipe", name="recipe_shared_with_{}_once"),
        ]

    def __str__(self) -> str:
        return f"{self.recipe} with {self.with_whom}"


def _ids(user: AnyUser, make: Make) -> RawSQL:
    sql, parameters = compiled_for(user, make)
    return RawSQL(sql, parameters)  # noqa: S611


def _readable_selections(user: User) -> models.QuerySet[Any, Any]:
    return Share.objects.reaching(user).order_by().values("selection_id")


def _editable_selections(user: User) -> models.QuerySet[Any, Any]:
    return _readable_selections(user).filter(may_edit=True)


def _readable_recipes(user: User) -> models.QuerySet[Any, Any]:
    return RecipeShare.objects.reaching(user).order_by().values("recipe_id")


def _editable_recipes(user: User) -> models.QuerySet[Any, Any]:
    return _readable_recipes(user).filter(may_edit=True)
