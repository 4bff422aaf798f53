"""What the tests of the dialogue with CVAT talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.selector.replaying import Replay


@pytest.fixture
def cvat() -> Iterator[Replay]:
    with Replay() as replay:
        yield replay
