"""Whom to tell of the rounds that a schedule draws, and what was sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import F
from django.utils import timezone

from portal.encryption import EncryptedTextField
from selections.models.recipe import Recipe
from selections.webhooks import LONGEST_URL

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser

# After which time a message that was not taken is sent again; then it is given up.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)


class RecipeNotices(models.Model):
    """Where the owner of a recipe wants notices of its scheduled rounds. They end when the recipe
    gets another owner: address and secret are the person's own."""

    recipe = models.OneToOneField(Recipe, on_delete=models.CASCADE, related_name="notices")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    by_mail = models.BooleanField(default=False)
    webhook_url = models.CharField(max_length=LONGEST_URL, blank=True)
    webhook_secret = EncryptedTextField(blank=True, editable=False)

    def __str__(self) -> str:
        return f"notices of {self.recipe}"

    @classmethod
    def of(cls, recipe: Recipe) -> RecipeNotices:
        """Those of the recipe for its owner; new ones, not saved, where there are none."""
        stored = cls.objects.filter(recipe=recipe, owner_id=recipe.owner_id).first()
        return stored or cls(recipe=recipe, owner_id=recipe.owner_id)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def for_user(self, user: AnyUser) -> Self:
        """Notices that were sent for `user`, of recipes that are the user's still."""
        return self.filter(owner_id=user.pk, recipe__owner_id=user.pk)

    def due(self) -> Self:
        """Notices that are to be sent now."""
        return self.filter(
            status=Notice.Status.WAITING,
            next_attempt_at__lte=timezone.now(),
            attempts__lte=len(PAUSES),
        )


class Notice(models.Model):
    """A message about a round: a mail or a webhook."""

    class Channel(models.TextChoices):
        MAIL = "mail", "mail"
        WEBHOOK = "webhook", "webhook"

    class Status(models.TextChoices):
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        FAILED = "failed", "given up"

    recipe = models.ForeignKey(Recipe, on_delete=models.CASCADE, related_name="sent_notices")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel)
    event = models.CharField(max_length=20)  # "round.drawn" or "round.failed"
    body = models.TextField()  # JSON
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)
    # Of the last attempt: why the message was not taken.
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.event} by {self.channel}"

    def claim(self) -> bool:
        """Begin an attempt. False if another process has begun it."""
        due = Notice.objects.due().filter(pk=self.pk, attempts=self.attempts)
        # A worker that dies in between has had its attempt.
        pause = PAUSES[min(self.attempts, len(PAUSES) - 1)]
        claimed = due.update(attempts=F("attempts") + 1, next_attempt_at=timezone.now() + pause)
        self.attempts += claimed
        return claimed == 1

    def mark_sent(self) -> None:
        self._end(self.Status.SENT, "")

    def mark_not_taken(self, problem: str) -> None:
        """Try again later, or give up after the last attempt."""
        if self.attempts > len(PAUSES):
            self._end(self.Status.FAILED, problem)
        else:
            self._claimed().update(problem=problem)

    def _end(self, status: str, problem: str) -> None:
        self._claimed().update(
            status=status, problem=problem, next_attempt_at=None, ended_at=timezone.now()
        )

    def _claimed(self) -> NoticeQuerySet:
        return Notice.objects.filter(pk=self.pk, status=self.Status.WAITING, attempts=self.attempts)
