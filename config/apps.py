from __future__ import annotations

from axes.apps import AppConfig as AxesConfig
from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig

from config import checks


class ConfigConfig(AppConfig):
    """Holds the management commands that start and set up the portal, and the system checks."""

    name = "config"

    def ready(self) -> None:
        checks.register_all()


class SignInsConfig(AxesConfig):  # type: ignore[misc]  # has no types
    verbose_name = "Sign-ins"


class CollectedFilesConfig(StaticFilesConfig):
    # htmx's extensions, which we do not use, import by names that only a build step resolves.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "ext"]
