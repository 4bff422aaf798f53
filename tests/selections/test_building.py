"""What is built: parts, folders, names and the manifest; for each user, and once."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from portal.exceptions import NotConnected
from selections.archives import building
from selections.models import ArchiveOptions, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect
from tests.selections.builds import (
    assert_whole,
    built,
    manifest_of,
    only_path,
    path_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def test_parts(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ArchiveOptions, "SMALLEST_PART", 1)
    archive = built(select(connection, (1, None), (2, None)), part_size=400_000)
    assert_whole(archive, standin)
    parts = list(archive.parts.all())
    assert len(parts) > 3
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert all(part.size <= 400_000 for part in parts)
    assert archive.size == sum(part.size for part in parts)
    for part in parts:
        assert part.download_name == f"{archive.base_name}_part{part.number}.zip"
        with zipfile.ZipFile(path_of(part)) as opened:
            said = json.loads(opened.read(f"manifest_part{part.number}.json"))
            assert said["part"] == part.number
            opened.extractall(tmp_path / "all")
    unpacked = [path for path in (tmp_path / "all").rglob("*") if path.is_file()]
    assert len(unpacked) == archive.frames_total + len(parts)


def test_several_tasks_have_folders(connection: Connection, standin: StandIn) -> None:
    archive = built(select(connection, (12, [0, 1]), (13, [0, 1])))
    assert_whole(archive, standin)
    assert [row["path"] for row in manifest_of(archive)["frames"]] == [
        "task_12/day_000.jpg",
        "task_12/day_001.jpg",
        "task_13/dusk_000.jpg",
        "task_13/dusk_001.jpg",
    ]


def test_names_and_folders_are_those_of_cvat(
    connection: Connection, standin: StandIn, tmp_path: Path
) -> None:
    archive = built(select(connection, (2, None)))
    rows = manifest_of(archive)["frames"]
    named = {row["filename"]: row["path"] for row in rows}
    assert named["cam_b/night/img_003.jpg"] == "cam_b/night/img_003.jpg"
    assert named["한글 이름/frame 1.jpg"] == "한글 이름/frame 1.jpg"
    assert named["../evil.jpg"] == "evil.jpg"
    assert named["CON.jpg"] == "_CON.jpg"
    assert named["/absolute.jpg"] == "absolute.jpg"
    assert len({path.casefold() for path in named.values()}) == len(rows) == 47
    with zipfile.ZipFile(only_path(archive)) as opened:
        opened.extractall(tmp_path / "in" / "here")
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"here"}
    for row in rows:
        served = standin.world.original_bytes(2, row["frame"])
        assert (tmp_path / "in" / "here" / row["path"]).read_bytes() == served


def test_names_that_mean_harm(connection: Connection, standin: StandIn) -> None:
    names = ["line\n.jpg", "bidi\u202egpj.jpg", "quo'te\".jpg", "\x85.jpg", "a" * 700 + ".jpg"]
    task = standin.world.add_task("hostile", owner="demo", images=names)
    assert_whole(built(select(connection, (task.id, None))), standin)


def test_the_manifest_says_where_it_comes_from(connection: Connection, standin: StandIn) -> None:
    archive = built(select(connection, (2, [0])))
    said = manifest_of(archive)
    assert said["selection"]["id"] == archive.selection_id
    assert said["cvat"]["url"] == standin.url
    assert said["options"]["quality"] == "original"
    assert said["problems"] == []


def test_the_same_selection_is_the_same_archive(connection: Connection) -> None:
    selection = select(connection, (2, None))
    first, second = built(selection), built(selection)
    assert only_path(first).read_bytes() == only_path(second).read_bytes()


def test_each_user_builds_with_the_own_connection(
    connection: Connection, bob: User, standin: StandIn
) -> None:
    selection = select(connection, (15, None), (10, [1]))
    Selection.objects.update(visibility="shared")
    with pytest.raises(NotConnected):
        request(selection, bob)
    connect(bob, standin, "carol")  # who may see none of these
    archive = request(selection, bob)
    building.build(archive.pk)
    archive.refresh_from_db()
    assert archive.status == "failed"
