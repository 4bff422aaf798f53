from __future__ import annotations

from django.apps import AppConfig

from selector import database


class SelectorConfig(AppConfig):
    name = "selector"
    verbose_name = "CVAT connections"

    def ready(self) -> None:
        database.assume_json()
