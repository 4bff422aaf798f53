"""What the tests of the dialogue with CVAT talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from standin.samples import sample_world
from standin.server import StandIn
from tests.selector.replaying import Replay

# Helpers that assert: a failure shall show the values, as in a test module.
pytest.register_assert_rewrite(
    "tests.selector.api_errors", "tests.selector.fake_cvat", "tests.selector.packs"
)


@pytest.fixture
def cvat() -> Iterator[Replay]:
    with Replay() as replay:
        yield replay


@pytest.fixture
def site() -> Iterator[StandIn]:
    """The sample tasks, for clients that have no portal around them."""
    with StandIn(sample_world()) as running:
        yield running


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where thumbnails are kept, of this test alone."""
    settings.THUMBNAILS_DIR = tmp_path / "thumbnails"
    return settings.THUMBNAILS_DIR
