"""What `.ci/identifiers.py` counts as a name that says nothing."""

from __future__ import annotations

import runpy

import pytest

from tests.conftest import BASE_DIR

unclear = runpy.run_path(str(BASE_DIR / ".ci" / "identifiers.py"))["unclear"]


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "def made(): ...",
        "def f(way): ...",
        "class Kept: ...",
        "for got in (): ...",
        "with f() as left: ...",
        "[there for there in ()]",
        "self._over = 1",
        "import whose_module as whose",
        "x = (mine := 1)",
        "class A:\n    found: int",
    ],
)
def test_each_kind_of_definition_is_listed(source: str) -> None:
    assert len(unclear(source)) == 1


def test_a_name_is_listed_once_for_each_scope() -> None:
    source = "def f():\n    found = 1\n    found = 2\n\ndef g():\n    found = 3"
    assert unclear(source) == [(2, "found"), (6, "found")]


@pytest.mark.parametrize(
    "source", ["print(found)", "found_jobs = 1", "'found'", "# found", "row.made", "f(way=1)"]
)
def test_uses_and_parts_of_names_are_not(source: str) -> None:
    assert unclear(source) == []
