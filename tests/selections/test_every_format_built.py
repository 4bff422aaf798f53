"""Every format of annotations goes through a build: each picture is delivered byte for byte, each
object is in the files or counted with the reason, and the parts of an archive hold the same."""

from __future__ import annotations

import zipfile
from collections import Counter

import pytest
from django.contrib.auth.models import User

from selections.formats import FORMATS
from selections.models import Archive
from selections.splits import SHARES, Split
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
    return about["objects_count"] + sum(about["left_out"].values())


def test_pictures_and_objects_of_a_task_are_delivered(
    alice: User, standin: StandIn, subtests: pytest.Subtests
) -> None:
    case = Case(CASES["names_clash"])  # pictures of one name and two extensions
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    for key in FORMATS:
        with subtests.test(key):
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


def test_parts_of_splits_hold_what_one_file_holds(
    alice: User, standin: StandIn, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    monkeypatch.setattr("selections.models.ArchiveOptions.SMALLEST_PART", 1)
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    split = Split(by=SHARES, shares=(0.5, 0.5, 0.0), seed=1)
    for key in FORMATS:
        with subtests.test(key):
            # The bitmap of one picture takes 57,654 bytes.
            part_size = 80_000 if key == "icdar_segmentation" else 40_000
            archive = built(selection, annotations=key, part_size=part_size, split=split)
            assert (archive.status, archive.error) == ("ready", "")
            assert counted(archive) == sum(map(len, case.reference().values()))
            parts = [path_of(part) for part in archive.parts.all()]
            assert len(parts) > 1
            names = Counter(name for part in parts for name in zipfile.ZipFile(part).namelist())
            assert max(names.values()) == 1
            assert all(path_of(part).stat().st_size <= part_size for part in archive.parts.all())


def test_each_task_is_a_sequence_under_the_names_that_readers_look_for(
    alice: User, standin: StandIn
) -> None:
    case, other = Case(CASES["tracks_images"]), Case(CASES["names_clash"])
    for each in (case, other):
        add_annotated_task(standin.world, each.folder)
    one, two, chosen = case.task["id"], other.task["id"], (1, 3, 5)
    selection = select(connect(alice, standin, "alice"), (one, chosen), (two, [0]))
    archive = built(selection, annotations="mot")
    with zipfile.ZipFile(only_path(archive)) as opened:
        names = [name for name in opened.namelist() if name.startswith("task_")]
        lines = opened.read(f"task_{one}/gt/gt.txt").decode().splitlines()
    assert sorted(names) == [
        f"task_{two}/gt/gt.txt",
        f"task_{two}/gt/labels.txt",
        f"task_{two}/img1/000001.jpg",
        f"task_{one}/gt/gt.txt",
        f"task_{one}/gt/labels.txt",
        *(f"task_{one}/img1/{number:06d}.jpg" for number in (1, 2, 3)),
    ]
    reference = [shape for frame in chosen for shape in case.reference()[frame]]
    assert len(lines) == sum(shape["kind"] == "rectangle" for shape in reference)
    # A track that is on all these frames keeps its number.
    tracks = [{line.split(",")[1] for line in lines if line.startswith(start)} for start in "123"]
    assert set.intersection(*tracks) - {"-1"}
