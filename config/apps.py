from __future__ import annotations

from django.apps import AppConfig

from config import checks


class ConfigConfig(AppConfig):
    """Holds the management commands that start and set up the portal, and the system checks."""

    name = "config"

    def ready(self) -> None:
        checks.register_all()
