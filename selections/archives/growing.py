"""The ZIP files of an archive while a worker writes them, for readers in other processes that see
the same spool folder.

- A part is only ever written at its end. All bytes that a reader finds in the file are valid and
  stay as they are: the part is valid up to the present size of its file.
- Part N is complete once part N + 1 exists. The last one is complete once the row of the archive
  is ready or incomplete; its size is in the row of the part.
- An open file stays readable to its end when the part is moved into the storage, and also when
  the build fails and the part is removed. The row of the archive tells which of the two happened.
- A worker that takes the build over, or begins it again with renewed access, writes new files under
  other names. Their bytes are the same as long as CVAT serves the same frames: a reader that goes
  on with them has to compare.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import BinaryIO

from selections.archives.spool import BUILD_PREFIX
from selections.archives.spools import spool_of
from selections.models import Archive


def stem(archive: Archive, worker: uuid.UUID) -> Path:
    """The prefix of the paths of all files of this worker's latest attempt at the archive."""
    return spool_of(archive.pk).folder / f"{BUILD_PREFIX}{worker}-{archive.files_begun}"


def open_part(archive: Archive, number: int = 1) -> BinaryIO | None:
    """The part that the worker of the archive writes, counted from 1, without a buffer. None if it
    is not begun, already in the storage, or if this machine does not see the spool."""
    if archive.claimed_by is None:
        return None
    try:
        return part_path(stem(archive, archive.claimed_by), number).open("rb", buffering=0)
    except FileNotFoundError:
        return None


def part_path(files: Path, number: int) -> Path:
    """The path of a part, counted from 1, from the stem of its build."""
    return files.with_name(f"{files.name}.{number}.zip")
