"""A source of further files, such as annotations, is added without a change of the fetcher or of
the ZIP writer."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from selections.archives import building, part_file
from selections.archives.entries import Entry, Line
from selections.archives.zipping import ZipWriter
from selections.formats.format import Room
from selector.models import Connection
from tests.selections.builds import built, path_of, select

BUILDS = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


class Sizes:
    """For each picture a text file with its size, and a table of all pictures of the part."""

    def room(self, line: Line | None) -> Room:
        return Room(1, len("path,width\n") if line is None else 400)

    def __init__(self) -> None:
        self._lines: list[Line] = []

    def add(self, line: Line) -> None:
        self._lines.append(line)

    def entries(self, part: int | None) -> Iterator[Entry]:
        lines, self._lines = self._lines, []
        rows = ["path,width"]
        for line in lines:
            yield _text(f"sizes/{line['path']}.txt", f"{line['width']} {line['height']}")
            rows.append(f"{line['path']},{line['width']}")
        yield _text("sizes.csv", "\n".join(rows))


def _text(path: str, text: str) -> Entry:
    content = text.encode()
    return Entry(path, io.BytesIO(content), len(content))


@BUILDS
def test_each_part_has_the_files_of_its_pictures(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building._Build, "_part_sources", lambda self, annotations: [Sizes()])
    archive = built(select(connection, (1, range(60, 95)), (2, None)), part_files=100)
    assert archive.status == "ready"
    parts = list(archive.parts.all())
    assert len(parts) == 2
    for part in parts:
        with zipfile.ZipFile(path_of(part)) as opened:
            names = opened.namelist()
            lines = json.loads(opened.read(names[-1]))["frames"]
            paths = [line["path"] for line in lines]
            table = opened.read("sizes.csv").decode().splitlines()
            first = opened.read(f"sizes/{paths[0]}.txt").decode()
        assert len(names) <= 100
        assert names[:-1] == [*paths, *(f"sizes/{path}.txt" for path in paths), "sizes.csv"]
        assert table[1:] == [f"{line['path']},{line['width']}" for line in lines]
        assert first == f"{lines[0]['width']} {lines[0]['height']}"


@pytest.mark.parametrize("count", [1, 9, 40])
def test_parts_have_room_for_the_files_of_a_source(count: int, tmp_path: Path) -> None:
    with ZipWriter(tmp_path / "z", part_size=20_000, about={}, sources=[Sizes()]) as writer:
        for number in range(count):
            line = {"frame": number, "width": 8, "height": 6}
            writer.add(Entry(f"{number}.jpg", io.BytesIO(bytes(2_000)), 2_000, line))
        parts = writer.finish([])
    assert len(parts) > count // 9
    assert all(part.size <= 20_000 for part in parts)
    names = [name for part in parts for name in zipfile.ZipFile(part.path).namelist()]
    assert sum(name.endswith(".jpg") for name in names) == count
    assert sum(name.endswith(".txt") for name in names) == count


def test_the_manifest_lists_the_files_before_the_problems(tmp_path: Path) -> None:
    about = {"selection": {"id": 7}}
    with ZipWriter(tmp_path / "z", part_size=0, about=about, sources=[Sizes()]) as writer:
        line = {"frame": 3, "width": 8, "height": 6}
        writer.add(Entry("ü.jpg", io.BytesIO(b"picture"), 7, line))
        (part,) = writer.finish(
            [{"frame": 4}], [{"frame": 5}], {"annotations": {"objects_count": 0}}
        )
    with zipfile.ZipFile(part.path) as opened:
        manifest = json.loads(opened.read("manifest.json"))
        contents = {name: opened.read(name) for name in opened.namelist()[1:-1]}
    assert list(manifest) == [
        *("selection", "files", "problems", "left_out", "annotations", "frames")
    ]
    assert manifest["files"] == [
        {"path": path, "size": len(content), "crc32": f"{zlib.crc32(content):08x}"}
        for path, content in contents.items()
    ]
    assert list(contents) == ["sizes/ü.jpg.txt", "sizes.csv"]


class Many:
    """Files without end, of which none is kept."""

    def room(self, line: Line | None) -> Room:
        return Room(0, 0)

    def add(self, line: Line) -> None:
        pass

    def entries(self, part: int | None) -> Iterator[Entry]:
        return (_text(f"sizes/{number}.txt", "8 6") for number in range(20_000))


def test_the_lines_of_many_files_take_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part_file, "COPY_STEP", 2**16)
    with ZipWriter(tmp_path / "z", part_size=0, about={}, sources=[Many()]) as writer:
        tracemalloc.start()
        try:
            (part,) = writer.finish([])
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 2**21
    with zipfile.ZipFile(part.path) as opened:
        assert len(json.loads(opened.read("manifest.json"))["files"]) == 20_000
