"""API tokens, with which scripts act for a portal user, teams of portal users, and answers under an
Idempotency-Key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def for_user(self, user: AnyUser) -> Self:
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()

    def issue(
        self, *, owner: User, name: str, days: int | None = None, read_only: bool = False
    ) -> tuple[ApiToken, str]:
        """A new token and its value, which is not stored: show it once."""
        prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        token = self.create(
            owner=owner,
            name=name,
            prefix=prefix,
            digest=_digest(secret),
            read_only=read_only,
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        return token, f"cis_{prefix}_{secret}"

    def find(self, value: str) -> ApiToken | None:
        """The usable token behind `cis_<prefix>_<secret>`, or None."""
        start, _, rest = value.partition("_")
        prefix, _, secret = rest.partition("_")
        if start != "cis" or not secret:
            return None
        token = self.select_related("owner").filter(prefix=prefix).first()
        if token is None or not hmac.compare_digest(token.digest, _digest(secret)):
            return None
        return token if token.is_usable else None


class ApiToken(models.Model):
    """Lets a script act for a portal user. Only a digest of its 256-bit secret is stored."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    read_only = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return not expired and self.owner.is_active

    def touch(self) -> None:
        """Store the time of use, at most once a minute, so that not every request writes."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > timedelta(minutes=1):
            ApiToken.objects.filter(pk=self.pk).update(last_used_at=now)


class TeamQuerySet(models.QuerySet["Team"]):
    def for_user(self, user: AnyUser) -> Self:
        """Teams that `user` is a member of."""
        memberships = TeamMember.objects.filter(person_id=user.pk)
        return self.filter(pk__in=memberships.values("team_id"))

    def managed_by(self, user: AnyUser) -> Self:
        """Teams whose name and members `user` may change."""
        memberships = TeamMember.objects.filter(person_id=user.pk, manages=True)
        return self.filter(pk__in=memberships.values("team_id"))

    def for_list(self, user: AnyUser) -> Self:
        """Add `members_count`, and `managed`: whether the team is managed_by(user)."""
        managing = TeamMember.objects.filter(
            team=models.OuterRef("pk"), person_id=user.pk, manages=True
        )
        return self.annotate(
            members_count=models.Count("memberships"), managed=models.Exists(managing)
        ).order_by("name", "pk")


class Team(models.Model):
    """People who are given access to something together. Who is a member sees who else is."""

    name = models.CharField(max_length=100)
    members = models.ManyToManyField(User, through="TeamMember", related_name="teams")
    # Counts against the limit of teams of this person; null when the account is deleted.
    made_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            # Nobody can make a second team that people take for the first one.
            models.UniqueConstraint(
                Lower("name"),
                name="team_named_once",
                violation_error_message="There is a team of this name already: choose another.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("portal:team", args=[self.pk])


class TeamMemberQuerySet(models.QuerySet["TeamMember"]):
    def for_user(self, user: AnyUser) -> Self:
        """The members of the teams of `user`."""
        return self.filter(team__in=Team.objects.for_user(user))


class TeamMember(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    # May rename and delete the team, and add and remove members.
    manages = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = TeamMemberQuerySet.as_manager()

    class Meta:
        ordering = ["joined_at", "id"]
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="team_member_once")]

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"


def _digest(secret: str) -> str:
    # Plain SHA-256 is enough: the secret is 256 random bits, not a password to be guessed.
    return hashlib.sha256(secret.encode()).hexdigest()


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
