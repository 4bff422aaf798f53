"""A text column that is encrypted at rest and cannot be searched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class EncryptedTextField(TextField):
    """Fernet at rest. The first of FIELD_ENCRYPTION_KEYS encrypts, all of them decrypt.

    Raises `cryptography.fernet.InvalidToken` on reading when no key fits.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if not value else _fernet().encrypt(value.encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return value if not value else _fernet().decrypt(value.encode()).decode()

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError("An encrypted column cannot be searched.")
        return super().get_lookup(lookup_name)
