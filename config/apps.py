from __future__ import annotations

import gc

from axes.apps import AppConfig as AxesConfig
from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig

from config import checks


class ConfigConfig(AppConfig):
    """Registers the system checks, and excludes what is loaded from garbage collection."""

    name = "config"

    def ready(self) -> None:
        checks.register_all()
        gc.freeze()
        gc.enable()


class SignInsConfig(AxesConfig):  # type: ignore[misc]  # has no types
    """django-axes under the name that the admin site shows."""

    verbose_name = "Sign-ins"


class CollectedFilesConfig(StaticFilesConfig):
    """Static files without the extensions of htmx, whose imports only a build step can resolve, and
    without what no page uses: ReDoc and the browsable API of Django REST framework."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "ext", "redoc", "rest_framework"]
