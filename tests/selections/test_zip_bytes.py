"""The bytes of a ZIP do not change from one release to the next, unless somebody means it."""

from __future__ import annotations

import hashlib
import re
import zipfile

import pytest

from selections.models import Archive
from selector.models import Connection
from standin.server import StandIn
from tests.selections.builds import built, gone, path_of, select

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

ALL_KINDS = ((1, range(60, 95)), (2, None), (3, [90, 91, 129]), (4, None), (5, [0, 3]), (12, [0]))
# What the manifests say of this server and of this machine's encoders, and not of the selection.
VOLATILE = re.compile(
    r'(?<="url": ")[^"]*|(?<="id": )\d+(?=,\n  "revision": 1,\n  "name": "chosen")'
    r'|(?<="size": )\d+|(?<="crc32": ")\w+|(?<=manifest_selection_)\d+'
    r"|(?<=127\.0\.0\.1:)\d+"
)
EXPECTED = {
    "everything": "7fabcf30696902446a9381554b0c3b0ca1bed2f346c9da26a324086959d085ea",
    "compressed": "1b23bc8346af9f9c94b5706e66191965f068259391a9bddd79a46390104b909d",
    "incomplete": "7538b5c3aa32cd0a3082c6bc4c31c2071e1a1683d8276f3ac2bc680a7619991c",
}


def digest(archive: Archive) -> str:
    """Of the entries in their order with all that stands in their headers but their contents, and
    of the text of the manifests."""
    told: list[str] = []
    for part in archive.parts.all():
        with zipfile.ZipFile(path_of(part)) as opened:
            for info in opened.infolist():
                told.append(
                    f"{info.filename} {info.date_time} {info.compress_type} {info.create_system} "
                    f"{info.external_attr} {info.flag_bits} {info.extra!r} {info.comment!r}"
                )
            told.append(opened.read(opened.namelist()[-1]).decode())
    text = VOLATILE.sub("", "\n".join(told))
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.slow
def test_every_kind_of_task_in_several_parts(connection: Connection) -> None:
    archive = built(select(connection, *ALL_KINDS), part_files=100)
    assert archive.status == "ready"
    assert archive.parts.count() == 2
    assert digest(archive) == EXPECTED["everything"]


def test_compressed_pictures(connection: Connection) -> None:
    archive = built(select(connection, (4, None)), quality="compressed", task_folders=True)
    assert archive.status == "ready"
    assert digest(archive) == EXPECTED["compressed"]


def test_frames_missing_and_left_out(connection: Connection, standin: StandIn) -> None:
    selection = select(connection, (1, range(30, 60)))
    standin.world.set_deleted(1, [40, 41])
    standin.faults.fail("type=chunk", status=500)
    gone(standin, 33)
    archive = built(selection, deleted_frames="leave_out")
    assert archive.status == "incomplete"
    assert digest(archive) == EXPECTED["incomplete"]
