"""Connections to CVAT servers, the tasks opened last through each, and what workers read."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.urls import reverse
from django.utils import timezone

from cvat.client import CvatClient
from cvat.http import AroundAttempt
from cvat.types import LONGEST_SUBSET, Credential, CredentialKind
from portal.encryption import EncryptedTextField
from portal.exceptions import ServerNotAllowed
from portal.work.models import Work, WorkQuerySet
from portal.work.values import WorkStatus, status_field
from selector import servers
from selector.task_search import TaskSearch

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser

R = TypeVar("R", bound="TaskReading")

LONGEST_WORDS = 200
LONGEST_ASSIGNEE = 150


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def for_user(self, user: AnyUser) -> Self:
        """The user's own connections: they are never shared, a credential is its owner's alone."""
        return self.filter(owner_id=user.pk) if user.is_authenticated else self.none()

    def accepted(self) -> Self:
        """Connections that CVAT accepted when it was asked last."""
        return self.filter(verified_at__isnull=False)


class Connection(models.Model):
    """One portal user's access to one CVAT server, in one organization.

    Without an organization ("") lists show what the account owns or is assigned to; by its number
    anything is read, wherever it lies.
    """

    class Kind(models.TextChoices):
        ACCESS_TOKEN = CredentialKind.ACCESS_TOKEN.value, "access token"
        LOGIN_TOKEN = CredentialKind.LOGIN_TOKEN.value, "login token"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="connections")
    name = models.CharField(max_length=100)
    url = models.CharField("CVAT server", max_length=500)
    organization = models.CharField(max_length=100, blank=True)
    username = models.CharField(max_length=200)
    credential = EncryptedTextField(editable=False)
    credential_kind = models.CharField(max_length=20, choices=Kind)
    # CVAT's id of the access token that the portal made, to prolong or to revoke it.
    access_token_id = models.BigIntegerField(null=True, blank=True, editable=False)
    # servers.installation_account of the account it was made with; "" for a person's own.
    installation_account = models.CharField(max_length=32, blank=True, editable=False)
    server_version = models.CharField(max_length=50, blank=True)
    # Empty when CVAT no longer accepts the credential: the owner must connect again.
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["-verified_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "url", "organization", "username"],
                name="one_connection_per_account",
            )
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("selector:connections")

    @property
    def label(self) -> str:
        """Name and CVAT user, which tell connections to one server apart."""
        return f"{self.name} · {self.username}"

    @property
    def needs_reconnect(self) -> bool:
        return self.verified_at is None

    def client(
        self,
        *,
        credential: Credential | None = None,
        patient: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        seconds: float = float("inf"),
        around_attempt: AroundAttempt = nullcontext,
    ) -> CvatClient:
        """A client of CVAT: the one seam between Django and `cvat`.

        `credential`, of the same account, is used in place of the connection's own.

        `patient` is for workers: more retries, longer waits than a page may take; `sleep` waits
        between them. Other clients share the HTTP connections of the process. `seconds` limits all
        requests of the client together. `around_attempt`: see Http. Raises ServerNotAllowed.
        """
        self.check_allowed()
        return CvatClient(
            url=self.url,
            credential=credential or self.get_credential(),
            organization=self.organization,
            verify=settings.CVAT_CA_BUNDLE or True,
            patient=patient,
            sleep=sleep,
            keep_alive=not patient,
            seconds=seconds,
            around_attempt=around_attempt,
        )

    def get_credential(self) -> Credential:
        return Credential(CredentialKind(self.credential_kind), self.credential)

    def check_allowed(self) -> None:
        """Raises ServerNotAllowed when the operator has withdrawn the server, or the account of
        the installation that the connection was made with."""
        servers.check_allowed(self.url)
        if self.installation_account:
            servers.check_installation_account(self.url, self.installation_account)

    @property
    def withdrawn(self) -> str:
        """Why the operator's settings forbid to use the connection; "" if they do not."""
        try:
            self.check_allowed()
        except ServerNotAllowed as error:
            return str(error)
        return ""

    def was_renewed(self) -> bool:
        """Whether the owner has connected again since this row was read; if so, read it anew."""
        stored = Connection.objects.filter(pk=self.pk).first()
        if stored is None or stored.credential == self.credential:
            return False
        self.refresh_from_db()
        return True

    def mark_refused(self) -> None:
        """Note that CVAT answered 401, so that the owner is asked to connect again.

        Only if the owner has not connected again meanwhile: a build that began with yesterday's
        access must not spoil today's.
        """
        Connection.objects.filter(pk=self.pk, verified_at=self.verified_at).update(verified_at=None)
        self.verified_at = None


