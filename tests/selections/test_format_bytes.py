"""The same pictures and objects give the same files, byte for byte, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from selections.formats import FORMATS
from tests.selections.format_files import of_case


@pytest.mark.parametrize("key", list(FORMATS))
def test_the_same_objects_give_the_same_files(key: str, tmp_path: Path) -> None:
    for name in ("shapes", "skeletons", "attributes_tags"):
        first, second = (of_case(key, name, tmp_path) for _ in range(2))
        assert list(first.files.items()) == list(second.files.items())
        assert first.left_out == second.left_out
