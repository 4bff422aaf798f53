"""Download of the ZIP files of an archive: resumed where it broke off, and checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import requests

from cvat_select.answers import Archive, Part
from cvat_select.errors import DownloadFailed
from cvat_select.http import LOST, Http

BLOCK = 1 << 16  # what a lost connection may cost again
MOST_IDLE = 5
Progress = Callable[[int, int], None]  # bytes that are here, bytes in all


def targets(archive: Archive, out: Path) -> list[tuple[Part, Path]]:
    """Where each ZIP of the archive is put: in the folder `out` under its own name, or as the file
    `out`, with `_part2` and so on where there are several."""
    parts = archive["parts"]
    if out.is_dir():
        return [(part, out / Path(part["name"]).name) for part in parts]
    if len(parts) == 1:
        return [(parts[0], out)]
    return [(part, out.with_stem(f"{out.stem}_part{part['number']}")) for part in parts]


def fetch(http: Http, archive_id: int, part: Part, target: Path, on_progress: Progress) -> None:
    """Put one ZIP at `target`, which is written when it is whole and its SHA-256 is right.

    What has come so far lies beside it; the next call goes on from there, also in another process.
    Raises DownloadFailed, Refused, Unreachable, OSError.
    """
    if _size(target) == part["size"] and _sha256(target) == part["sha256"]:
        on_progress(part["size"], part["size"])
        return
    # The sum in the name keeps pieces of different files apart.
    partial = target.with_name(f"{target.name}.{part['sha256'][:12]}.partial")
    idle = 0  # downloads in a row that broke off without a new byte
    while (start := _size(partial)) < part["size"]:
        _receive(http, archive_id, part, partial, on_progress)
        idle = 0 if _size(partial) > start else idle + 1
        if idle == MOST_IDLE:
            raise DownloadFailed(
                f"The download of {target.name} breaks off again and again. Try again later: it "
                "goes on from where it is."
            )
    if _sha256(partial) != part["sha256"]:
        partial.unlink()
        raise DownloadFailed(
            f"{target.name} did not arrive as the portal has it (its SHA-256 differs). Download it "
            "again."
        )
    os.replace(partial, target)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _receive(http: Http, archive_id: int, part: Part, partial: Path, on_progress: Progress) -> None:
    """Add to the file what comes until the connection is lost."""
    start = _size(partial)
    answer = http.request(
        "GET",
        f"/api/archives/{archive_id}/download",
        params={"part": part["number"]},
        headers=_headers(part, start),
        stream=True,
    )
    with answer:
        is_continued = answer.status_code == requests.codes.partial_content
        received = start if is_continued else 0
        with partial.open("ab" if is_continued else "wb") as file:
            for block in _blocks(answer):
                file.write(block)
                received += len(block)
                on_progress(received, part["size"])


def _headers(part: Part, start: int) -> dict[str, str]:
    # The sizes that the portal says are those of the file itself.
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": f'"{part["sha256"]}"'}
    return headers


def _blocks(answer: requests.Response) -> Iterator[bytes]:
    """The body, as far as it comes."""
    try:
        yield from answer.iter_content(BLOCK)
    except LOST:
        return


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