class RecentTask(models.Model):
    """A task that was opened through a connection; shown to the connection's owner alone."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="recent_tasks"
    )
    task_id = models.BigIntegerField()
    name = models.CharField(max_length=500)
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "task_id"], name="recent_task_once")
        ]

    def __str__(self) -> str:
        return self.name


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def for_user(self, user: AnyUser) -> Self:
        """Searches that `user` may see, use and delete: the own ones."""
        return self.filter(owner_id=user.pk)


class SavedSearch(models.Model):
    """A named search for tasks of one CVAT server. It means the tasks that match now."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_searches")
    url = models.CharField("CVAT server", max_length=500)
    organization = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=100)
    search = models.CharField("words", max_length=LONGEST_WORDS, blank=True)
    project_id = models.BigIntegerField(null=True, blank=True)
    status = models.CharField(max_length=20, blank=True)
    assignee = models.CharField(max_length=LONGEST_ASSIGNEE, blank=True)
    subset = models.CharField(max_length=LONGEST_SUBSET, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="saved_search_named_once",
                violation_error_message="You have a search of this name already: choose another.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('selector:choose')}?{urlencode({'search': self.pk})}"

    @property
    def criteria(self) -> TaskSearch:
        return TaskSearch(self.search, self.project_id, self.status, self.assignee, self.subset)


class TaskReadingQuerySet(WorkQuerySet[R]):
    def outdated(self) -> Self:
        """Ended longer ago than LIFETIME."""
        return self.filter(finished_at__lt=timezone.now() - TaskReading.LIFETIME)


class TaskReading(Work):
    """Reads something about all frames of a task, or of one of its jobs, from CVAT into a folder of
    the portal. The abstract model."""

    reads: ClassVar[str]  # such as "Annotations"

    class Status(models.TextChoices):
        QUEUED = WorkStatus.QUEUED.value, "waiting"
        RUNNING = WorkStatus.RUNNING.value, "reading"
        READY = WorkStatus.READY.value, "ready"
        FAILED = WorkStatus.FAILED.value, "failed"
        CANCELLED = WorkStatus.CANCELLED.value, "cancelled"

    RETRY_WAIT: ClassVar = timedelta(minutes=1)
    LIFETIME: ClassVar = timedelta(days=1)

    task_id = models.BigIntegerField()
    job_id = models.BigIntegerField(null=True)
    task_name = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)  # of the keys of all that is read
    status = status_field(Status)

    objects: ClassVar = TaskReadingQuerySet.as_manager()

    class Meta(Work.Meta):
        abstract = True

    def __str__(self) -> str:
        of_job = f", job {self.job_id}" if self.job_id is not None else ""
        return f"{self.reads} of {self.task_name}{of_job}"

    def get_absolute_url(self) -> str:
        what = {"task": self.task_id} if self.job_id is None else {"job": self.job_id}
        given = {**what, "connection": self.connection_id}
        named = {name: number for name, number in given.items() if number is not None}
        return f"{reverse('selector:choose')}?{urlencode(named)}"

    @property
    def ended_just_now(self) -> bool:
        return self.finished_at is not None and timezone.now() - self.finished_at < self.RETRY_WAIT


class AnnotationIndexing(TaskReading):
    """Reads the annotations of a task, or of one of its jobs, for the annotation index."""

    task = "selector.tasks.index_annotations"
    reads = "Annotations"

    class Meta(TaskReading.Meta):
        verbose_name = "reading of annotations"
        verbose_name_plural = "readings of annotations"


class PictureReading(TaskReading):
    """Computes the likeness of the pictures of a task, or of one of its jobs, and makes the
    thumbnails for that."""

    task = "selector.tasks.read_pictures"
    reads = "Pictures"

    class Meta(TaskReading.Meta):
        verbose_name = "reading of pictures"
        verbose_name_plural = "readings of pictures"
