"""What a build has fetched lies in its spool whole or not at all, and damage there is noticed."""

from __future__ import annotations

import io
import os
import random
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

from selections.archives import spare_files, written
from selections.archives.pieces import DamagedPiece, own_name
from selections.archives.planning import Block
from selections.archives.spool import BUILD_PREFIX, Spool

CHUNK = Block(1, 5, 2, 40, 4, is_video=False, frames=(40, 43))
ALONE = Block(1, 5, -1 - 99, 99, 0, is_video=False, frames=(99,))


def chunk_of(*members: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        # As CVAT sends them: named by their places, in any order.
        for place, content in reversed(list(enumerate(members))):
            opened.writestr(f"{place:06d}.jpg", content, method)
    return out.getvalue()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    made = Spool(tmp_path / "spool" / "7")
    made.prepare()
    return made


def keep(spool: Spool, block: Block, content: bytes) -> None:
    with spool.arriving_piece(block) as piece:
        piece.write(content)


def keep_frame(spool: Spool, block: Block, frame: int, content: bytes, **options: bool) -> None:
    with spool.arriving_frame(block, frame, **options) as file:
        file.write(content)


def read(spool: Spool, block: Block, frame: int) -> bytes:
    picture = spool.open(block, frame)
    with picture.file as file:
        content = file.read()
    assert (len(content), zlib.crc32(content)) == (picture.size, picture.crc32)
    return content


def files(spool: Spool) -> list[str]:
    return sorted(path.name for path in spool.folder.iterdir())


def test_members_are_frames_in_their_order(spool: Spool) -> None:
    assert spool.missing(CHUNK) == [40, 43]
    keep(spool, CHUNK, chunk_of(b"a", b"b", b"c", b"d"))
    assert spool.missing(CHUNK) == []
    assert (read(spool, CHUNK, 40), read(spool, CHUNK, 43)) == (b"a", b"d")


def test_decoded_frames_are_found_by_their_numbers(spool: Spool) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        opened.writestr(own_name(40), b"first")
        opened.writestr(own_name(43), b"last")
    keep(spool, CHUNK, out.getvalue())
    assert (read(spool, CHUNK, 40), read(spool, CHUNK, 43)) == (b"first", b"last")


def test_single_frames(spool: Spool) -> None:
    keep_frame(spool, CHUNK, 43, b"d")
    keep_frame(spool, ALONE, 99, b"z")
    assert spool.missing(CHUNK) == [40]
    assert spool.missing(ALONE) == []
    assert (read(spool, CHUNK, 43), read(spool, ALONE, 99)) == (b"d", b"z")


def test_a_piece_that_fails_is_not_there(spool: Spool) -> None:
    with suppress(ConnectionError), spool.arriving_piece(CHUNK) as piece:
        piece.write(b"half")
        raise ConnectionError
    assert files(spool) == []
    assert spool.missing(CHUNK) == [40, 43]


def test_a_takeover_clears_what_the_killed_one_left_half_done(spool: Spool) -> None:
    keep(spool, CHUNK, chunk_of(b"a", b"b", b"c", b"d"))
    for debris in ("0123.part", f"{BUILD_PREFIX}1.1.zip", f"{BUILD_PREFIX}1.1.files"):
        (spool.folder / debris).write_bytes(b"half")
    Spool(spool.folder).prepare()
    assert files(spool) == ["task1_job5_chunk2.zip"]


def test_what_is_in_the_zip_is_removed(spool: Spool) -> None:
    keep(spool, CHUNK, chunk_of(b"a", b"b", b"c", b"d"))
    assert read(spool, CHUNK, 43) == b"d"
    keep_frame(spool, ALONE, 99, b"z")
    spool.release(CHUNK)
    assert (spool.missing(CHUNK), spool.missing(ALONE)) == ([40, 43], [])
    spool.release(ALONE)
    spool.close()
    assert [name.partition("-")[0] for name in files(spool)] == ["_reused", "task1_written"]
    assert spool.size() == 0


def test_the_oldest_stamp_of_a_task_stays(spool: Spool) -> None:
    stamps = {40: 3000.0, 41: 1000.0, 42: 2000.0}
    for frame, stamp in stamps.items():
        block = ALONE._replace(frames=(frame,))
        with spool.arriving_frame(block, frame) as file:
            file.write(b"x")
            file.flush()
            os.utime(file.fileno(), (stamp, stamp))
        spool.release(block)
        least = min(stamps[each] for each in stamps if each <= frame)
        assert spool.oldest_by_task() == {1: least}
    later = Spool(spool.folder)
    later.prepare()
    assert later.oldest_by_task() == {1: 1000.0}
    later.drop_task(1)
    assert files(later) == []


def test_a_zip_that_is_in_the_storage_too_frees_nothing(spool: Spool, tmp_path: Path) -> None:
    build = spool.folder / f"{BUILD_PREFIX}1.1.zip"
    build.write_bytes(b"x" * 1000)
    written.link_for_retry(build)
    assert spool.size() == 1000
    build.rename(tmp_path / "stored.zip")
    assert spool.size() == 0
    (tmp_path / "stored.zip").unlink()
    assert spool.size() == 1000


def test_the_next_try_takes_over(spool: Spool, tmp_path: Path) -> None:
    keep_frame(spool, ALONE, 99, b"z")
    later = Spool(tmp_path / "spool" / "8")
    later.prepare(earlier=spool.folder)
    assert not spool.folder.exists()
    assert later.missing(ALONE) == []
    # Killed and begun again: what it has by now is not replaced.
    keep_frame(later, CHUNK, 40, b"a")
    spool.prepare()
    later.prepare(earlier=spool.folder)
    assert later.missing(CHUNK) == [43]


def test_a_takeover_of_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "8")
    spool.prepare(earlier=tmp_path / "7")
    assert files(spool) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_any_flipped_byte_is_damage_or_harmless(spool: Spool, method: int) -> None:
    members = [b"picture of frame 40" * 3, b"b", b"c", b"picture of frame 43" * 3]
    good = chunk_of(*members, method=method)
    draw = random.Random(1)
    noticed = 0
    for place in range(len(good)):
        content = bytearray(good)
        content[place] ^= draw.randrange(1, 256)
        keep(spool, CHUNK, bytes(content))
        try:
            assert (read(spool, CHUNK, 40), read(spool, CHUNK, 43)) == (members[0], members[3])
        except DamagedPiece:
            noticed += 1
        spool.drop(CHUNK)
    assert noticed > 100


