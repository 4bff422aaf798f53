"""Names with a number, for what would have the same name as another thing."""

from __future__ import annotations

import pytest

from portal.naming import free_name, stem_of


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("Gates", set(), "Gates"),
        ("Gates", {"Gates"}, "Gates 2"),
        ("Gates", {"Gates", "Gates 2"}, "Gates 3"),
        ("Gates 2", {"Gates 2"}, "Gates 3"),
        ("Gates 2024", {"Gates 2024"}, "Gates 2024 2"),
    ],
)
def test_taken_names_get_the_next_free_number(wanted: str, taken: set[str], name: str) -> None:
    assert free_name(wanted, taken=taken, longest=100) == name


def test_numbered_names_are_not_too_long() -> None:
    long = "x" * 120

    assert free_name(long, taken=set(), longest=100) == "x" * 100
    assert free_name(long, taken={"x" * 100}, longest=100) == f"{'x' * 92} 2"
    assert stem_of(f"{'x' * 92} 2", longest=100) == stem_of(long, longest=100)
