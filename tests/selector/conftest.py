"""What tests of the selector share: carol, a folder."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from standin.server import StandIn
from tests.conftest import api_of, connect

# Helpers that assert: a failure shall show the values, as in a test module.
pytest.register_assert_rewrite(
    "tests.selector.api_errors",
    "tests.selector.packs",
    "tests.selector.picture_answers",
)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where thumbnails are kept, of this test alone."""
    settings.THUMBNAILS_DIR = tmp_path / "thumbnails"
    return settings.THUMBNAILS_DIR


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The threads that wait for a lock that another one holds."""
    found: set[int] = set()

    def sleep(seconds: float) -> None:
        found.add(threading.get_ident())
        time.sleep(seconds)

    watched = SimpleNamespace(monotonic=time.monotonic, sleep=sleep)
    monkeypatch.setattr("redis.lock.mod_time", watched)
    return found


@pytest.fixture
def carol(bob: User, standin: StandIn) -> APIClient:
    """bob, whose CVAT account is carol's: assignee of the third job of task 1, nothing else."""
    connect(bob, standin, "carol")
    return api_of(bob)
