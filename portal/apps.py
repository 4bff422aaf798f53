"""The Django app of what all apps share."""

from __future__ import annotations

from django.apps import AppConfig

from portal import database


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Access to the portal"

    def ready(self) -> None:
        database.assume_json()
