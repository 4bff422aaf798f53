"""Every format of annotations goes through a build: each picture is delivered byte for byte, each
object is in the files or counted with the reason, and the parts of an archive hold the same."""

from __future__ import annotations

import zipfile
from collections import Counter

import pytest
from django.contrib.auth.models import User

from selections.formats import FORMATS
from selections.models import Archive
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import connect
from tests.selections.builds import built, manifest_of, only_path, path_of, select
from tests.selections.format_files import CASES

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def counted(archive: Archive) -> int:
    about = archive.remarks["annotations"]
    assert about["problems_count"] == 0
    return about["objects"] + sum(about["left_out"].values())


@pytest.mark.parametrize("key", list(FORMATS))
def test_pictures_and_objects_of_a_task_are_delivered(
    key: str, alice: User, standin: StandIn
) -> None:
    case = Case(CASES["names_clash"])  # pictures of one name and two extensions
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations=key)
    assert (archive.status, archive.error) == ("ready", "")
    assert counted(archive) == sum(map(len, case.reference().values()))
    with zipfile.ZipFile(only_path(archive)) as opened:
        assert opened.testzip() is None
        names = Counter(name.casefold() for name in opened.namelist())
        assert max(names.values()) == 1
        for line in manifest_of(archive)["frames"]:
            uploaded = case.folder / "images" / line["filename"]
            assert opened.read(line["path"]) == uploaded.read_bytes()


@pytest.mark.parametrize("key", list(FORMATS))
def test_parts_hold_what_one_file_holds(
    key: str, alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selections.models.ArchiveOptions.SMALLEST_PART", 1)
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    # The bitmap of one picture takes 57,654 bytes.
    part_size = 80_000 if key == "icdar_segmentation" else 40_000
    archive = built(selection, annotations=key, part_size=part_size)
    assert (archive.status, archive.error) == ("ready", "")
    assert counted(archive) == sum(map(len, case.reference().values()))
    parts = [path_of(part) for part in archive.parts.all()]
    assert len(parts) > 1
    names = Counter(name for part in parts for name in zipfile.ZipFile(part).namelist())
    assert max(names.values()) == 1
    assert all(path_of(part).stat().st_size <= part_size for part in archive.parts.all())
