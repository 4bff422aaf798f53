"""Which files of an upload are pictures that CVAT takes, and why the others are none. Pure."""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from cvat.pictures import SIGNATURE_BYTES, extension
from publishing.file_range import FileRange
from publishing.jpeg_end import Jpegs
from publishing.upload_names import why_not_a_path

# As CVAT is known to take them (cvat-api 7.2). It goes by the names.
EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
VIDEOS = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"})
MOST_MEMBERS = 100_000  # of a ZIP
# A picture is unpacked into memory up to this size, else to a file.
IN_MEMORY = 2**25
HEAD_BYTES = 2**20
_COPIED = 2**20
# The other methods give all that they hold at once, whatever size is asked for.
_BOUNDED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, ValueError),
    *(NotImplementedError, RuntimeError, EOFError),
)
_ENCRYPTED = 0x1
_BESIDE_PICTURES = "is a video: a task of pictures has none. Upload it alone to make a task of it"
_SEVERAL_VIDEOS = "is one of several videos, and a task has one. Upload each alone"
_IN_DIRECTORY = b"PK\x01\x02"  # begins what the directory of a ZIP says of a file
# CVAT takes what lies in a folder of this name as context of other pictures, not as frames
# (cvat-api 15.10).
_CONTEXT = "related_images"
_JUNK = {
    "__macosx": "macOS has put it there",
    ".ds_store": "macOS has put it there",
    "thumbs.db": "Windows has put it there",
    "desktop.ini": "Windows has put it there",
}

Files = Sequence[tuple[str, int, int]]  # path, size, and where the bytes begin


class BadUpload(ValueError):
    """Nothing can be made of the upload. Its text can be shown."""


class _BoundedZip(FileRange):
    """A ZIP whose directory is not read if it names too many files: of each of them zipfile keeps
    half a kilobyte in memory, before anybody can count them. Raises BadUpload."""

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        if content.count(_IN_DIRECTORY) > MOST_MEMBERS:
            raise BadUpload(f"The ZIP has more than {MOST_MEMBERS:,} files. Divide it.")
        return content


class BrokenFile(ValueError):
    """A picture that cannot be read to its end. Its text can be shown."""


class UploadedPicture(NamedTuple):
    """`number` is its place among the files of the upload, or the members of the ZIP; `size` are
    its bytes, unpacked."""

    path: str
    size: int
    number: int


class LeftOutFile(NamedTuple):
    path: str
    reason: str  # the end of a sentence that begins with the path


@dataclass(frozen=True, slots=True)
class Contents:
    """The pictures of an upload, in the order of their paths, which is CVAT's own; or, where there
    are none, its only `video`. `alike` are pairs of paths that differ in upper and lower case, or
    in the extension, alone. `cut_off` are the paths of JPEGs without their end, as far as they were
    looked at."""

    pictures: tuple[UploadedPicture, ...]
    left_out: tuple[LeftOutFile, ...]
    alike: tuple[tuple[str, str], ...]
    cut_off: tuple[str, ...]
    video: UploadedPicture | None = None

    @property
    def size(self) -> int:
        """Bytes of all pictures, or of the video, unpacked."""
        files = self.pictures if self.video is None else (self.video,)
        return sum(file.size for file in files)


def sort_files(path: Path, files: Files, *, is_zip: bool, most_bytes: int) -> Contents:
    """What the files of an upload are, which lie in the file at `path`. Of each the first bytes are
    read, of JPEGs the last ones as well. Raises BadUpload, OSError."""
    if is_zip:
        return _in_zip(path, files[0][1], most_bytes)

    def head(number: int) -> bytes:
        _, size, start = files[number]
        with FileRange(path, start, min(size, SIGNATURE_BYTES)) as file:
            return file.read()

    jpegs = Jpegs()

    def is_cut_off(number: int) -> bool:
        _, size, start = files[number]
        with FileRange(path, start, size) as file:
            return jpegs.is_cut_off(file, size)

    return _sorted_out(((name, size) for name, size, _ in files), head, is_cut_off)


