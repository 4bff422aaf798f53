"""The ZIP as a file: the same bytes every time, stored, true about itself, and never half-done."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from selections.archives import part_file
from selections.archives.entries import Entry
from selections.archives.part_file import COPY_STEP, WrittenPart
from selections.archives.zipping import ZipWriter

Frame = tuple[str, bytes]
ABOUT = {"selection": {"name": "한글 \ud800", "random_seed": 7}, "options": {}}


def add(writer: ZipWriter, name: str, content: bytes, entry: dict[str, Any]) -> None:
    writer.add(Entry(name, io.BytesIO(content), len(content), entry))


def written(
    folder: Path,
    frames: list[Frame],
    *,
    part_size: int = 0,
    problems: list[dict[str, Any]] | None = None,
    about: dict[str, Any] = ABOUT,
) -> list[WrittenPart]:
    with ZipWriter(folder / "build-1", part_size=part_size, about=about) as writer:
        for number, (name, content) in enumerate(frames):
            add(writer, name, content, {"task_id": 1, "frame": number, "filename": name})
        return list(writer.finish(problems or []))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


FRAMES = [("a.jpg", b"first"), ("b/ü.png", b""), ("b/c.jpg", bytes(range(256)) * 100)]


def many(count: int) -> list[Frame]:
    return [(f"{number}/{FRAMES[number % 3][0]}", FRAMES[number % 3][1]) for number in range(count)]


def test_the_same_frames_make_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (part,) = written(tmp_path / name, FRAMES)
        contents.append(part.path.read_bytes())
        assert part.sha256 == hashlib.sha256(contents[-1]).hexdigest()
        assert part.size == len(contents[-1])
    assert contents[0] == contents[1]


def test_entries_are_stored_without_a_moment(tmp_path: Path) -> None:
    (part,) = written(tmp_path, FRAMES)
    with zipfile.ZipFile(part.path) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == ["a.jpg", "b/ü.png", "b/c.jpg", "manifest.json"]
        for info in opened.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.create_system, info.external_attr >> 16) == (3, 0o644)
        for name, content in FRAMES:
            assert opened.read(name) == content


@pytest.mark.skipif(shutil.which("unzip") is None, reason="there is no unzip here")
def test_unzip_finds_no_fault(tmp_path: Path) -> None:
    for part in written(tmp_path, many(120), part_size=200_000):
        done = subprocess.run(["unzip", "-tq", str(part.path)], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def manifest(part: WrittenPart, name: str = "manifest.json") -> dict[str, Any]:
    with zipfile.ZipFile(part.path) as opened:
        return dict(json.loads(opened.read(name)))


def test_the_manifest_is_true(tmp_path: Path) -> None:
    problems = [{"frame": 9, "reason": "gone: \udfff"}]
    (part,) = written(tmp_path, FRAMES, problems=problems)
    said = manifest(part)
    assert said["selection"] == {"name": "한글 ?", "random_seed": 7}
    assert said["problems"] == [{"frame": 9, "reason": "gone: ?"}]
    assert [row["path"] for row in said["frames"]] == [name for name, _ in FRAMES]
    for row, (name, content) in zip(said["frames"], FRAMES, strict=True):
        assert row["size"] == len(content)
        assert row["crc32"] == f"{zlib.crc32(content):08x}"
        assert row["filename"] == name


def test_an_archive_of_nothing_is_a_zip(tmp_path: Path) -> None:
    (part,) = written(tmp_path, [], about={})
    assert manifest(part) == {"problems": [], "frames": []}


@pytest.mark.slow
def test_more_entries_than_a_plain_zip_can_count(tmp_path: Path) -> None:
    (part,) = written(tmp_path, [(f"{number}", b"x") for number in range(66_000)])
    assert part.sha256 == hashlib.sha256(part.path.read_bytes()).hexdigest()
    with zipfile.ZipFile(part.path) as opened:
        assert len(opened.namelist()) == 66_001
        assert opened.read("65999") == b"x"
    assert len(manifest(part)["frames"]) == 66_000


def test_an_archive_beyond_4_gib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries behind the 4 GiB mark: a hole in the file stands for those in front of it."""
    monkeypatch.setattr(part_file._Digest, "_hash_up_to", lambda self, end: None)
    with ZipWriter(tmp_path / "build-1", part_size=0, about={}) as writer:
        add(writer, "first.jpg", b"first", {})
        writer.flush()
        current = writer._current
        current._file.seek(5 * 2**30)
        current.size = 5 * 2**30
        add(writer, "far.jpg", b"behind the mark", {})
        (part,) = writer.finish([])
    with zipfile.ZipFile(part.path) as opened:
        assert opened.getinfo("far.jpg").header_offset == 5 * 2**30
        assert opened.read("first.jpg") == b"first"
        assert opened.read("far.jpg") == b"behind the mark"
        assert len(json.loads(opened.read("manifest.json"))["frames"]) == 2
    assert part.size == part.path.stat().st_size > 5 * 2**30
    assert zip64_locator(part.path)


