"""`manage.py rotate_keys`: encrypts stored credentials with the first of FIELD_ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction

from portal.encryption import EncryptedTextField


class Command(BaseCommand):
    help = (
        "Encrypt the stored access to CVAT anew with the first of FIELD_ENCRYPTION_KEYS. "
        "Afterwards the other keys may go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = lost = 0
        for model, field in _encrypted_fields():
            for pk in model._default_manager.values_list("pk", flat=True):
                if self._encrypt_anew(model, field, pk):
                    done += 1
                else:
                    lost += 1
        self.stdout.write(f"{done} encrypted anew, {lost} unreadable.")

    @transaction.atomic
    def _encrypt_anew(self, model: Any, field: str, pk: int) -> bool:
        # Locked: who connects again in this moment must not get the old access back.
        row = model._default_manager.select_for_update().only(field).filter(pk=pk).first()
        if row is None or not getattr(row, field):
            return False  # saving would throw away what an old key may open yet
        row.save(update_fields=[field])
        return True


def _encrypted_fields() -> list[tuple[Any, str]]:
    """The encrypted fields of all models."""
    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedTextField)
    ]
