"""Chunks that are made to fill memory or disk are refused before they are unpacked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from selections.archives import block_fetching, disk, zip_format
from selections.archives.pieces import DamagedPiece, Piece, own_name, read_members
from selections.archives.zip_format import Member
from selector.models import Connection
from standin.chunks import Chunk, numbered_zip
from standin.server import StandIn
from tests.selections.builds import assert_whole, built, data_requests, pictures_of, select

BUILDS = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def served(standin: StandIn, monkeypatch: pytest.MonkeyPatch, chunk: bytes) -> None:
    """The first chunk of every job is this one."""
    real = standin.world.chunks.job_chunk

    def job_chunk(job: object, index: int, *arguments: object) -> Chunk:
        if index == 0:
            return Chunk(chunk, "application/zip")
        return real(job, index, *arguments)

    monkeypatch.setattr(standin.world.chunks, "job_chunk", job_chunk)


@BUILDS
def test_a_picture_that_unpacks_out_of_proportion_is_a_named_problem(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(8):
            with bomb.open(f"{number:06d}.jpg", "w") as out:
                for _ in range(300 if number == 2 else 1):
                    out.write(bytes(2**20 if number == 2 else 100))
    served(standin, monkeypatch, packed.getvalue())
    archive = built(select(connection, (2, range(16))))
    assert archive.status == "incomplete"
    assert {row["frame"] for row in archive.problems} == set(range(8))
    assert all("unpacks from" in row["reason"] for row in archive.problems)
    assert all("314,572,800 bytes" in row["reason"] for row in archive.problems)
    assert set(pictures_of(archive)) == {(2, frame) for frame in range(8, 16)}
    assert all(seen.query["type"] == "chunk" for seen in data_requests(standin))


@BUILDS
def test_a_bomb_does_not_hide_behind_the_name_of_a_decoded_frame(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        for number in range(7):
            bomb.writestr(f"{number:06d}.jpg", bytes(100))
        bomb.writestr(own_name(0), bytes(10 * 2**20))  # the last by name, read as the first
    served(standin, monkeypatch, packed.getvalue())
    archive = built(select(connection, (2, range(7))))
    assert archive.status == "failed"
    assert "unpacks from" in archive.error


@BUILDS
def test_a_directory_without_end_is_not_read(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    served(standin, monkeypatch, numbered_zip([("jpg", b"") for _ in range(60_000)]).body)
    assert_whole(built(select(connection, (2, range(8)))), standin)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"PK\x05\x06" + bytes(10),
        b"PK\x05\x06" + bytes(8) + struct.pack("<LL", 2**31, 0) + bytes(2),
        b"PK\x06\x07" + bytes(16) + b"PK\x05\x06" + bytes(18),
    ],
)
def test_what_is_no_chunk_is_damaged(content: bytes) -> None:
    with pytest.raises(DamagedPiece):
        read_members(io.BytesIO(content), count=4)


def nested(*, depth: int) -> bytes:
    """A ZIP of stored members, each within the bytes of the one before it."""
    content, directory = b"", b""
    for number in reversed(range(depth)):
        content = Member(f"{number}.jpg", len(content), zlib.crc32(content)).header() + content
    for number in range(depth):
        start = number * len(Member("0.jpg", 0, 0).header())
        inside = content[start + len(Member("0.jpg", 0, 0).header()) :]
        directory += Member(f"{number}.jpg", len(inside), zlib.crc32(inside)).record(start)
    end = zip_format.end(members=depth, start=len(content), length=len(directory))
    return content + directory + end


def edited(**fields: int) -> bytes:
    """A chunk of 4 pictures, of which the second has other values in the directory."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for number in range(4):
            opened.writestr(f"{number}.jpg", b"picture")
        for field, value in fields.items():
            setattr(opened.filelist[1], field, value)
    return content.getvalue()


def twice_named() -> bytes:
    return edited().replace(b"1.jpg", b"2.jpg")


BEYOND_ITS_PLACE = {
    "nested": nested(depth=4),
    "over the next": edited(compress_size=8, file_size=8),
    "over the directory": edited(header_offset=10**6),
    "beyond what a file can be": edited(header_offset=2**63),
    "of two sizes": edited(file_size=5000),
    "of one name": twice_named(),
}


@pytest.mark.parametrize("content", BEYOND_ITS_PLACE.values(), ids=BEYOND_ITS_PLACE)
def test_pictures_do_not_share_bytes(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DamagedPiece):
        read_members(io.BytesIO(content), count=4)
    # The spool of an earlier release may hold what read_members accepted then.
    path = tmp_path / "piece.zip"
    path.write_bytes(content)
    with pytest.raises(zipfile.BadZipFile):
        Piece(path)


@BUILDS
def test_nested_pictures_are_fetched_one_by_one(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    served(standin, monkeypatch, nested(depth=8))
    assert_whole(built(select(connection, (2, range(8)))), standin)


def test_the_bounds_leave_room_for_every_real_picture() -> None:
    assert block_fetching.MOST_SHRUNK >= 100
    assert block_fetching.MAX_PICTURE >= 500 * 2**20


@BUILDS
def test_the_disk_is_looked_at_by_bytes_too(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few frames can be many bytes."""
    looks: list[int] = []
    require = disk.Guard._require
    monkeypatch.setattr(disk, "CHECK_BYTES", 2_000)
    monkeypatch.setattr(
        disk.Guard, "_require", lambda guard, needed: (looks.append(needed), require(guard, needed))
    )
    built(select(connection, (2, range(8))))
    assert len(looks) > 2