@pytest.mark.parametrize("length", [0, 1, 30, 60, 200])
def test_a_short_piece_is_damage(spool: Spool, length: int) -> None:
    keep(spool, CHUNK, chunk_of(b"a", b"b", b"c", b"d")[:length])
    with pytest.raises(DamagedPiece):
        read(spool, CHUNK, 40)


def test_too_few_or_too_many_pictures_are_damage(spool: Spool) -> None:
    for members in ([b"a"] * 3, [b"a"] * 5):
        keep(spool, CHUNK, chunk_of(*members))
        with pytest.raises(DamagedPiece):
            read(spool, CHUNK, 40)
        spool.drop(CHUNK)
        assert spool.missing(CHUNK) == [40, 43]


def test_a_frame_of_no_bytes_is_damage(spool: Spool) -> None:
    # What a machine that lost its power leaves of a file.
    keep_frame(spool, ALONE, 99, b"")
    with pytest.raises(DamagedPiece):
        read(spool, ALONE, 99)


def test_many_blocks_do_not_stay_open(spool: Spool) -> None:
    blocks = [CHUNK._replace(chunk=number) for number in range(40)]
    for block in blocks:
        keep(spool, block, chunk_of(b"a", b"b", b"c", b"d"))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        for block in blocks:
            assert read(spool, block, 43) == b"d"
    assert len(os.listdir("/proc/self/fd")) - before <= 8
    spool.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_knows_its_size(spool: Spool) -> None:
    assert spool.size() == 0
    keep_frame(spool, ALONE, 99, b"z" * 1000)
    keep(spool, CHUNK, b"x" * 500)
    assert spool.size() == 1500
    assert Spool(spool.folder.with_name("none")).size() == 0


def test_what_is_removed_stays_away(spool: Spool) -> None:
    keep_frame(spool, ALONE, 99, b"z")
    with suppress(FileNotFoundError), spool.arriving_piece(CHUNK) as piece:
        spool.remove()
        piece.write(b"late")
    with pytest.raises(FileNotFoundError):
        keep_frame(spool, ALONE, 99, b"later")
    assert list(spool.folder.parent.iterdir()) == []
    spool.remove()


def truncated(spool: Spool, block: Block, content: bytes) -> None:
    """As a download does it."""
    with spool.arriving_piece(block) as piece:
        piece.write(content)
        piece.truncate()


OTHER = CHUNK._replace(chunk=3)


def test_the_file_of_a_piece_in_the_zip_is_written_again(spool: Spool) -> None:
    keep(spool, CHUNK, chunk_of(b"a" * 1000, b"b", b"c", b"d"))
    inode = (spool.folder / files(spool)[0]).stat().st_ino
    spool.release(CHUNK)
    assert spool.missing(CHUNK) == [40, 43]
    truncated(spool, OTHER, chunk_of(b"e", b"f", b"g", b"h"))
    assert (read(spool, OTHER, 40), read(spool, OTHER, 43)) == (b"e", b"h")
    (piece,) = spool.folder.glob("task*.zip")
    assert piece.stat().st_ino == inode


def test_few_and_small_files_wait_to_be_written_again(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare_files, "LARGEST", 1000)
    keep(spool, CHUNK, b"x" * 1001)
    spool.release(CHUNK)
    assert not list(spool.folder.glob("*.part"))
    for number in range(spare_files.MOST + 2):
        block = CHUNK._replace(chunk=number)
        spool._piece(block).write_bytes(b"x")
        spool.release(block)
    assert len(list(spool.folder.glob("*.part"))) == spare_files.MOST
    spool.close()
    assert not list(spool.folder.glob("*.part"))


@pytest.mark.parametrize("is_reused", [True, False])
def test_pieces_in_files_written_again_do_not_outlast_a_start_of_the_machine(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_reused: bool
) -> None:
    """The disk may still have the first contents of such a file, with right checksums."""
    if is_reused:
        keep(spool, CHUNK, chunk_of(b"a", b"b", b"c", b"d"))
        spool.release(CHUNK)
    truncated(spool, OTHER, chunk_of(b"e", b"f", b"g", b"h"))
    spool.prepare()
    assert spool.missing(OTHER) == []
    started = tmp_path / "boot_id"
    started.write_text("another start")
    monkeypatch.setattr(spare_files, "BOOT_ID", started)
    spool.prepare()
    assert spool.missing(OTHER) == ([40, 43] if is_reused else [])
    keep_frame(spool, ALONE, 99, b"z")
    spool.prepare()
    assert spool.missing(ALONE) == []
