from __future__ import annotations

from django.apps import AppConfig


class SelectorConfig(AppConfig):
    name = "selector"
    verbose_name = "CVAT connections"
