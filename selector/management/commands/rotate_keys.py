"""After a new key was put first into FIELD_ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from selector.models import Connection


class Command(BaseCommand):
    help = (
        "Encrypt the stored access to CVAT anew with the first of FIELD_ENCRYPTION_KEYS. "
        "Afterwards the other keys may go."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = lost = 0
        for pk in Connection.objects.values_list("pk", flat=True):
            if self._encrypt_anew(pk):
                done += 1
            else:
                lost += 1
        self.stdout.write(f"{done} encrypted anew, {lost} unreadable.")

    @transaction.atomic
    def _encrypt_anew(self, pk: int) -> bool:
        # Locked: who connects again in this moment must not get the old access back.
        row = Connection.objects.select_for_update().only("credential").filter(pk=pk).first()
        if row is None or not row.credential:
            return False  # saving would throw away what an old key may open yet
        row.save(update_fields=["credential"])
        return True
