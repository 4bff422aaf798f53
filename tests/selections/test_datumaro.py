"""Datumaro files hold what CVAT's own export holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvat.annotations import Label, Labels, Shape
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask
from selections.formats.shared import masks
from tests.annotated import ALL, Case, differences
from tests.recorded import FOLDER
from tests.selections.format_files import Written, bits, of_case, written

CAR = Label(1, "car")
Json = dict[str, Any]


def image(*shapes: Shape, size: int = 10, subset: str = "") -> AnnotatedImage:
    path = f"images/{subset or 'default'}/s/a.jpg"
    return AnnotatedImage(path, size, size, 7, 3, shapes, subset)


def document(files: Written, subset: str = "default") -> Json:
    content: Json = json.loads(files.files[f"annotations/{subset}.json"])
    return content


def runs_of(text: str) -> list[int]:
    """The lengths in the text of COCO's compressed RLE."""
    lengths: list[int] = []
    number = shift = 0
    for character in text:
        bits = ord(character) - 48
        number |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            number -= 1 << shift
        lengths.append(number + (lengths[-2] if len(lengths) > 2 else 0))
        number = shift = 0
    return lengths


def comparable(annotation: Json) -> Json:
    """Without ids, which are all 0 in CVAT's export, and without the number of a track, which is
    its position there."""
    other = {key: value for key, value in annotation.items() if key not in ("id", "rle")}
    if "rle" in annotation:
        other["rle"] = runs_of(annotation["rle"]["counts"])
    if other["type"] == "points":
        other.pop("z_order", None)
    if "elements" in other:
        elements = [comparable(each) for each in other["elements"]]
        other["elements"] = sorted(elements, key=lambda each: (each["label_id"], each["points"]))
    other["attributes"] = {
        name: value for name, value in other["attributes"].items() if name != "track_id"
    }
    return other


@pytest.mark.parametrize("name", ["shapes", "skeletons", "attributes_tags", "tracks_images"])
def test_objects_are_those_of_cvats_export(name: str, tmp_path: Path) -> None:
    ours = document(of_case("datumaro", name, tmp_path))
    path = FOLDER / "annotated" / name / "exports/datumaro-1.0.json"
    theirs = json.loads(path.read_text(encoding="utf-8"))
    for each in (ours, theirs):
        for skeleton in each["categories"]["points"]["items"]:
            skeleton["joints"].sort()
    assert ours["categories"] == theirs["categories"]
    assert (ours["dm_format_version"], ours["media_type"]) == ("1.0", 2)
    seen = {item["id"]: item for item in ours["items"]}
    expected = {item["id"]: item for item in theirs["items"]}
    assert seen.keys() == expected.keys()
    for key, item in seen.items():
        other = expected[key]
        assert (item["attr"], item["image"]) == (other["attr"], other["image"])
        pair = [list(map(comparable, each["annotations"])) for each in (item, other)]
        assert differences(*pair) == ([], []), key


def test_every_picture_of_every_recorded_task_is_an_item(tmp_path: Path) -> None:
    for folder in ALL:
        case = Case(folder)
        subset = case.task["subset"] or "default"
        items = document(of_case("datumaro", folder.name, tmp_path), subset)["items"]
        assert len({item["id"] for item in items}) == len(case.frames)


def test_pictures_of_a_subset_are_in_its_file(tmp_path: Path) -> None:
    task = AnnotatedTask(7, "task", "", False, Labels([CAR]), ("train", "val"))
    tag = Shape("tag", CAR, 0)
    pictures = [image(tag, subset="val"), image(subset="train"), image(tag, subset="val")]
    files = Written("datumaro", pictures, tmp_path, [task])
    assert {
        subset: [len(item["annotations"]) for item in document(files, subset)["items"]]
        for subset in ("train", "val")
    } == {"train": [0], "val": [1, 1]}
    item = document(files, "val")["items"][0]
    assert (item["id"], item["image"]["path"]) == ("s/a", "s/a.jpg")
    assert FORMATS["datumaro"].layout.folders(["val", ""]) == {
        "val": "images/val", "default": "images/default", "": "images/default",
    }  # fmt: skip


def test_a_skeleton_that_gets_the_name_of_another_label_keeps_its_points(tmp_path: Path) -> None:
    """By renaming, or because tasks have labels of one name and different types."""
    nose = Label(3, "nose")
    person, pose = Label(1, "person"), Label(2, "person", type="skeleton", sublabels=(nose,))
    element = Shape("points", nose, 0, (1, 2))
    shapes = [Shape("rectangle", person, 0, (1, 1, 2, 2)), Shape("skeleton", pose, 0)]
    drawn = msgspec.structs.replace(shapes[1], elements=(element,))
    files = written("datumaro", [image(shapes[0], drawn)], tmp_path, person, pose)
    categories = document(files)["categories"]
    assert [each["name"] for each in categories["label"]["labels"]] == ["person", "nose"]
    points = categories["points"]["items"]
    assert [(each["label_id"], each["labels"]) for each in points] == [(0, ["nose"])]
    (item,) = document(files)["items"]
    assert [each["label_id"] for each in item["annotations"]] == [0, 0]
    assert item["annotations"][1]["elements"][0]["label_id"] == 1


def test_without_pictures_there_is_a_file(tmp_path: Path) -> None:
    assert document(written("datumaro", [], tmp_path, CAR))["items"] == []


def test_objects_without_a_place_have_a_reason(tmp_path: Path) -> None:
    outside = Shape("mask", CAR, 0, (0, 1, 50, 50, 50, 50))
    strange = Shape("tag", Label(9, "cow"), 0)
    files = written("datumaro", [image(outside, strange)], tmp_path, CAR)
    assert files.left_out == [
        "no area in the picture", "Datumaro has no class for the label 'cow'",
    ]  # fmt: skip
    assert (
        FORMATS["datumaro"].unsupported_reason(Shape("cuboid", CAR, 0))
        == "Datumaro has no place for cuboids"
    )


@settings(max_examples=40)
@given(bits(48))
def test_pixels_of_a_mask_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, pixels: list[bool]
) -> None:
    wide, high = 8, 6
    lengths, last = [0], False
    for bit in pixels:
        if bit != last:
            lengths.append(0)
            last = bit
        lengths[-1] += 1
    shape = Shape("mask", CAR, 0, (*lengths, 1, 2, wide, high + 1))
    picture = image(shape)
    files = written("datumaro", [picture], tmp_path_factory.getbasetemp(), CAR)
    annotations = document(files)["items"][0]["annotations"]
    if not any(pixels):
        assert annotations == []
        return
    rle = annotations[0]["rle"]
    assert rle["size"] == [10, 10]
    expected = masks.counts(masks.of_mask(shape.points, 10, 10), 100)
    assert runs_of(rle["counts"]) == expected


numbers = st.floats(-50, 150).map(lambda number: round(number, 2))
points = st.lists(numbers, min_size=6, max_size=12).map(lambda each: each[: len(each) // 2 * 2])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(["polygon", "polyline", "points"]), points), max_size=5),
    st.randoms(use_true_random=False),
)
def test_points_are_read_back_in_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    given_shapes: list[tuple[str, list[float]]],
    random: Any,
) -> None:
    shapes = [Shape(kind, CAR, 0, each) for kind, each in given_shapes]
    shuffled = random.sample(shapes, len(shapes))
    folder = tmp_path_factory.getbasetemp()
    files = written("datumaro", [image(*shuffled)], folder, CAR)
    seen = [(each["type"], each["points"]) for each in document(files)["items"][0]["annotations"]]
    assert sorted(seen) == sorted((shape.kind, list(shape.points)) for shape in shapes)
