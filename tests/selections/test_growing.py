"""The ZIP files of a build can be read by others while they grow."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from selections.archives import building, growing
from selections.archives.entries import Entry
from selections.archives.part_file import COPY_STEP
from selections.archives.zipping import ZipWriter
from selections.models import Archive
from selector.models import Connection
from tests.selections.builds import Folders, built, path_of, select

SIZES = [3, 100_000, 0, 2 * COPY_STEP + 1, 70_000]


def test_a_part_is_only_written_at_its_end(tmp_path: Path) -> None:
    seen: list[bytes] = []
    path = growing.part_path(tmp_path / "build-1", 1)
    with ZipWriter(tmp_path / "build-1", part_size=0, about={}) as writer:
        for number, size in enumerate(SIZES):
            content = bytes([number]) * size
            writer.add(Entry(f"{number}.jpg", io.BytesIO(content), size, {"frame": number}))
            writer.flush()
            seen.append(path.read_bytes())
            assert len(seen[-1]) > sum(SIZES[: number + 1])
        (part,) = writer.finish([])
    whole = part.path.read_bytes()
    assert part.path == path
    assert all(whole.startswith(prefix) for prefix in seen)


@pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")
@pytest.mark.parametrize(("options", "parts"), [({}, 1), ({"part_files": 100}, 3)])
def test_an_open_part_is_read_to_its_end_when_it_is_in_the_storage(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    parts: int,
) -> None:
    opened: dict[int, BinaryIO] = {}
    add = building._Build._add

    def watched(build: Any, *arguments: Any) -> None:
        add(build, *arguments)
        row = Archive.objects.get(pk=build.archive.pk)
        for number in range(1, 9):
            if number not in opened and (file := growing.open_part(row, number)):
                opened[number] = file

    monkeypatch.setattr(building._Build, "_add", watched)
    archive = built(select(connection, (1, None)), **options)
    assert archive.status == "ready"
    assert sorted(opened) == list(range(1, parts + 1))
    for part in archive.parts.all():
        with opened[part.number] as file:
            assert file.read() == path_of(part).read_bytes()
    assert growing.open_part(archive) is None


@pytest.mark.django_db
def test_there_is_no_part_before_a_worker_writes_one(folders: Folders) -> None:
    assert growing.open_part(Archive(pk=7)) is None
    assert growing.open_part(Archive(pk=7, claimed_by=uuid.uuid4())) is None
