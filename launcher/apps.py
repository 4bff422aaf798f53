"""The Django app of the launcher."""

from __future__ import annotations

from django.apps import AppConfig


class LauncherConfig(AppConfig):
    """Holds the management commands that set up and start the portal."""

    name = "launcher"
