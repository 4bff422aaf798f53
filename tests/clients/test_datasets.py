"""A downloaded selection read by supervision, and what is handed to FiftyOne, which needs MongoDB
and is not installed for the tests."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cvat_select import Error, to_fiftyone, to_supervision

from selections.models import ArchiveOptions
from selections.splits import Split
from selector.models import Connection
from tests.selections.builds import built, path_of, select
from tests.selections.conftest import folder_of_builds, folders, hasty, messages

__all__ = ["folder_of_builds", "folders", "hasty", "messages"]  # fixtures
pytestmark = [
    pytest.mark.usefixtures("transactional_db", "messages", "hasty", "folders"),
    # supervision has a slower way of its own without OpenCV, and says so.
    pytest.mark.filterwarnings("ignore:OpenCV:UserWarning"),
]


def zips_of(connection: Connection, **options: Any) -> list[Path]:
    """Four pictures of task 1, of which frame 22 has no object, and three frames of a video."""
    archive = built(select(connection, (1, range(20, 24)), (11, range(3))), **options)
    assert (archive.status, archive.error) == ("ready", "")
    return [path_of(part) for part in archive.parts.order_by("number")]


def objects_of(data_set: Any) -> dict[str, list[tuple[str, list[int]]]]:
    """Label and corners of the objects of each picture, by its file name."""
    return {
        Path(path).name: sorted(
            (data_set.classes[number], [round(each) for each in box])
            for number, box in zip(found.class_id, found.xyxy.tolist(), strict=True)
        )
        for path, found in data_set.annotations.items()
    }


def test_supervision_reads_the_same_boxes_of_coco_and_of_yolo(
    connection: Connection, tmp_path: Path
) -> None:
    coco = to_supervision(zips_of(connection, annotations="coco"), tmp_path / "coco")
    split = Split(by="shares", seed=1)
    zips = zips_of(connection, annotations="yolo_detection", split=split)
    yolo = to_supervision(zips, tmp_path / "yolo")
    assert len(coco) == len(yolo) == 7
    boxes = objects_of(yolo)
    assert [label for label, _ in boxes["north_0020.jpg"]] == ["car", "pedestrian"]
    assert boxes["north_0022.jpg"] == []
    # In COCO the traffic signs, which are polygons, come with them.
    for name, objects in objects_of(coco).items():
        assert [each for each in objects if each[0] != "traffic sign"] == boxes[name]
    path, picture, found = coco[0]
    assert path == str(tmp_path / "coco" / "task_1" / "north_0020.jpg")
    assert picture.shape == (360, 640, 3)
    assert found.mask[found.class_id == coco.classes.index("traffic sign")].any(axis=(1, 2)).all()


def test_supervision_reads_several_zips_as_one(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ArchiveOptions, "SMALLEST_PART", 1)
    whole = to_supervision(zips_of(connection, annotations="coco"), tmp_path / "whole")
    zips = zips_of(connection, annotations="coco", part_size=300_000)
    assert len(zips) > 1
    assert objects_of(to_supervision(zips, tmp_path / "parts")) == objects_of(whole)


def test_pictures_alone_have_no_objects_and_lie_beside_the_zip(
    connection: Connection, tmp_path: Path
) -> None:
    [stored] = zips_of(connection)
    target = tmp_path / "round2.zip"
    target.write_bytes(stored.read_bytes())
    data_set = to_supervision(target)
    assert len(data_set) == 7
    assert data_set.classes == []
    assert Path(data_set[6][0]) == tmp_path / "round2" / "task_11" / "frame_000002.png"


def test_what_was_unpacked_is_taken_and_other_files_are_refused(
    connection: Connection, tmp_path: Path
) -> None:
    [stored] = zips_of(connection)
    folder = tmp_path / "round2"
    to_supervision(stored, folder)
    picture = folder / "task_1" / "north_0020.jpg"
    unpacked_at = picture.stat().st_mtime_ns
    to_supervision(stored, folder)
    assert picture.stat().st_mtime_ns == unpacked_at
    (folder / "manifest.json").write_text("{}")  # of another build
    picture.write_bytes(b"")
    to_supervision(stored, folder)
    assert picture.stat().st_size > 0
    (folder / "task_1" / "other.jpg").write_bytes(b"")
    with pytest.raises(Error, match=r"other files, such as other\.jpg"):
        to_supervision(stored, folder)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"annotations": "labelme"}, "labelme is not read by these libraries"),
        ({"annotations": "coco", "pictures": False}, "annotations alone"),
    ],
)
def test_a_build_that_they_cannot_read_is_told(
    connection: Connection,
    tmp_path: Path,
    options: dict[str, Any],
    told: str,
) -> None:
    with pytest.raises(Error, match=told):
        to_supervision(zips_of(connection, **options), tmp_path / "out")


def test_a_broken_zip_and_another_are_told(tmp_path: Path) -> None:
    broken, other = tmp_path / "broken.zip", tmp_path / "other.zip"
    broken.write_bytes(b"no zip")
    with pytest.raises(Error, match="Download it again"):
        to_supervision(broken)
    with zipfile.ZipFile(other, "w") as opened:
        opened.writestr("notes.txt", "")
    with pytest.raises(Error, match="no ZIP of a portal"):
        to_supervision(other)


@pytest.mark.parametrize(
    ("function", "name"), [(to_supervision, "supervision"), (to_fiftyone, "fiftyone")]
)
def test_a_library_that_is_not_installed_is_named(
    function: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=f"pip install {name}"):
        function("round2.zip")


class Sample(dict):
    """What is used of fiftyone.Sample."""

    def __init__(self, filepath: str) -> None:
        super().__init__()
        self.filepath = filepath
        self.tags: list[str] = []


class Dataset:
    """What is used of fiftyone.Dataset, with the arguments that its readers were given."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.samples: list[Sample] = []
        self.read: list[dict[str, Any]] = []

    def add_dir(self, **given: Any) -> None:
        self.read.append(given)
        if given["dataset_type"] == "COCO":
            images = json.loads(Path(given["labels_path"]).read_text())["images"]
            paths = [Path(given["data_path"]) / each["file_name"] for each in images]
        else:
            folder = Path(given["yaml_path"]).parent
            listed = (folder / f"{given['split']}.txt").read_text().split()
            paths = [folder / line for line in listed]
        self.samples += [Sample(str(path)) for path in paths]

    def add_samples(self, samples: list[Sample]) -> None:
        self.samples += samples

    def values(self, name: str) -> list[str]:
        return [getattr(each, name) for each in self.samples]

    def iter_samples(self, *, autosave: bool) -> list[Sample]:
        assert autosave
        return self.samples


