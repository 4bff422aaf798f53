"""Reads annotations from a file: CVAT's XML, COCO or Datumaro, also in the ZIP of an export, or the
ZIP of PASCAL VOC or YOLO. Pure.

Another format is another module with a `read` that fills a Reading.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from typing import Any

from publishing.readers import coco, cvat_xml, datumaro, pascal_voc, yolo
from publishing.readers.reading import BadFile, Reading
from selections.listed_frames import is_text

__all__ = ["LARGEST_FILE", "BadFile", "Reading", "read"]

LARGEST_FILE = 2**25  # bytes, of the text in a ZIP
# The other methods give all that they hold at once, whatever size is asked for.
_BOUNDED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What may stand for half of a surrogate pair or for NUL in JSON: in UTF-8, or escaped.
_MAYBE_NO_TEXT = re.compile(rb"\\u(?:[dD][89abAB]|[dD][c-fC-F]|0000)|\xed[\xa0-\xbf]")
_VOC = re.compile(r"(^|/)Annotations/.+\.xml$")
_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, struct.error, ValueError),
    *(NotImplementedError, RuntimeError, EOFError, OSError),
)
# In the export of Datumaro, and in that of YOLO by Label Studio.
_OTHER_JSON = ("manifest.json", "notes.json")
MOST_FILES = 100_000  # in a ZIP, pictures too
KNOWN = (
    "CVAT for images 1.1 (annotations.xml), COCO (instances or keypoints) or Datumaro 1.0, alone "
    "or in the ZIP of the export; or the ZIP of PASCAL VOC or YOLO"
)


def read(data: bytes) -> Reading:
    """What the file holds. Raises BadFile."""
    if data[:4] == b"PK\x03\x04":
        return _from_zip(data)
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"<" or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return cvat_xml.read(data)
    if start[:1] == b"{":
        reading = Reading()
        _read_json(data, reading)
        return reading
    raise BadFile(f"It is none of the files that can be read: {KNOWN}.")


def _from_zip(data: bytes) -> Reading:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MOST_FILES:
                raise BadFile(
                    f"The ZIP has more than {MOST_FILES:,} files. Send one without images."
                )
            return _from_members(_Members(archive, members))
    except _BROKEN_ZIP as error:
        raise BadFile(
            f"The ZIP cannot be read ({error}). Make it again, without a password."
        ) from None


def _from_members(members: _Members) -> Reading:
    """What the only kind of annotations in the ZIP says. Raises BadFile."""
    xml = [path for path in members.paths if path.split("/")[-1] == "annotations.xml"]
    if len(xml) == 1:
        return cvat_xml.read(members.content(xml[0]))
    texts = [path for path in members.paths if _may_be_annotations(path)]
    pictures = [path for path in members.paths if _VOC.search(path)]
    names = yolo.names_files(members.paths)
    if xml or sum(map(bool, (texts, pictures, names))) != 1 or len(names) > 1:
        raise BadFile(f"The ZIP has no file that can be read, or several: {KNOWN}.")
    reading = Reading()
    for path in texts:
        _read_json(members.content(path), reading)
    for path in pictures:
        pascal_voc.read(members.content(path), reading, path=path)
    for path in names:
        yolo.read(members.paths, members.content, reading, names=path)
    return reading


def _may_be_annotations(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name.endswith(".json") and folder in ("", "annotations") and name not in _OTHER_JSON


class _Members:
    """The files of a ZIP, of which LARGEST_FILE bytes can be read in all."""

    def __init__(self, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
        self._archive = archive
        self._members = {member.filename: member for member in members}
        self._room = LARGEST_FILE

    @property
    def paths(self) -> list[str]:
        """Without those that macOS adds."""
        return [path for path in self._members if not path.startswith("__MACOSX/")]

    def content(self, path: str) -> bytes:
        """Raises BadFile."""
        member = self._members[path]
        if member.compress_type not in _BOUNDED_METHODS:
            raise BadFile(
                "The ZIP is compressed in a way that is not read here. Make it again with the "
                "usual one (deflate)."
            )
        with self._archive.open(member) as file:
            content = file.read(self._room + 1)  # whatever size the ZIP says
        self._room -= len(content)
        if self._room < 0:
            raise BadFile(
                f"The annotations in the ZIP are larger than {LARGEST_FILE // 2**20} MB. Divide "
                "them."
            )
        return content


def _read_json(data: bytes, reading: Reading) -> None:
    try:
        document: Any = json.loads(data)
    except UnicodeDecodeError:
        raise BadFile("It is no text in UTF-8. Export it again.") from None
    except RecursionError:
        raise BadFile("Its JSON is nested too deeply.") from None
    except ValueError as error:
        raise BadFile(f"It is no JSON: {error}. Export it again.") from None
    if _MAYBE_NO_TEXT.search(data) and not is_text(document):
        raise BadFile("It has characters that are no text. Export it again.")
    if coco.is_coco(document):
        coco.read(document, reading)
    elif datumaro.is_datumaro(document):
        datumaro.read(document, reading)
    else:
        raise BadFile(f"It is none of the files that can be read: {KNOWN}.")
