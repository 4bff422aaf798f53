"""A ZIP that is padded to a length."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from selections.archives import part_file
from selections.archives.entries import Entry
from selections.archives.zipping import ZipWriter

PICTURES = {"a.jpg": b"first", "b/c.jpg": b"second"}


def written(folder: Path, padded_to: int) -> Path:
    with ZipWriter(folder / "build", part_size=0, about={}) as writer:
        for number, (path, content) in enumerate(PICTURES.items()):
            line = {"task_id": 1, "frame": number}
            writer.add(Entry(path, io.BytesIO(content), len(content), line))
        [part] = writer.finish([], padded_to=padded_to)
    assert part.size == part.path.stat().st_size
    return part.path


@pytest.fixture
def least(tmp_path: Path) -> int:
    """The length without padding."""
    (tmp_path / "plain").mkdir()
    return written(tmp_path / "plain", 0).stat().st_size


@pytest.mark.parametrize("more", [200, 201, 1_000, 3_000_000])
def test_it_has_that_length(tmp_path: Path, least: int, more: int) -> None:
    path = written(tmp_path, least + more)
    assert path.stat().st_size == least + more
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in PICTURES} == PICTURES


def test_much_padding_is_in_several_files(
    tmp_path: Path, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_file, "PADDING_STEP", 1000)
    path = written(tmp_path, least + 5000)
    assert path.stat().st_size == least + 5000
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        padding = [item for item in archive.infolist() if item.filename.startswith("padding-")]
    assert len(padding) > 4
    assert all(item.file_size <= 1000 for item in padding)


@pytest.mark.parametrize("more", [-100, 0, 10])
def test_without_room_for_padding_it_stays_as_it_is(tmp_path: Path, least: int, more: int) -> None:
    assert written(tmp_path, least + more).stat().st_size == least