@pytest.fixture
def fiftyone(monkeypatch: pytest.MonkeyPatch) -> None:
    types = SimpleNamespace(COCODetectionDataset="COCO", YOLOv5Dataset="YOLO")
    module = SimpleNamespace(Dataset=Dataset, Sample=Sample, types=types)
    monkeypatch.setitem(sys.modules, "fiftyone", module)


@pytest.mark.usefixtures("fiftyone")
@pytest.mark.parametrize("annotations", ["coco", "yolo_detection", "yolo_segmentation", "none"])
def test_fiftyone_is_given_every_subset_and_where_each_frame_is_in_cvat(
    connection: Connection, tmp_path: Path, annotations: str
) -> None:
    split = Split(by="shares", seed=1)
    zips = zips_of(connection, annotations=annotations, split=split)
    data_set = to_fiftyone(zips, tmp_path / "out", name="Round 2")
    assert data_set.name == "Round 2"
    rows = {(each["task_id"], each["frame"]): each for each in data_set.samples}
    assert sorted(rows) == [(1, 20), (1, 21), (1, 22), (1, 23), (11, 0), (11, 1), (11, 2)]
    assert rows[1, 20]["filename"] == "north_0020.jpg"
    assert {tag for each in data_set.samples for tag in each.tags} >= {"train", "val"}
    labels = {given.get("label_type") for given in data_set.read}
    assert (
        labels
        == {
            "coco": {None},
            "yolo_detection": {"detections"},
            "yolo_segmentation": {"polylines"},
            "none": set(),
        }[annotations]
    )