def zip64_locator(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-22 - 20, 2)
        return struct.unpack("<4s", file.read(4)) == (b"PK\x06\x07",)


def test_the_hash_is_that_of_the_file_however_it_grew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (1, 100, 4096):
        monkeypatch.setattr(part_file, "HASH_STEP", step)
        folder = tmp_path / str(step)
        folder.mkdir()
        (part,) = written(folder, many(9))
        assert part.sha256 == hashlib.sha256(part.path.read_bytes()).hexdigest()


names = st.text(alphabet="abü한", min_size=1, max_size=60)


@given(
    sizes=st.lists(st.integers(0, 9_000), max_size=40),
    name=names,
    part_size=st.integers(20_000, 90_000),
    tasks=st.integers(0, 60),
    problems=st.integers(0, 60),
)
@example(sizes=[9000, 9000], name="한" * 60, part_size=24_000, tasks=60, problems=0)
@example(sizes=[9000, 9000], name="한" * 60, part_size=24_000, tasks=0, problems=60)
@example(sizes=[9000, 5000], name="한" * 60, part_size=24_000, tasks=20, problems=40)
@settings(max_examples=80, deadline=None)
def test_parts_keep_their_size_and_every_frame(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    name: str,
    part_size: int,
    tasks: int,
    problems: int,
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    frames = [(f"{name}/{number}.jpg", bytes(size)) for number, size in enumerate(sizes)]
    about = {"cvat": {"tasks": [{"id": number, "name": name} for number in range(tasks)]}}
    missing = [{"frame": number, "reason": name} for number in range(problems)]
    parts = written(folder, frames, part_size=part_size, about=about, problems=missing)
    found: list[str] = []
    for number, part in enumerate(parts, start=1):
        assert part.size <= part_size
        assert part.sha256 == hashlib.sha256(part.path.read_bytes()).hexdigest()
        own = "manifest.json" if len(parts) == 1 else f"manifest_part{number}.json"
        said = manifest(part, own)
        assert said.get("part") == (None if len(parts) == 1 else number)
        assert said["problems"] == (missing if number == len(parts) else [])
        paths = [row["path"] for row in said["frames"]]
        with zipfile.ZipFile(part.path) as opened:
            assert opened.namelist() == [*paths, own]
            assert opened.testzip() is None
        found += paths
    assert found == [path for path, _ in frames]


def test_a_frame_larger_than_a_part_is_a_part_of_its_own(tmp_path: Path) -> None:
    frames = [("a", bytes(10)), ("b", bytes(50_000)), ("c", bytes(10))]
    parts = written(tmp_path, frames, part_size=20_000)
    assert [part.size > 20_000 for part in parts] == [False, True, False]


def test_parts_can_be_unpacked_into_one_folder(tmp_path: Path) -> None:
    frames = [(f"x/{number}", bytes(9_000)) for number in range(6)]
    parts = written(tmp_path, frames, part_size=25_000)
    assert len(parts) == 3
    for part in parts:
        with zipfile.ZipFile(part.path) as opened:
            opened.extractall(tmp_path / "out")
    unpacked = {path.name for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert unpacked == {"manifest_part1.json", "manifest_part2.json", "manifest_part3.json"} | {
        str(number) for number in range(6)
    }


@pytest.mark.filterwarnings("error")
def test_a_block_that_fails_leaves_its_parts_and_their_lists(tmp_path: Path) -> None:
    writer = ZipWriter(tmp_path / "build-1", part_size=20_000, about={})
    with suppress(ConnectionError), writer:
        for number in range(3):
            add(writer, str(number), bytes(9_000), {})
        raise ConnectionError
    del writer
    assert names_in(tmp_path) == [
        "build-1.1.list",
        "build-1.1.zip",
        "build-1.2.list",
        "build-1.2.zip",
    ]


@pytest.mark.filterwarnings("error")
def test_a_block_that_fails_without_a_picture_leaves_nothing(tmp_path: Path) -> None:
    writer = ZipWriter(tmp_path / "build-1", part_size=0, about={})
    with suppress(ConnectionError), writer:
        raise ConnectionError
    assert names_in(tmp_path) == []


@pytest.mark.filterwarnings("error")
def test_a_full_disk_leaves_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = ZipWriter(tmp_path / "build-1", part_size=0, about={})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with suppress(OSError), writer:
        add(writer, "a", b"x", {})
        writer.flush()
        monkeypatch.setattr(os, "writev", full)
        add(writer, "b", b"x" * (COPY_STEP + 1), {})
    del writer
    assert names_in(tmp_path) == ["build-1.1.list", "build-1.1.zip"]
    (line,) = (tmp_path / "build-1.1.list").read_text().splitlines()
    assert json.loads(line)["path"] == "a"


class Fading(io.BufferedReader):
    """A file on a disk that gives other bytes when it is read for the second time."""

    def seek(self, *place: int) -> int:
        Path(self.name).write_bytes(b"y" * Path(self.name).stat().st_size)
        return super().seek(*place)


@pytest.mark.parametrize("is_checked_before", [False, True])
def test_bytes_that_changed_since_their_checksum_are_named(
    tmp_path: Path, *, is_checked_before: bool
) -> None:
    (tmp_path / "picture").write_bytes(b"x" * 100_000)
    crc32 = zlib.crc32(b"x" * 100_000) if is_checked_before else None
    writer = ZipWriter(tmp_path / "build-1", part_size=0, about={})
    with Fading(io.FileIO(tmp_path / "picture")) as file:
        if is_checked_before:
            file.read()
            file.seek(0)
        with pytest.raises(OSError, match=r"a/large\.jpg is damaged"), writer:
            writer.add(Entry("a/large.jpg", file, 100_000, {}, crc32))
    assert names_in(tmp_path) == ["picture"]


def test_only_lists_stay_beside_the_parts(tmp_path: Path) -> None:
    parts = written(tmp_path, many(60), part_size=100_000)
    names = [part.path.stem for part in parts]
    assert names_in(tmp_path) == sorted(
        f"{name}.{end}" for name in names for end in ("list", "zip")
    )


def test_the_bytes_are_those_of_zipfile_whatever_the_sizes(tmp_path: Path) -> None:
    sizes = [3, COPY_STEP - 100, 1, COPY_STEP + 1, 3 * COPY_STEP, 7, 0, 20_000]
    pictures = {f"{number}.jpg": bytes([number]) * size for number, size in enumerate(sizes)}
    with ZipWriter(tmp_path / "build-1", part_size=0, about={}) as writer:
        for name, content in pictures.items():
            add(writer, name, content, {})
        (part,) = writer.finish([])
    plain = tmp_path / "plain.zip"
    with zipfile.ZipFile(part.path) as opened, zipfile.ZipFile(plain, "w") as out:
        for info in opened.infolist():
            out.writestr(_like(info), opened.read(info))
    assert part.path.read_bytes() == plain.read_bytes()


def _like(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    same = zipfile.ZipInfo(info.filename, info.date_time)
    same.create_system, same.external_attr = info.create_system, info.external_attr
    return same
