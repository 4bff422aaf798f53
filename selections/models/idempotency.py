"""Answers that were given under an Idempotency-Key."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone


class KeyedAnswerQuerySet(models.QuerySet["KeyedAnswer"]):
    def outdated(self) -> Self:
        """Older than a day, or begun so long ago that the process which answered is gone."""
        now = timezone.now()
        abandoned = models.Q(body__isnull=True, created_at__lt=now - KeyedAnswer.LONGEST_REQUEST)
        return self.filter(models.Q(created_at__lt=now - KeyedAnswer.LIFETIME) | abandoned)


class KeyedAnswer(models.Model):
    """The answer to the first request of a person under a key; `body` is null while it is made."""

    LIFETIME: ClassVar = timedelta(days=1)
    LONGEST_REQUEST: ClassVar = timedelta(minutes=10)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    # SHA-256 of method, path and body: another request under the same key is refused.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = KeyedAnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_user_and_key")
        ]

    def __str__(self) -> str:
        return self.key
