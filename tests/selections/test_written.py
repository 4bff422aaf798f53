"""What an attempt has written to its ZIP, the next one reads from there."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from selections.archives.entries import Entry
from selections.archives.pieces import DamagedPiece, Reader
from selections.archives.written import (
    WrittenPictures,
    link_for_retry,
    lists_of_furthest,
)
from selections.archives.zipping import ZipWriter

PICTURES = {(1, 0): b"first", (1, 7): bytes(range(256)) * 40, (2, 3): b"third", (2, 4): b"last"}


def write(
    stem: Path,
    keys: Sequence[tuple[int, int]] = tuple(PICTURES),
    *,
    part_files: int = 0,
    folders: Sequence[str] = (),
) -> list[Path]:
    """An attempt that is killed. Returns its lists."""
    writer = ZipWriter(stem, part_size=0, part_files=part_files, about={})
    for task_id, frame in keys:
        content = PICTURES[task_id, frame]
        line = {"task_id": task_id, "frame": frame, "filename": "한글.jpg"}
        if frame == 3:
            line["recompressed"] = True
        path = f"task_{task_id}/ü{frame}.jpg"
        copies = [f"{folder}/{path}" for folder in folders[:frame]]
        writer.add(Entry(path, io.BytesIO(content), len(content), line, copies=copies))
    writer.flush()
    return sorted(stem.parent.glob(f"{stem.name}.*.list"))


def read(written: WrittenPictures, task_id: int, frame: int) -> bytes:
    picture = written.picture(task_id, frame, Reader())
    content = picture.file.read()
    assert (picture.size, picture.crc32) == (len(content), zlib.crc32(content))
    assert picture.is_recompressed == (frame == 3)
    return content


@pytest.mark.parametrize(("part_files", "parts"), [(0, 1), (2, 4), (3, 2)])
def test_every_picture_that_was_written_is_read(
    part_files: int, parts: int, tmp_path: Path
) -> None:
    lists = write(tmp_path / "build-1", part_files=part_files)
    assert len(lists) == parts
    written = WrittenPictures(lists)
    assert {key: read(written, *key) for key in PICTURES} == PICTURES
    assert not any(written.has(*key) for key in ((1, 1), (2, 0), (2, 5), (3, 0)))
    written.close()


def test_pictures_in_several_folders_are_read(tmp_path: Path) -> None:
    written = WrittenPictures(write(tmp_path / "build-1", folders=["a", "東京", "c"]))
    assert {key: read(written, *key) for key in PICTURES} == PICTURES
    written.close()


def test_a_list_and_a_zip_that_are_cut_have_what_is_before(tmp_path: Path) -> None:
    (listing,) = write(tmp_path / "build-1")
    whole = listing.read_bytes()
    for length in range(len(whole)):
        listing.write_bytes(whole[:length])
        written = WrittenPictures([listing])
        # A line without its end is whole.
        complete = min(whole[: length + 1].count(b"\n"), len(PICTURES))
        assert [written.has(*key) for key in PICTURES] == [n < complete for n in range(4)]
    listing.write_bytes(whole)
    zip_file = listing.with_suffix(".zip")
    zip_file.write_bytes(zip_file.read_bytes()[:-1])
    written = WrittenPictures([listing])
    assert [written.has(*key) for key in PICTURES] == [True, True, True, False]


def test_other_bytes_are_damage(tmp_path: Path) -> None:
    (listing,) = write(tmp_path / "build-1")
    zip_file = listing.with_suffix(".zip")
    content = bytearray(zip_file.read_bytes())
    content[content.index(b"third")] ^= 1
    zip_file.write_bytes(content)
    written = WrittenPictures([listing])
    with pytest.raises(DamagedPiece):
        read(written, 2, 3)
    assert read(written, 2, 4) == b"last"
    written.close()


def test_what_is_dropped_is_not_there(tmp_path: Path) -> None:
    written = WrittenPictures(write(tmp_path / "build-1"))
    written.drop(2, [3])
    written.drop_task(1)
    assert [written.has(*key) for key in PICTURES] == [False, False, False, True]


def test_the_attempt_that_wrote_most_counts(tmp_path: Path) -> None:
    write(tmp_path / "build-1", list(PICTURES)[:1])
    furthest = write(tmp_path / "build-2", list(PICTURES)[:3], part_files=2)
    write(tmp_path / "build-3", list(PICTURES)[:2], part_files=2)
    assert lists_of_furthest(tmp_path, "build-") == furthest
    assert lists_of_furthest(tmp_path / "none", "build-") == []


def test_parts_count_from_1_to_beyond_10(tmp_path: Path) -> None:
    for number in range(1, 12):
        (tmp_path / f"build-1.{number}.list").touch()
    names = [path.name for path in lists_of_furthest(tmp_path, "build-")]
    assert names == [f"build-1.{number}.list" for number in range(1, 12)]


def test_a_zip_in_the_storage_is_read_under_its_second_name(tmp_path: Path) -> None:
    (listing,) = write(tmp_path / "build-1")
    link_for_retry(listing.with_suffix(".zip"))
    listing.with_suffix(".zip").rename(tmp_path / "stored.zip")
    written = WrittenPictures([listing])
    assert read(written, 1, 0) == b"first"
    written.close()


def test_a_list_without_its_zip_has_nothing(tmp_path: Path) -> None:
    (listing,) = write(tmp_path / "build-1")
    listing.with_suffix(".zip").unlink()
    assert not WrittenPictures([listing]).has(1, 0)
