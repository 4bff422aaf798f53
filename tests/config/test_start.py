"""The start of a process."""

from __future__ import annotations

import gc

from django.apps import apps


def test_the_garbage_collector_works_once_all_is_loaded() -> None:
    before = gc.get_freeze_count()
    gc.disable()
    lasting = [[] for _ in range(1000)]
    try:
        apps.get_app_config("config").ready()
        assert gc.isenabled()
    finally:
        gc.enable()
    assert gc.get_freeze_count() >= before + len(lasting)
