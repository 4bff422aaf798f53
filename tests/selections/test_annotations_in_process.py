"""The objects of many pictures are written by a process of its own, which ends with the build."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from cvat.annotations import Label, Labels, Shape
from selections.archives import annotation_process, annotation_source, annotation_store
from selections.archives.annotation_process import ProcessWriting
from selections.archives.annotation_writing import PictureLine, PictureWriter, stored_path
from selections.formats import FORMATS
from selections.formats.format import AnnotatedTask
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import connect
from tests.selections.annotated_builds import CASES
from tests.selections.builds import built, select

CAR = Label(1, "car", "#ff0000")
TASK = AnnotatedTask(7, "drive", "", False, Labels([CAR]))


@pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")
@pytest.mark.parametrize("options", [{}, {"part_size": 40_000}], ids=["one file", "parts"])
@pytest.mark.parametrize("key", ["cvat_images", "coco", "yolo_detection"])
def test_an_archive_is_the_same_as_without_that_process(
    key: str,
    options: dict[str, Any],
    alice: User,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("selections.models.ArchiveOptions.SMALLEST_PART", 1)
    case = Case(CASES["shapes"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    expected = built(selection, annotations=key, **options)
    monkeypatch.setattr(annotation_source, "PROCESS_FROM", 0)
    archive = built(selection, annotations=key, **options)
    assert (archive.status, archive.error) == ("ready", "")
    assert [part.sha256 for part in archive.parts.all()] == [
        part.sha256 for part in expected.parts.all()
    ]
    assert archive.remarks == expected.remarks


def box(*points: float) -> Shape:
    return Shape("rectangle", CAR, frame=3, points=points)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shapes = [box(1, 2, 3, 4), box(90, 90, 99, 99)]
    annotation_store.write(stored_path(tmp_path, TASK.id), [(3, shapes)])
    return tmp_path


PICTURE = PictureLine("images/train/ä 3.jpg", 64, 48, TASK.id, 3, 3, "")


def contents(writing: ProcessWriting | PictureWriter) -> list[tuple[str, bytes]]:
    return [(file.path, file.content.read(file.size)) for file in writing.files("_part1")]


@pytest.mark.parametrize("small", [0, 2**18])
def test_files_and_counts_are_the_same_in_both_ways(
    small: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_process, "_SMALL", small)
    read: list[Any] = []
    for kind in (PictureWriter, ProcessWriting):
        with closing(kind(FORMATS["yolo_detection"], [TASK], folder)) as writing:
            writing.add(PICTURE)
            read.append((contents(writing), writing.summary()))
    assert read[0] == read[1]
    assert read[0][1].objects == 1
    assert dict(read[0][1].left_out) == {"no area in the picture": 1}


def test_a_full_disk_is_named_as_in_the_build_itself(folder: Path) -> None:
    (folder / "contents").mkdir()  # so that the file cannot be written
    with (
        closing(ProcessWriting(FORMATS["coco"], [TASK], folder)) as writing,
        pytest.raises(IsADirectoryError),
    ):
        contents(writing)


def test_a_process_that_was_killed_is_noticed(folder: Path) -> None:
    with closing(ProcessWriting(FORMATS["coco"], [TASK], folder)) as writing:
        writing._process.kill()
        writing._process.wait()
        with pytest.raises(RuntimeError, match="has ended"):
            writing.summary()


def test_the_process_ends_when_the_build_is_killed(folder: Path) -> None:
    writing = ProcessWriting(FORMATS["coco"], [TASK], folder)
    writing.add(PICTURE)
    writing._commands.close()  # as when the process of the build is gone
    assert writing._process.wait(timeout=60) == 0
    writing.close()
