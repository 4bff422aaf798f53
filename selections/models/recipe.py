"""Recipes: named draws that are drawn round after round."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser, User
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q
from django.urls import reverse
from django.utils import timezone

from selections.draws import Draw
from selections.models.share import RecipeShare
from selections.schedules import NEVER, SCHEDULES, WEEKDAYS, Schedule
from selector.models import Connection

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser


class RecipeQuerySet(models.QuerySet["Recipe"]):
    def for_user(self, user: AnyUser) -> Self:
        """Recipes that `user` may see and copy: the own ones, and those shared with `user` or with
        a team of `user`."""
        shared = RecipeShare.objects.recipes_reaching(user)
        return self.filter(Q(owner_id=user.pk) | Q(pk__in=shared))

    def editable_by(self, user: AnyUser) -> Self:
        """Recipes whose name and note `user` may change, and whose rounds `user` may draw: the own
        ones, and those shared with `user` or a team of `user` to be edited."""
        return self.filter(_editable(user))

    def owned_by(self, user: AnyUser) -> Self:
        """Recipes that `user` may share, schedule, hand over and delete."""
        return self.filter(owner_id=user.pk)

    def with_may_edit(self, user: AnyUser) -> Self:
        """Add `may_edit`: whether they are editable_by(user)."""
        return self.annotate(may_edit=ExpressionWrapper(_editable(user), BooleanField()))

    def due(self) -> Self:
        """Recipes whose next scheduled round is due."""
        return self.filter(next_round_at__lte=timezone.now(), owner__is_active=True)

    def with_rounds(self) -> Self:
        """Add `rounds_count`, how many rounds there are that are not deleted, and `last_round_at`,
        when the newest of them was drawn."""
        present = Q(rounds__is_complete=True, rounds__deleted_at__isnull=True)
        return self.annotate(
            rounds_count=Count("rounds", filter=present),
            last_round_at=Max("rounds__created_at", filter=present),
        )


def _editable(user: AnyUser) -> Q:
    shared = RecipeShare.objects.recipes_reaching(user, may_edit=True)
    return Q(owner_id=user.pk) | Q(pk__in=shared)


class Recipe(models.Model):
    """A named draw with its scope and filters, without a seed. Its rounds are selections, each
    drawn without the frames of the rounds before."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recipes")
    connection = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, blank=True, related_name="recipes"
    )
    url = models.CharField("CVAT server", max_length=500)
    organization = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=180)  # “<name>, round 12” is the name of a selection
    note = models.TextField(blank=True)
    draw = models.JSONField()  # as Draw.to_json() writes it
    # The highest number that a round was given, also if that round is deleted.
    last_round = models.PositiveIntegerField(default=0, editable=False)
    schedule = models.CharField(max_length=10, choices=SCHEDULES, default=NEVER, blank=True)
    # In the time zone of the portal, TIME_ZONE.
    schedule_hour = models.PositiveSmallIntegerField(default=6, validators=[MaxValueValidator(23)])
    schedule_weekday = models.PositiveSmallIntegerField(choices=WEEKDAYS, default=0)
    next_round_at = models.DateTimeField(null=True, editable=False, db_index=True)
    # Why the schedule could not draw the last round that was due; "" once a round is drawn.
    problem = models.TextField(blank=True, editable=False)
    problem_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RecipeQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="recipe_named_once",
                violation_error_message="You have a recipe of this name already: choose another.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("selections:recipe", args=[self.pk])

    def get_draw(self) -> Draw:
        return Draw.from_json(self.draw)

    def get_schedule(self) -> Schedule:
        return Schedule(self.schedule, self.schedule_hour, self.schedule_weekday)

    def next_due(self) -> datetime | None:
        """The time of the next scheduled round after now; None without a schedule."""
        zone = timezone.get_default_timezone()
        return self.get_schedule().next_after(timezone.now(), zone)

    def claim_due(self) -> bool:
        """Move the time of the next round on. False if another process has done so."""
        due = Recipe.objects.filter(pk=self.pk, next_round_at=self.next_round_at)
        return due.update(next_round_at=self.next_due()) == 1

    def take_number(self, number: int) -> bool:
        """Make `number` the last round if the one before it is; False otherwise, and for a deleted
        recipe."""
        before = Recipe.objects.filter(pk=self.pk, last_round=number - 1)
        return before.update(last_round=number) == 1
