"""Names of labels and subsets in files of annotations are such as every file system can hold."""

from __future__ import annotations

import unicodedata

import pytest

from selections.file_names import folded
from selections.formats.shared.names import label_names, subset_names

COMPOSED = "caf\u00e9"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


def test_names_that_differ_in_composition_alone_are_two_folders_on_macos() -> None:
    for names in (
        label_names([COMPOSED, DECOMPOSED, "CAFE\u0301"]),
        subset_names([COMPOSED, DECOMPOSED, "CAFE\u0301"], default="default"),
    ):
        names.pop("", None)
        assert len({folded(name) for name in names.values()}) == 3


@pytest.mark.parametrize("name", ["con", "NUL", "aux.txt", "Com1", "lpt9.tar.gz"])
def test_names_of_devices_on_windows_are_changed(name: str) -> None:
    assert label_names([name])[name] == f"_{name}"
    assert subset_names([name], default="default")[name].startswith(f"_{name}")


def test_names_leave_room_in_the_name_of_a_file() -> None:
    long = "\u00e9" * 150
    for names in (label_names([long, f"{long}2"]), subset_names([long, f"{long}2"], default="x")):
        assert names[long] != names[f"{long}2"]
        assert all(len(name.encode()) <= 201 for name in names.values())
