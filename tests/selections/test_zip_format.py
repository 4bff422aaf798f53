"""The structures of the ZIP writer are those that zipfile writes, also for sizes beyond 4 GiB."""

from __future__ import annotations

import io
import sys
import zipfile

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from selections.archives import zip_format
from selections.archives.zip_format import MOST_BYTES, MOST_MEMBERS, Member

EDGE = int(MOST_BYTES / 1.05)
# Until 3.11.3, zipfile writes 32-bit sizes beside the 64-bit ones of a member that may grow large.
IS_WRONG_ABOVE_EDGE = sys.version_info < (3, 11, 4)
sizes = st.integers(0, 2**50) | st.integers(EDGE - 2, EDGE + 2) | st.integers(2**31 - 2, 2**31)
checksums = st.integers(0, 2**32 - 1)
characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
names = st.text(characters, min_size=1, max_size=300)


def as_zipfile(member: Member) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(member.name)
    info.create_system, info.external_attr = 3, 0o644 << 16
    info.file_size = info.compress_size = member.size
    info.CRC = member.crc32
    return info


def header_of(info: zipfile.ZipInfo) -> bytes:
    """As ZipFile.open(info, "w") decides about ZIP64."""
    return info.FileHeader(info.file_size * 1.05 > zipfile.ZIP64_LIMIT)


class Sink(io.BytesIO):
    """A file of which only what is written behind `start` is stored."""

    def __init__(self, start: int) -> None:
        super().__init__()
        self._start = start

    def tell(self) -> int:
        return super().tell() + self._start

    def seek(self, position: int, whence: int = 0) -> int:
        return super().seek(position - self._start, whence)


def end_of(members: list[zipfile.ZipInfo], start: int) -> bytes:
    """What zipfile writes behind the last member."""
    file = Sink(start)
    opened = zipfile.ZipFile(file, "w")
    opened.filelist, opened.start_dir, opened._didModify = members, start, True
    opened.fp, opened._filePassed = file, 1
    opened.close()
    return file.getvalue()


@given(name=names, size=sizes, crc32=checksums, offset=sizes)
@example(name="a", size=EDGE, crc32=1, offset=0)
@example(name="a", size=EDGE + 1, crc32=1, offset=0)
@example(name="ü", size=MOST_BYTES, crc32=1, offset=MOST_BYTES)
@example(name="ü", size=MOST_BYTES + 1, crc32=1, offset=MOST_BYTES + 1)
def test_header_and_record_of_a_member(name: str, size: int, crc32: int, offset: int) -> None:
    assume(not (IS_WRONG_ABOVE_EDGE and EDGE < size <= MOST_BYTES))
    member = Member(name, size, crc32)
    info = as_zipfile(member)
    assert member.header() == header_of(info)
    info.header_offset = offset
    record = member.record(offset)
    start = offset + len(member.header()) + size
    whole = record + zip_format.end(members=1, start=start, length=len(record))
    assert whole == end_of([info], start)


@pytest.mark.parametrize("members", [0, 1, MOST_MEMBERS, MOST_MEMBERS + 1])
@pytest.mark.parametrize("start", [0, MOST_BYTES, MOST_BYTES + 1, 2**32, 2**40])
def test_end_of_the_file(members: int, start: int) -> None:
    member = Member("x", 1, 2)
    record = member.record(0)
    info = as_zipfile(member)
    header_of(info)
    info.header_offset = 0
    written = end_of([info] * members, start)
    directory = record * members
    end = zip_format.end(members=members, start=start, length=len(directory))
    assert written == directory + end
