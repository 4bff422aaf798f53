"""Pictures stand in the folders of their tags, in each of them byte for byte."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from cvat.annotations import Label, Labels, Shape
from selections.archives import building
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask
from selections.splits import SPLITS, Split
from standin.annotated import add_annotated_task
from standin.server import StandIn
from tests.annotated import Case
from tests.conftest import connect
from tests.selections.builds import (
    again,
    built,
    killed,
    manifest_of,
    only_path,
    path_of,
    request,
    select,
)
from tests.selections.format_files import CASES, Written

CAR, DOG = Label(1, "car"), Label(2, "dog")
KEYS = ["imagenet", "yolo_classification"]
TAGGED = {  # of the case attributes_tags, as in CVAT's exports
    "frame_0": {"no_label"},
    "frame_1": {"no_label"},
    "frame_2": {"blurred", "car", "weather"},
    "frame_3": {"weather"},
    "frame_4": {"weather"},
    "frame_5": {"blurred"},
    "frame_6": {"no_label"},
    "frame_7": {"no_label"},
}
of_archives = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")


def placed(key: str, image: AnnotatedImage, *tasks: AnnotatedTask) -> list[str]:
    paths = FORMATS[key].picture_paths
    assert paths
    return list(paths(tasks)(image))


def task(*labels: Label, subset: str = "", splits: tuple[str, ...] = ()) -> AnnotatedTask:
    return AnnotatedTask(7, "task", subset, False, Labels(labels), splits)


def tagged(path: str, *labels: Label, subset: str = "") -> AnnotatedImage:
    shapes = [Shape("tag", label, 0) for label in labels]
    return AnnotatedImage(path, 9, 9, 7, 0, shapes, subset)


def folders(names: list[str], prefix: str) -> dict[str, set[str]]:
    """The folders of each picture, by its name without extension."""
    seen: dict[str, set[str]] = {}
    for name in names:
        if name.endswith(".jpg"):
            folder, _, picture = name.removeprefix(prefix).partition("/")
            seen.setdefault(picture.removesuffix(".jpg"), set()).add(folder)
    return seen


@of_archives
@pytest.mark.parametrize(("key", "prefix"), [("imagenet", ""), ("yolo_classification", "train/")])
@pytest.mark.parametrize("part_size", [0, 6000])
def test_pictures_stand_where_cvat_has_them(
    key: str,
    prefix: str,
    part_size: int,
    alice: User,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("selections.models.ArchiveOptions.SMALLEST_PART", 1)
    case = Case(CASES["attributes_tags"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations=key, part_size=part_size)
    assert (archive.status, archive.error) == ("ready", "")
    parts = list(archive.parts.all())
    assert (len(parts) > 1) == bool(part_size)
    names: list[str] = []
    lines: list[dict[str, Any]] = []
    for part in parts:
        assert not part_size or part.size <= part_size
        with zipfile.ZipFile(path_of(part)) as opened:
            assert opened.testzip() is None
            names += opened.namelist()
            manifest = json.loads(opened.read(opened.namelist()[-1]))
            lines += manifest["frames"]
            for line in manifest["frames"]:
                uploaded = (case.folder / "images" / line["filename"]).read_bytes()
                paths = line.get("paths", [line["path"]])
                assert paths[0] == line["path"]
                assert all(opened.read(path) == uploaded for path in paths)
    assert folders(names, prefix) == TAGGED
    assert len(names) == len(set(names))
    listed = [path for line in lines for path in line.get("paths", [line["path"]])]
    assert sorted(listed) == sorted(name for name in names if name.endswith(".jpg"))
    about = archive.remarks["annotations"]
    tags = sum(each["kind"] == "tag" for frame in case.reference().values() for each in frame)
    assert about["objects_count"] == tags


@of_archives
def test_a_killed_build_ends_complete_and_identical(alice: User, standin: StandIn) -> None:
    case = Case(CASES["attributes_tags"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    expected = built(selection, annotations="imagenet").parts.get().sha256
    archive = request(selection, annotations="imagenet")
    standin.faults.fail(f"/jobs/{case.jobs[0].id}/annotations", status=401)
    killed(archive)
    standin.faults.clear()
    building.build(archive.pk)
    archive = again(archive)
    assert (archive.status, archive.error) == ("ready", "")
    assert archive.parts.get().sha256 == expected


@of_archives
def test_the_classes_are_numbered_in_the_order_of_the_labels(alice: User, standin: StandIn) -> None:
    case = Case(CASES["attributes_tags"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], [0]))
    archive = built(selection, annotations="imagenet")
    with zipfile.ZipFile(only_path(archive)) as opened:
        numbers = json.loads(opened.read("labels.json"))
    assert list(numbers.items()) == [
        ("car", 0), ("bus", 1), ("plain", 2), ("weather", 3), ("blurred", 4),
    ]  # fmt: skip
    assert [line["path"] for line in manifest_of(archive)["frames"]] == ["no_label/frame_0.jpg"]


@of_archives
@pytest.mark.parametrize(
    ("key", "names"),
    [("imagenet", ["training", "validation", "testing"]), ("yolo_classification", SPLITS)],
)
def test_each_split_has_the_folders_of_the_tags_of_its_pictures(
    key: str, names: list[str], alice: User, standin: StandIn
) -> None:
    case = Case(CASES["attributes_tags"])
    add_annotated_task(standin.world, case.folder)
    selection = select(connect(alice, standin, "alice"), (case.task["id"], None))
    archive = built(selection, annotations=key, split=Split(by="shares", shares=(0.5, 0.25, 0.25)))
    with zipfile.ZipFile(only_path(archive)) as opened:
        paths = {name for name in opened.namelist() if name.endswith(".jpg")}
    lines = manifest_of(archive)["frames"]
    assert {line["split"] for line in lines} == set(SPLITS)
    assert paths == {
        f"{names[SPLITS.index(line['split'])]}/{folder}/{line['filename']}"
        for line in lines
        for folder in TAGGED[line["filename"].removesuffix(".jpg")]
    }


def test_splits_are_folders_of_their_own() -> None:
    names = ["train", "Val", "test", "night 1", ""]
    assert FORMATS["imagenet"].layout.folders(names) == {
        "train": "training", "Val": "validation", "test": "testing", "night 1": "night 1",
        "": "default",
    }  # fmt: skip
    assert FORMATS["imagenet"].layout.folders([""]) == {"": ""}
    # Two subsets that mean the same are one.
    assert FORMATS["imagenet"].layout.folders(["val", "validation"])["val"] == "validation"
    assert FORMATS["yolo_classification"].layout.folders(["val", ""]) == {
        "val": "val", "train": "train", "": "train",
    }  # fmt: skip
    of_split = task(CAR, splits=("train", "val"))
    image = tagged("validation/task_7/s/a.jpg", CAR, subset="val")
    assert placed("imagenet", image, of_split) == ["validation/car/task_7/s/a.jpg"]


def test_a_label_is_one_folder_that_every_file_system_can_hold() -> None:
    names = ["traffic/light", "traffic_light", "no_label", "..", "CON", "Car", "car", "labels.json"]
    labels = [Label(number, name) for number, name in enumerate(names, 1)]
    image = tagged("a.jpg", *labels)
    assert placed("imagenet", image, task(*labels)) == sorted(
        f"{folder}/a.jpg"
        for folder in [
            "traffic_light_", "traffic_light", "no_label_", "_", "_CON", "Car", "car_",
            "labels.json_",
        ]
    )  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_the_order_of_tags_plays_no_part(key: str) -> None:
    labels = [Label(number, name) for number, name in enumerate("fbdaec", 1)]
    folder = "" if key == "imagenet" else "train/"
    for tags in (labels, labels[::-1]):
        image = tagged(f"{folder}a.jpg", *tags, tags[0])
        assert placed(key, image, task(*labels)) == [f"{folder}{name}/a.jpg" for name in "abcdef"]


def test_each_subset_names_the_tags_of_its_pictures(tmp_path: Path) -> None:
    pictures = [
        tagged("train/car/s/a.jpg", DOG, CAR, subset="train"),
        tagged("val/no_label/b.jpg", subset="val"),
        tagged("train/dog/c.jpg", DOG, Label(9, "cow"), subset="train"),
    ]
    files = Written(
        "yolo_classification", pictures, tmp_path, [task(CAR, DOG, splits=("train", "val"))]
    )
    assert files.left_out == ["YOLO Classification has no class for the label 'cow'"]
    assert {path: json.loads(content) for path, content in files.files.items()} == {
        "train/labels.json": {
            "s/a": {"labels": ["car", "dog"], "path": "car/s/a.jpg"},
            "c": {"labels": ["dog"], "path": "dog/c.jpg"},
        },
        "val/labels.json": {"b": {"labels": [], "path": "no_label/b.jpg"}},
    }
