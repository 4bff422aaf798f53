"""Which files of an upload are pictures that CVAT takes, and why the others are none. Pure."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from cvat.pictures import SIGNATURE_BYTES, extension
from publishing.file_range import FileRange
from publishing.jpeg_end import Jpegs
from publishing.stored_files import BROKEN_ZIP, IN_MEMORY, StoredFiles, UploadedPicture
from publishing.upload_names import why_not_a_path

# As CVAT is known to take them (cvat-api 7.2). It goes by the names.
EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
VIDEOS = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv"})
MOST_MEMBERS = 100_000  # of a ZIP
# The other methods give all that they hold at once, whatever size is asked for.
_BOUNDED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
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


class _Listed(Protocol):
    """Files that may be pictures, by their numbers."""

    def names(self) -> Iterable[tuple[int, str, int]]:
        """The number, the path and the size of each."""

    def why_not(self, number: int) -> str:
        """Why its bytes are not read, as the end of a sentence; "" if they are."""

    def head(self, number: int) -> bytes:
        """Its first bytes."""

    def is_cut_off(self, number: int) -> bool:
        """Whether it is a JPEG without its end, as far as it was looked at."""


def sort_files(stored: StoredFiles, *, most_bytes: int) -> Contents:
    """What the files of an upload are. Of each the first bytes are read, of JPEGs the last ones as
    well. `most_bytes` is for all members of a ZIP together, unpacked. Raises BadUpload, OSError."""
    return _in_zip(stored, most_bytes) if stored.is_zip else _sorted_out(_Separate(stored))


class _Separate:
    """The files of an upload that is no ZIP."""

    def __init__(self, stored: StoredFiles) -> None:
        self._stored = stored
        self._jpegs = Jpegs()

    def names(self) -> Iterator[tuple[int, str, int]]:
        for number, file in enumerate(self._stored.files):
            yield number, file.path, file.size

    def why_not(self, number: int) -> str:
        return ""

    def head(self, number: int) -> bytes:
        file = self._stored.files[number]
        # Not the whole file, of which a buffer of kilobytes would be filled.
        with FileRange(self._stored.path, file.start, min(file.size, SIGNATURE_BYTES)) as head:
            return head.read()

    def is_cut_off(self, number: int) -> bool:
        with self._stored.open(number) as file:
            return self._jpegs.is_cut_off(file, self._stored.files[number].size)


class _Members:
    """The files in a ZIP, without its folders."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = archive.infolist()
        self._jpegs = Jpegs()

    def names(self) -> Iterator[tuple[int, str, int]]:
        for number, member in enumerate(self._members):
            if not member.is_dir():
                yield number, member.filename, member.file_size

    @property
    def size(self) -> int:
        """Bytes of all, unpacked."""
        return sum(member.file_size for member in self._members)

    def why_not(self, number: int) -> str:
        member = self._members[number]
        if member.flag_bits & _ENCRYPTED:
            return "is encrypted: pack it without a password"
        if member.compress_type not in _BOUNDED_METHODS:
            return "is packed by a method that the portal does not read: pack it as an ordinary ZIP"
        return ""

    def head(self, number: int) -> bytes:
        with self._archive.open(self._members[number]) as file:
            return file.read(SIGNATURE_BYTES)

    def is_cut_off(self, number: int) -> bool:
        """False for one that is too large to be looked at, or broken: read_pictures() tells of the
        latter."""
        member = self._members[number]
        if member.file_size > IN_MEMORY or not self._jpegs.take(member.file_size):
            return False
        try:
            with self._archive.open(member) as file:
                content = io.BytesIO(file.read(member.file_size))
        except BROKEN_ZIP:
            return False
        return self._jpegs.is_cut_off(content, member.file_size, is_read=True)


def _in_zip(stored: StoredFiles, most_bytes: int) -> Contents:
    try:
        with (
            _BoundedZip(stored.path, 0, stored.files[0].size) as file,
            zipfile.ZipFile(file) as archive,
        ):
            members = _Members(archive)
            if members.size > most_bytes:
                raise BadUpload(
                    f"Unpacked, the files of the ZIP have more than {most_bytes / 1e9:,.1f} GB. "
                    "Divide it."
                )
            return _sorted_out(members)
    except BadUpload:
        raise
    except BROKEN_ZIP as error:
        raise BadUpload(
            "This is no ZIP that the portal can read, or a broken one. Pack the pictures again, or "
            "upload them as a folder."
        ) from error


def _sorted_out(files: _Listed) -> Contents:
    pictures: dict[str, UploadedPicture] = {}
    jpegs: set[str] = set()
    videos: list[UploadedPicture] = []
    left_out = []
    for number, path, size in files.names():
        reason = _why_left_out(path, size) or files.why_not(number)
        if not reason and posixpath.splitext(path)[1].lower() in VIDEOS:
            videos.append(UploadedPicture(path, size, number))
            continue
        if not reason and path in pictures:
            reason = "has the same name as another file"
        kind = ""
        if not reason:
            kind, reason = _kind(files, number)
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
    cut_off = (
        each.path for each in ordered if each.path in jpegs and files.is_cut_off(each.number)
    )
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


def _kind(files: _Listed, number: int) -> tuple[str, str]:
    """The type of a picture, such as ".jpg", and why the file is none; one of them is ""."""
    try:
        kind = extension(files.head(number))
    except BROKEN_ZIP:
        return "", "is broken in the ZIP"
    return kind, "" if kind else "has the name of a picture, but not the content of one"


def _alike(pictures: Iterable[UploadedPicture]) -> Iterator[tuple[str, str]]:
    known: dict[str, str] = {}
    for picture in pictures:
        plain = posixpath.splitext(picture.path)[0].casefold()
        if plain in known:
            yield known[plain], picture.path
        else:
            known[plain] = picture.path