def read_heads(
    path: Path, files: Files, pictures: Iterable[UploadedPicture], *, is_zip: bool
) -> Iterator[tuple[UploadedPicture, IO[bytes]]]:
    """Like read_pictures(), to read the header of each picture: of one in a ZIP the file has the
    first HEAD_BYTES alone, not compared with their checksum. Raises BrokenFile, OSError."""
    if not is_zip:
        yield from read_pictures(path, files, pictures, is_zip=False)
        return
    try:
        with FileRange(path, 0, files[0][1]) as whole, zipfile.ZipFile(whole) as archive:
            members = archive.infolist()
            for picture in pictures:
                with archive.open(members[picture.number]) as member:
                    # Not the member itself: each step back in it unpacks it anew from its start.
                    head = io.BytesIO(member.read(HEAD_BYTES))
                yield picture, head
    except _BROKEN as error:
        raise BrokenFile(f"The ZIP cannot be read any more: {error}.") from error


def read_pictures(
    path: Path, files: Files, pictures: Iterable[UploadedPicture], *, is_zip: bool
) -> Iterator[tuple[UploadedPicture, IO[bytes]]]:
    """Each picture with a file of its bytes, which is closed before the next one. Raises
    BrokenFile, OSError."""
    if not is_zip:
        for picture in pictures:
            _, size, start = files[picture.number]
            with FileRange(path, start, size) as file:
                yield picture, file
        return
    try:
        with FileRange(path, 0, files[0][1]) as whole, zipfile.ZipFile(whole) as archive:
            members = archive.infolist()
            for picture in pictures:
                with _unpacked(archive, members[picture.number]) as unpacked:
                    yield picture, unpacked
    except zipfile.BadZipFile as error:  # it was read before, when it was looked at
        raise BrokenFile(f"The ZIP cannot be read any more: {error}.") from error


def _in_zip(path: Path, size: int, most_bytes: int) -> Contents:
    try:
        with _BoundedZip(path, 0, size) as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > most_bytes:
                raise BadUpload(
                    f"Unpacked, the files of the ZIP have more than {most_bytes / 1e9:,.1f} GB. "
                    "Divide it."
                )
            folders = frozenset(n for n, each in enumerate(members) if each.is_dir())
            jpegs = Jpegs()
            return _sorted_out(
                ((member.filename, member.file_size) for member in members),
                lambda number: _head_of_member(archive, members[number]),
                lambda number: _is_member_cut_off(archive, members[number], jpegs),
                folders=folders,
                why_not=lambda number: _why_not_unpacked(members[number]),
            )
    except BadUpload:
        raise
    except _BROKEN as error:
        raise BadUpload(
            "This is no ZIP that the portal can read, or a broken one. Pack the pictures again, or "
            "upload them as a folder."
        ) from error


def _sorted_out(
    files: Iterable[tuple[str, int]],
    head: Callable[[int], bytes],
    is_cut_off: Callable[[int], bool],
    *,
    folders: frozenset[int] = frozenset(),
    why_not: Callable[[int], str] = lambda _: "",
) -> Contents:
    pictures: dict[str, UploadedPicture] = {}
    jpegs: set[str] = set()
    videos: list[UploadedPicture] = []
    left_out = []
    for number, (path, size) in enumerate(files):
        if number in folders:
            continue
        reason = _why_left_out(path, size) or why_not(number)
        if not reason and posixpath.splitext(path)[1].lower() in VIDEOS:
            videos.append(UploadedPicture(path, size, number))
            continue
        if not reason and path in pictures:
            reason = "has the same name as another file"
        kind = ""
        if not reason:
            kind, reason = _kind(head, number)
        if reason:
            left_out.append(LeftOutFile(path, reason))
            continue
        pictures[path] = UploadedPicture(path, size, number)
        if kind == ".jpg":
            jpegs.add(path)
    for path in [path for path in pictures if not pictures.keys().isdisjoint(_folders(path))]:
        del pictures[path]
        left_out.append(LeftOutFile(path, "lies in a folder that has the name of a picture"))
    ordered = tuple(pictures[path] for path in sorted(pictures))
    if len(videos) == 1 and not ordered:
        return Contents((), tuple(left_out), (), (), videos[0])
    reason = _BESIDE_PICTURES if ordered else _SEVERAL_VIDEOS
    left_out += [LeftOutFile(video.path, reason) for video in videos]
    cut_off = (each.path for each in ordered if each.path in jpegs and is_cut_off(each.number))
    return Contents(ordered, tuple(left_out), tuple(_alike(ordered)), tuple(cut_off))


