"""A picture that stands in several folders is written to each, within the limits of a part."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from selections.archives.entries import Entry
from selections.archives.zipping import ZipWriter

MOST_COPIES = 30


def written(
    folder: Path, pictures: list[tuple[int, int]], name: str, **limits: int
) -> list[list[str]]:
    """Write pictures of these sizes and numbers of copies. Returns the names in each part."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    options = {"part_size": 0} | limits
    with ZipWriter(folder / "build-1", about={}, **options) as writer:
        for number, (size, copies) in enumerate(pictures):
            paths = [f"{n}/{name}{number}.jpg" for n in range(copies + 1)]
            file = io.BytesIO(b"before" + bytes([number]) * size)
            file.seek(len(b"before"))
            line = {"task_id": 1, "frame": number, "filename": name}
            writer.add(Entry(paths[0], file, size, line, copies=paths[1:]))
        parts = writer.finish([])
    names = []
    for part in parts:
        assert not limits.get("part_size") or part.size <= limits["part_size"]
        with zipfile.ZipFile(part.path) as opened:
            assert opened.testzip() is None
            *paths, manifest = opened.namelist()
            lines = json.loads(opened.read(manifest))["frames"]
            for line in lines:
                size, copies = pictures[line["frame"]]
                assert ("paths" in line) == (copies > 0)
                for path in line.get("paths", [line["path"]]):
                    assert opened.read(path) == bytes([line["frame"]]) * size
            assert paths == [path for line in lines for path in line.get("paths", [line["path"]])]
            names.append(paths)
    assert sum(map(len, names)) == sum(copies + 1 for _, copies in pictures)
    return names


@settings(max_examples=40)
@given(
    pictures=st.lists(
        st.tuples(st.integers(0, 900), st.integers(0, MOST_COPIES)), min_size=1, max_size=20
    ),
    name=st.sampled_from(["a", "한" * 60]),
    part_size=st.integers(80_000, 200_000),
)
@example(pictures=[(3000, MOST_COPIES)] * 2, name="a", part_size=150_000)
@example(pictures=[(0, MOST_COPIES)] * 20, name="a", part_size=80_000)
@example(pictures=[(900, MOST_COPIES)] * 20, name="한" * 60, part_size=80_000)
def test_no_part_is_larger_than_allowed(
    tmp_path_factory: pytest.TempPathFactory,
    pictures: list[tuple[int, int]],
    name: str,
    part_size: int,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "copies"
    written(folder, pictures, name, part_size=part_size)


def test_no_part_has_more_files_than_allowed(tmp_path: Path) -> None:
    parts = written(tmp_path / "zip", [(5, 3), (5, 0), (5, 1), (5, 4)], "a", part_files=6)
    assert [len(names) for names in parts] == [5, 2, 5]
