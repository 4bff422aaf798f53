"""What tests of the CVAT client share: a replayed CVAT, a stand-in alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from standin.samples import sample_world
from standin.server import StandIn
from tests.cvat.replaying import Replay

# Helpers that assert: a failure shall show the values, as in a test module.
pytest.register_assert_rewrite("tests.cvat.fake_cvat")


@pytest.fixture
def cvat() -> Iterator[Replay]:
    with Replay() as replay:
        yield replay


@pytest.fixture
def site() -> Iterator[StandIn]:
    """The sample tasks, for clients that have no portal around them."""
    with StandIn(sample_world()) as running:
        yield running
