"""Tallies: background work that is no archive."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.tally import tasks
from tests.tally.models import Tally
from tests.tally.rows import make_tally


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tallies handed to the workers, none of which runs."""
    sent: list[int] = []
    monkeypatch.setattr(tasks.count, "delay", sent.append)
    return sent


@pytest.fixture
def tally(alice: User) -> Tally:
    """Waiting."""
    return make_tally(alice)
