"""The permission to change something in CVAT, which a connection by itself does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.utils import timezone

from cvat.types import Credential, CredentialKind
from portal.encryption import EncryptedTextField
from selector.models import Connection

if TYPE_CHECKING:
    AnyUser = User | AnonymousUser


class WritePermissionQuerySet(models.QuerySet["WritePermission"]):
    def for_user(self, user: AnyUser) -> Self:
        """Permissions of the user's own connections."""
        own = self.filter(connection__owner_id=user.pk)
        return own if user.is_authenticated else self.none()

    def usable(self) -> Self:
        """Permissions that have not expired, of accounts that are not closed."""
        return self.filter(expires_at__gt=timezone.now(), connection__owner__is_active=True)

    def of(self, connection: Connection) -> WritePermission | None:
        """The usable permission of a connection."""
        return self.usable().filter(connection=connection).first()


class WritePermission(models.Model):
    """A credential that may write, given by the owner of a connection for some days.

    It is stored apart from the credential of the connection, which reads, and is used for nothing
    but the changes that its owner asks for.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, related_name="write_permission"
    )
    credential = EncryptedTextField(editable=False)
    credential_kind = models.CharField(max_length=20, choices=Connection.Kind)
    # CVAT's id of the access token if the portal made it, to revoke it.
    access_token_id = models.BigIntegerField(null=True, blank=True, editable=False)
    given_at = models.DateTimeField()
    # The portal does not use it afterwards, whatever CVAT would accept.
    expires_at = models.DateTimeField()

    objects = WritePermissionQuerySet.as_manager()

    class Meta:
        ordering = ["-given_at", "-id"]
        verbose_name = "permission to write"
        verbose_name_plural = "permissions to write"

    def __str__(self) -> str:
        return f"{self.connection.label}: may write"

    @property
    def is_usable(self) -> bool:
        return self.expires_at > timezone.now()

    def has_ended(self) -> bool:
        """Whether it has expired by now, its owner's account is closed, or it was deleted since it
        was read: withdrawn, or with the connection."""
        return not WritePermission.objects.usable().filter(pk=self.pk).exists()

    def get_credential(self) -> Credential:
        return Credential(CredentialKind(self.credential_kind), self.credential)
