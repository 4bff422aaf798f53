"""Patterns of file names. The page understands them alike, by the same table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selector.scope import is_like

CASES = json.loads(Path(__file__).with_name("filename_patterns.json").read_text())


@pytest.mark.parametrize(("pattern", "name", "expected"), CASES)
def test_a_name_is_like_a_pattern(pattern: str, name: str, expected: bool) -> None:
    assert is_like(name, pattern) == expected
