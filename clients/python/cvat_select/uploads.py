"""Upload of files to the portal in pieces, on from where an earlier one broke off."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from cvat_select.answers import Upload
from cvat_select.errors import Refused, UploadFailed
from cvat_select.http import Http

PIECE = 4 * 2**20  # bytes of one request
MOST_IDLE = 5
LONGEST_NAME = 200  # characters
Progress = Callable[[int, int], None]  # bytes that are there, bytes in all


class LocalFile(NamedTuple):
    """A file to upload. `path` is its name in CVAT; `modified` is in milliseconds."""

    path: str
    source: Path
    size: int
    modified: int


def list_files(source: Path) -> list[LocalFile]:
    """The files of a folder, named from that folder on, or the one file. Raises UploadFailed where
    there is none, OSError."""
    if not source.is_dir():
        return [_local(source.name, source)]
    top = source.resolve()
    paths = {f"{top.name}/{each.relative_to(top).as_posix()}": each for each in top.rglob("*")}
    files = [_local(name, path) for name, path in sorted(paths.items()) if path.is_file()]
    if not files:
        raise UploadFailed(f"{source} has no files. Name a folder of pictures, or a ZIP.")
    return files


def name_of(source: Path) -> str:
    """By which people know the upload: the name of the folder, or of the ZIP."""
    resolved = source.resolve()
    return (resolved.name if resolved.is_dir() else resolved.stem)[:LONGEST_NAME]


def described(files: Sequence[LocalFile]) -> list[dict[str, Any]]:
    """The files as /api/uploads takes them. The same ones again are the upload to go on with."""
    return [{"path": each.path, "size": each.size, "modified": each.modified} for each in files]


def send(http: Http, upload: Upload, files: Sequence[LocalFile], on_progress: Progress) -> Upload:
    """Send what the portal does not have yet; the upload, whole. Raises UploadFailed, Refused,
    Unreachable, OSError."""
    address = f"/api/uploads/{upload['id']}"
    starts = list(itertools.accumulate((each.size for each in files), initial=0))
    idle = 0  # pieces in a row that were not taken
    on_progress(upload["received"], upload["size"])
    while (start := upload["received"]) < upload["size"]:
        piece = _piece(files, starts, start)
        try:
            answer = http.patch_bytes(f"{address}/data", piece, offset=start)
        except Refused as error:
            # An earlier request has arrived although its answer was lost, or another command sends
            # the same files.
            if error.code != "wrong_offset":
                raise
            answer = http.get(address)
        upload = cast(Upload, answer)
        idle = 0 if upload["received"] > start else idle + 1
        if idle == MOST_IDLE:
            raise UploadFailed(
                "The portal takes no more of the files. Run the command again later: the upload "
                "goes on from where it is."
            )
        on_progress(upload["received"], upload["size"])
    return upload


def _local(name: str, source: Path) -> LocalFile:
    stat = source.stat()
    return LocalFile(name, source, stat.st_size, stat.st_mtime_ns // 1_000_000)


def _piece(files: Sequence[LocalFile], starts: Sequence[int], start: int) -> bytes:
    """The bytes from `start` on of all files one after the other."""
    piece = bytearray()
    number = bisect.bisect_right(starts, start) - 1
    while number < len(files) and len(piece) < PIECE:
        file, offset = files[number], start + len(piece) - starts[number]
        wanted = min(file.size - offset, PIECE - len(piece))
        with file.source.open("rb") as opened:
            opened.seek(offset)
            content = opened.read(wanted)
        if len(content) < wanted or _local(file.path, file.source) != file:
            raise UploadFailed(
                f"{file.source} was changed during the upload. Run the command again once nothing "
                "writes to it: the files are uploaded anew then."
            )
        piece += content
        number += 1
    return bytes(piece)