def _folders(path: str) -> Iterator[str]:
    """The paths of the folders that a file lies in."""
    for number, character in enumerate(path):
        if character == "/":
            yield path[:number]


def _why_left_out(path: str, size: int) -> str:
    """By its name and size; "" for what may be a picture."""
    parts = path.lower().split("/")
    for part in parts:
        if part in _JUNK:
            return f"is no picture: {_JUNK[part]}"
    if parts[-1].startswith("._"):
        return "is no picture: macOS has put it there"
    suffix = posixpath.splitext(path)[1].lower()
    if suffix == ".zip":
        return "is a ZIP inside of the upload, which CVAT does not open"
    if suffix not in EXTENSIONS | VIDEOS:
        kind = f"files of the type “{suffix[:20]}”" if suffix else "files without an extension"
        return f"is not known to be a picture for CVAT: it takes no {kind}"
    if _CONTEXT in path.split("/")[:-1]:
        return f"lies in a folder {_CONTEXT}, which CVAT takes as context of other pictures"
    if path != path.strip():
        return "has a space at the beginning of its path, which CVAT drops"
    return why_not_a_path(path) or ("" if size else "is empty")


def _kind(head: Callable[[int], bytes], number: int) -> tuple[str, str]:
    """The type of a picture, such as ".jpg", and why the file is none; one of them is ""."""
    try:
        kind = extension(head(number))
    except _BROKEN:
        return "", "is broken in the ZIP"
    return kind, "" if kind else "has the name of a picture, but not the content of one"


def _why_not_unpacked(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted: pack it without a password"
    if member.compress_type not in _BOUNDED_METHODS:
        return "is packed by a method that the portal does not read: pack it as an ordinary ZIP"
    return ""


def _head_of_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        return file.read(SIGNATURE_BYTES)


def _is_member_cut_off(archive: zipfile.ZipFile, member: zipfile.ZipInfo, jpegs: Jpegs) -> bool:
    """False for one that is too large to be looked at, or broken: read_pictures() tells of the
    latter."""
    if member.file_size > IN_MEMORY or not jpegs.take(member.file_size):
        return False
    try:
        with archive.open(member) as file:
            content = io.BytesIO(file.read(member.file_size))
    except _BROKEN:
        return False
    return jpegs.is_cut_off(content, member.file_size, is_read=True)


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Any:
    """A file of the bytes of a member, no more than were announced. Raises BrokenFile."""
    in_memory = member.file_size <= IN_MEMORY
    unpacked: Any = io.BytesIO() if in_memory else TemporaryFile()  # noqa: SIM115 (read later)
    try:
        with archive.open(member) as file:
            while block := file.read(_COPIED):  # at the end the checksum is compared
                unpacked.write(block)
                if unpacked.tell() > member.file_size:
                    raise zipfile.BadZipFile("longer than announced")
        if unpacked.tell() != member.file_size:
            raise zipfile.BadZipFile("shorter than announced")
    except _BROKEN as error:
        unpacked.close()
        raise BrokenFile(
            f"The picture “{member.filename}” is broken in the ZIP. Pack it again, or leave it out."
        ) from error
    unpacked.seek(0)
    return unpacked


def _alike(pictures: Iterable[UploadedPicture]) -> Iterator[tuple[str, str]]:
    known: dict[str, str] = {}
    for picture in pictures:
        plain = posixpath.splitext(picture.path)[0].casefold()
        if plain in known:
            yield known[plain], picture.path
        else:
            known[plain] = picture.path
