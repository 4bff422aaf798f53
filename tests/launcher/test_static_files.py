"""Static files are collected when they have changed, and not otherwise."""

from __future__ import annotations

import re
import shutil
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from launcher import static_files
from tests.conftest import BASE_DIR

IMPORT = re.compile(r"""\b(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")


@pytest.fixture
def sources(settings: object, tmp_path: Path) -> Path:
    """A folder with the only static file there is."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "page.css").write_text("a { color: red }")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "config.storage.StaticFilesStorage"}
    }
    return folder


def collected(settings: object) -> set[str]:
    """The contents under the names that pages use, which have a hash in them."""
    return {path.read_text() for path in settings.STATIC_ROOT.glob("page.*.css")}


def test_it_works(sources: Path, settings: object) -> None:
    assert static_files.collect()
    assert collected(settings) == {"a { color: red }"}


def test_unchanged_files_are_not_collected_again(sources: Path) -> None:
    assert static_files.collect()
    (sources / "page.css").touch()
    assert not static_files.collect()


def test_changed_files_are_collected_again(sources: Path, settings: object) -> None:
    static_files.collect()
    (sources / "page.css").write_text("a { color: tan }")
    assert static_files.collect()
    assert "a { color: tan }" in collected(settings)


def test_new_file_is_collected(sources: Path, settings: object) -> None:
    static_files.collect()
    (sources / "page.js").write_text("")
    assert static_files.collect()
    assert (settings.STATIC_ROOT / "page.js").exists()


def test_removed_folder_is_collected_again(sources: Path, settings: object) -> None:
    static_files.collect()
    shutil.rmtree(settings.STATIC_ROOT)
    assert static_files.collect()
    assert collected(settings) == {"a { color: red }"}


def test_collecting_that_failed_is_not_taken_for_done(sources: Path) -> None:
    static_files.collect()
    (sources / "page.css").write_text("a { background: url(missing.png) }")
    with pytest.raises(ValueError, match=r"missing\.png"):
        static_files.collect()
    (sources / "page.css").write_text("a { color: red }")
    assert static_files.collect()


def test_scripts_import_each_other_in_no_circle() -> None:
    """`collectstatic` cannot name scripts that do, types in comments included: it ends in an
    error, and no portal starts."""
    scripts = [path.resolve() for path in BASE_DIR.glob("*/static/**/*.js")]
    assert len(scripts) > 50
    imports = {
        path: {(path.parent / name).resolve() for name in IMPORT.findall(path.read_text())}
        for path in scripts
    }
    assert sum(map(len, imports.values())) > 50
    TopologicalSorter(imports).prepare()  # raises CycleError with the names
