"""A text column that is encrypted at rest and cannot be searched."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models

logger = logging.getLogger(__name__)


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class EncryptedTextField(TextField):
    """Text encrypted with Fernet. The first of FIELD_ENCRYPTION_KEYS encrypts, all of them decrypt.

    The value is "" if no key decrypts it: after the loss of a key people have to connect again, but
    do not get an error on every page.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if not value else _fernet().encrypt(value.encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return _fernet().decrypt(value.encode()).decode()
        except InvalidToken:
            logger.error("no key in FIELD_ENCRYPTION_KEYS decrypts the stored value: %s", self)
            return ""

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError("An encrypted column cannot be searched.")
        return super().get_lookup(lookup_name)
