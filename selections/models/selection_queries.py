"""Querysets of selections, with the visibility and times that they filter by."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, F, Prefetch, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from portal.models import Team
from selections.models.recipe import Recipe
from selections.models.selected import tasks_of_outer
from selections.models.share import Share

if TYPE_CHECKING:
    from selections.models.selection import Selection  # noqa: F401

    AnyUser = User | AnonymousUser

UNDO = timedelta(minutes=10)
LONGEST_SAVE = timedelta(hours=1)


class SelectionVisibility(models.TextChoices):
    PRIVATE = "private", "private"
    SHARED = "shared", "shared"


class SelectionQuerySet(models.QuerySet["Selection"]):
    def for_user(self, user: AnyUser) -> Self:
        """Selections that `user` may read: the own ones, and those shared with everybody, with
        `user` or with a team of `user`. Each knows whether the names of its tasks and files are
        hidden from `user`."""
        if not user.is_authenticated:
            return self.none()
        shared = Share.objects.selections_reaching(user)
        readable = Q(owner_id=user.pk) | Q(visibility=SelectionVisibility.SHARED) | Q(pk__in=shared)
        return self.present().filter(readable).with_names_hidden(user)

    def editable_by(self, user: AnyUser) -> Self:
        """Selections whose name, note and frames `user` may change: the own ones, and those shared
        with `user` or a team of `user` to be edited."""
        return self.for_user(user).filter(editable(user))

    def with_may_edit(self, user: AnyUser) -> Self:
        """Add `may_edit` to selections of for_user(user): whether they are editable_by(user)."""
        return self.annotate(may_edit=ExpressionWrapper(editable(user), BooleanField()))

    def with_names_hidden(self, user: AnyUser) -> Self:
        """Add `names_hidden`: whether the names of tasks and files are hidden from the user, who
        may read the selection and not edit it."""
        hidden = Q(hides_names=True) & ~editable(user)
        return self.annotate(names_hidden=ExpressionWrapper(hidden, BooleanField()))

    def shared_with(self, team: Team) -> Self:
        """Selections that are shared with the team, with `team_may_edit`."""
        shares = Share.objects.filter(team=team)
        editing = shares.filter(may_edit=True).values("selection_id")
        return self.filter(pk__in=shares.values("selection_id")).annotate(
            team_may_edit=ExpressionWrapper(Q(pk__in=editing), BooleanField())
        )

    def shared(self) -> Self:
        """Selections that somebody beside the owner may read."""
        return self.filter(_shared())

    def with_is_shared(self) -> Self:
        """Add `shared_with_somebody`: whether they are shared()."""
        return self.annotate(shared_with_somebody=ExpressionWrapper(_shared(), BooleanField()))

    def present(self) -> Self:
        """Selections that are saved with all frames and not deleted."""
        return self.filter(is_complete=True, deleted_at__isnull=True)

    def listed(self) -> Self:
        """Selections that somebody saved, without those made for one archive."""
        return self.filter(is_temporary=False)

    def restorable(self, user: AnyUser) -> Self:
        """The user's own selections whose deletion can still be undone."""
        since = timezone.now() - UNDO
        return self.filter(owner_id=user.pk, deleted_at__gt=since).order_by("-deleted_at")

    def purgeable(self) -> Self:
        """Deleted longer ago than the undo window plus one minute (avoids racing an undo), or
        not saved to the end for LONGEST_SAVE."""
        now = timezone.now()
        deleted = Q(deleted_at__lt=now - UNDO - timedelta(minutes=1))
        abandoned = Q(is_complete=False, created_at__lt=now - LONGEST_SAVE)
        return self.filter(deleted | abandoned)

    def rounds_of(self, recipe: Recipe) -> Self:
        """The rounds of a recipe, the newest first."""
        return self.filter(recipe_id=recipe.pk).order_by("-round_number", "-pk")

    def owned_by(self, user: AnyUser) -> Self:
        """Selections that `user` may share, hand over, replace and delete."""
        return self.present().filter(owner_id=user.pk)

    def detailed(self, user: AnyUser) -> Self:
        """With all that the API answers about a selection to the user, but for the sources of
        combined ones; see Selection.read_sources."""
        return self.with_owner_names().with_tasks().with_may_edit(user)

    def with_owner_names(self) -> Self:
        """Read `owner_name` of all. (To select `owner` reads and makes a whole User for each
        selection.)"""
        return self.annotate(owner_name=F("owner__username"))

    def with_tasks(self) -> Self:
        """Read `task_list` of all by one query. (To prefetch `tasks` itself makes a queryset for
        each selection, which takes longer than that query.)"""
        return self.prefetch_related(Prefetch("tasks", to_attr="task_list"))

    def with_counts(self) -> Self:
        """Add `frames_count`, to order by it, or where `task_list` is not read. From the tasks: a
        selection has up to 200,000 frames."""
        counted = (
            tasks_of_outer()
            .order_by()
            .values("selection")
            .annotate(n=Sum("frames_count"))
            .values("n")
        )
        return self.annotate(frames_count=Coalesce(models.Subquery(counted), 0))


def _shared() -> Q:
    given = Share.objects.values("selection_id")
    return Q(visibility=SelectionVisibility.SHARED) | Q(pk__in=given)


def editable(user: AnyUser) -> Q:
    """Whether a selection is the own one of `user`, or shared with `user` or a team of `user` to be
    edited."""
    shared = Share.objects.selections_reaching(user, may_edit=True)
    return Q(owner_id=user.pk) | Q(pk__in=shared)
