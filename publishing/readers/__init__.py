"""Reads annotations from a file: CVAT's XML, COCO or Datumaro, also in the ZIP of an export, or the
ZIP of PASCAL VOC. Pure.

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

from publishing.readers import coco, cvat_xml, datumaro, pascal_voc
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
MOST_FILES = 100_000  # in a ZIP, pictures too
KNOWN = (
    "CVAT for images 1.1 (annotations.xml), COCO (instances or keypoints) or Datumaro 1.0, alone "
    "or in the ZIP of the export; or the ZIP of PASCAL VOC"
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
            xml = [each for each in members if each.filename.split("/")[-1] == "annotations.xml"]
            if len(xml) == 1:
                return cvat_xml.read(_content(archive, xml[0], LARGEST_FILE))
            texts = [each for each in members if _may_be_annotations(each.filename)]
            pictures = [each for each in members if _VOC.search(each.filename)]
            if xml or bool(pictures) == bool(texts):
                raise BadFile(f"The ZIP has no file that can be read, or several: {KNOWN}.")
            reading, room = Reading(), LARGEST_FILE
            for each in texts or pictures:
                content = _content(archive, each, room)
                room -= len(content)
                if texts:
                    _read_json(content, reading)
                else:
                    pascal_voc.read(content, reading, path=each.filename)
            return reading
    except _BROKEN_ZIP as error:
        raise BadFile(
            f"The ZIP cannot be read ({error}). Make it again, without a password."
        ) from None


def _may_be_annotations(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name.endswith(".json") and folder in ("", "annotations") and name != "manifest.json"


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    if member.compress_type not in _BOUNDED_METHODS:
        raise BadFile(
            "The ZIP is compressed in a way that is not read here. Make it again with the usual "
            "one (deflate)."
        )
    with archive.open(member) as file:
        content = file.read(most + 1)  # whatever size the ZIP says
    if len(content) > most:
        raise BadFile(
            f"The annotations in the ZIP are larger than {LARGEST_FILE // 2**20} MB. Divide them."
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
