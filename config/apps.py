from __future__ import annotations

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Holds the management commands that start and set up the portal, and the system checks."""

    name = "config"
