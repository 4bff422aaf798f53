"""COCO files hold what CVAT's own exports hold."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat.annotations import Attribute, Label, Labels, Shape
from cvat.overlapping import objects_by_frame
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask
from selections.formats.shared import masks
from selections.object_choice import ObjectChoice
from tests.annotated import ALL, Case, is_close
from tests.selections.format_files import bits

INSTANCES = [folder for folder in ALL if (folder / "exports/coco-1.0.json").exists()]
KEYPOINTS = [folder for folder in ALL if (folder / "exports/coco-keypoints-1.0.json").exists()]
CAR, DOG = Label(1, "car"), Label(2, "dog")

Json = dict[str, Any]


def written(
    key: str, images: Iterable[AnnotatedImage], folder: Path, labels: Iterable[Label] = (CAR, DOG)
) -> Json:
    form, images = FORMATS[key], list(images)
    task = AnnotatedTask(7, "task", "", False, Labels(labels))
    with closing(form.writer([task], folder)) as writer:
        for image in images:
            writer.add(image)
        files = [(file.path, file.content.read(), file.size) for file in writer.files("_part2")]
    ((path, content, size),) = files
    assert path.endswith("_default_part2.json")
    count, room = form.part_room([task])
    assert count == 1
    assert len(content) == size <= room + sum(form.image_room(image).bytes for image in images)
    return json.loads(content)


def test_each_subset_has_a_file_with_its_images_and_all_categories(tmp_path: Path) -> None:
    task = AnnotatedTask(7, "task", "", False, Labels([CAR, DOG]), splits=("train", "val", "test"))
    form = FORMATS["coco"]
    images = [
        AnnotatedImage(f"{place}.jpg", 60, 40, 7, place, [box] * place, subset=subset)
        for place, subset in enumerate(["val", "train", "train", "val"])
        for box in [Shape("rectangle", CAR, place, (1.0, 2.0, 3.0, 4.0))]
    ]
    with closing(form.writer([task], tmp_path)) as writer:
        for image in images:
            writer.add(image)
        files = {file.path: json.loads(file.content.read()) for file in writer.files("_part2")}
    assert list(files) == ["instances_val_part2.json", "instances_train_part2.json"]
    val, train = files.values()
    assert val["categories"] == train["categories"]
    assert [image["file_name"] for image in val["images"]] == ["0.jpg", "3.jpg"]
    assert [image["file_name"] for image in train["images"]] == ["1.jpg", "2.jpg"]
    names = {image["id"]: image["file_name"] for image in [*val["images"], *train["images"]]}
    assert len(names) == 4
    rows = [*val["annotations"], *train["annotations"]]
    assert len({row["id"] for row in rows}) == len(rows) == 6
    for document in (val, train):
        shown = Counter(names[row["image_id"]] for row in document["annotations"])
        assert shown == {
            image.path: len(image.shapes)
            for image in images
            if image.shapes and image.path in {each["file_name"] for each in document["images"]}
        }


def of_case(key: str, folder: Path, into: Path) -> Json:
    case, form = Case(folder), FORMATS[key]
    by_frame = objects_by_frame(
        case.exported_jobs, case.frames, case.load, deleted=case.meta.deleted_frames
    )
    images = []
    for frame, shapes in by_frame:
        info = case.meta.frames[frame]
        held = [
            shape
            for shape in shapes
            if not form.unsupported_reason(shape) and not form.broken_reason(shape)
        ]
        images.append(AnnotatedImage(info.name, info.width, info.height, 7, frame, held))
    return written(key, images, into, case.labels)


def of_cvat(folder: Path, name: str) -> Json:
    return json.loads((folder / f"exports/{name}.json").read_text())


def by_image(document: Json) -> dict[int, list[Json]]:
    """The annotations without what depends on their order, and without areas of polygons, which
    CVAT counts in pixels."""
    seen = defaultdict(list)
    for annotation in document["annotations"]:
        kept = {key: value for key, value in annotation.items() if key not in ("id", "area")}
        kept["attributes"] = dict(kept["attributes"])
        kept["attributes"].pop("track_id", None)
        seen[annotation["image_id"]].append(kept)
    return seen


def is_same(one: Json, other: Json) -> bool:
    parts = one["segmentation"], other["segmentation"]
    if all(isinstance(part, dict) for part in parts):
        # CVAT draws the outlines of ellipses with other rounding.
        pixels, others = (pixels_of(part["counts"]) for part in parts)
        if len(pixels & others) < 0.9 * len(pixels | others):
            return False
        one = one | {"segmentation": None, "bbox": None}
        other = other | {"segmentation": None, "bbox": None}
    return is_close(one, other)


def pixels_of(counts: list[int]) -> set[int]:
    pixels: set[int] = set()
    position = 0
    for index, length in enumerate(counts):
        if index % 2:
            pixels.update(range(position, position + length))
        position += length
    return pixels


def differing(ours: Json, theirs: Json) -> dict[int, tuple[list[Json], list[Json]]]:
    mine, other = by_image(ours), by_image(theirs)
    result = {}
    for number in mine.keys() | other.keys():
        remaining, missing = list(other[number]), []
        for each in mine[number]:
            twin = next((each_other for each_other in remaining if is_same(each, each_other)), None)
            if twin is None:
                missing.append(each)
            else:
                remaining.remove(twin)
        if missing or remaining:
            result[number] = missing, remaining
    return result


@pytest.mark.parametrize("folder", INSTANCES, ids=lambda path: path.name)
def test_instances_are_those_of_cvats_export(folder: Path, tmp_path: Path) -> None:
    ours, theirs = of_case("coco", folder, tmp_path), of_cvat(folder, "coco-1.0")
    assert ours["categories"] == theirs["categories"]
    for image, other in zip(ours["images"], theirs["images"], strict=True):
        # CVAT writes extensions in lower case.
        assert image["file_name"].lower() == other["file_name"].lower()
        assert image | {"file_name": ""} == other | {"file_name": ""}
    found = differing(ours, theirs)
    if folder.name == "shapes":  # a group of a car and of another label: joined by CVAT alone
        ((mine, others),) = [found.pop(1)]
        assert [each["bbox"] for each in mine] == [[5, 105, 20, 13], [28, 105, 17, 13]]
        assert [each["bbox"] for each in others] == [[5, 105, 40, 13]]
    if folder.name == "ground_truth":
        mine, others = found.pop(10)
        assert (len(mine), len(others)) == (2, 1)
    if folder.name == "overlap":  # masks and ellipses come twice in CVAT; a keyframe of two jobs
        kinds = [sorted(each["iscrowd"] for each in found.pop(n)[1]) for n in (5, 9)]
        assert kinds == [[0, 1, 1], [1, 1]]
    assert found == {}


@pytest.mark.parametrize("folder", KEYPOINTS, ids=lambda path: path.name)
def test_keypoints_are_those_of_cvats_export(folder: Path, tmp_path: Path) -> None:
    ours, theirs = (
        of_case("coco_keypoints", folder, tmp_path),
        of_cvat(folder, "coco-keypoints-1.0"),
    )
    for category in (*ours["categories"], *theirs["categories"]):
        category["skeleton"].sort()
    assert ours["categories"] == theirs["categories"]
    assert differing(ours, theirs) == {}


def test_an_incomplete_skeleton_has_absent_points(tmp_path: Path) -> None:
    folder = next(each for each in ALL if each.name == "skeleton_incomplete")
    annotation = of_case("coco_keypoints", folder, tmp_path)["annotations"][0]
    assert annotation["keypoints"].count(0) > 0
    assert annotation["num_keypoints"] == 2
    assert len(annotation["keypoints"]) == 3 * 4


def test_a_group_of_one_label_is_one_annotation_and_of_two_labels_is_not(tmp_path: Path) -> None:
    def box(x: float, label: Label, group: int) -> Shape:
        return Shape("rectangle", label, 0, (x, 0, x + 10, 10), group=group)

    shapes = [box(0, CAR, 1), box(20, CAR, 1), box(40, DOG, 1), box(60, CAR, 2), box(80, CAR, 0)]
    document = written("coco", [AnnotatedImage("a.jpg", 100, 50, 7, 0, shapes)], tmp_path)
    seen = [(each["category_id"], each["bbox"]) for each in document["annotations"]]
    assert seen == [
        (1, [0, 0, 30, 10]),
        (2, [40, 0, 10, 10]),
        (1, [60, 0, 10, 10]),
        (1, [80, 0, 10, 10]),
    ]


def test_a_group_of_labels_that_are_merged_is_one_annotation(tmp_path: Path) -> None:
    labels = ObjectChoice(rename=(("dog", "car"),)).renamed(Labels([CAR, DOG]))
    shapes = [
        Shape("rectangle", label, 0, (x, 0, x + 10, 10), group=1)
        for label, x in zip(labels, (0, 20), strict=True)
    ]
    image = AnnotatedImage("a.jpg", 100, 50, 7, 0, shapes)
    (annotation,) = written("coco", [image], tmp_path, labels)["annotations"]
    assert (annotation["category_id"], annotation["bbox"]) == (1, [0, 0, 30, 10])


def test_values_have_the_types_of_their_attributes(tmp_path: Path) -> None:
    specs = [("n", "number"), ("ok", "checkbox"), ("t", "text"), ("m", "number"), ("i", "number")]
    attributes = tuple(Attribute(i, name, False, kind, "") for i, (name, kind) in enumerate(specs))
    label = Label(1, "car", attributes=attributes)
    values = (("n", "5"), ("ok", "True"), ("t", "5"), ("m", "many"), ("i", "inf"))
    shape = Shape("rectangle", label, 0, (0, 0, 1, 1), attributes=values)
    image = AnnotatedImage("a.jpg", 9, 9, 7, 0, [shape])
    (annotation,) = written("coco", [image], tmp_path, [label])["annotations"]
    assert annotation["attributes"] == {
        "n": 5.0, "ok": True, "t": "5", "m": "many", "i": "inf", "occluded": False, "rotation": 0,
    }  # fmt: skip


MASK = (0, 4, 2, 1, 3, 2)  # four pixels
POLYGON = (2, 1, 4, 1, 4, 3, 2, 3)  # the same


@pytest.mark.parametrize(
    ("kind", "points", "value", "is_crowd"),
    [
        ("mask", MASK, "", 1),
        ("mask", MASK, "false", 0),
        ("mask", MASK, "True", 1),
        ("polygon", POLYGON, "", 0),
        ("polygon", POLYGON, "false", 0),
        ("polygon", POLYGON, "true", 1),
        ("polygon", POLYGON, "1", 1),
        ("rectangle", (2, 1, 4, 3), "true", 0),
    ],
)
def test_an_attribute_says_whether_the_segmentation_is_a_mask(
    kind: str, points: tuple[float, ...], value: str, is_crowd: int, tmp_path: Path
) -> None:
    label = Label(1, "car", attributes=(Attribute(1, "is_crowd", False, "text", ""),))
    shape = Shape(kind, label, 0, points, attributes=(("is_crowd", value),))
    image = AnnotatedImage("a.jpg", 9, 8, 7, 0, [shape])
    (annotation,) = written("coco", [image], tmp_path, [label])["annotations"]
    assert (annotation["iscrowd"], annotation["area"]) == (is_crowd, 4)
    assert annotation["bbox"] == [2, 1, 2, 2]
    segmentation = annotation["segmentation"]
    if is_crowd:
        assert pixels_of(segmentation["counts"]) == {17, 18, 25, 26}
    elif kind == "rectangle":
        assert segmentation == []
    else:
        corners = zip(segmentation[0][::2], segmentation[0][1::2], strict=True)
        assert sorted(corners) == [(2, 1), (2, 3), (4, 1), (4, 3)]
    assert annotation["attributes"]["is_crowd"] == value


@pytest.mark.parametrize("size", [9, 0])
def test_a_mask_without_outlines_has_a_reason(size: int, tmp_path: Path) -> None:
    no = (("is_crowd", "false"),)
    label = Label(1, "car", attributes=(Attribute(1, "is_crowd", False, "text", ""),))
    empty = Shape("mask", label, 0, (4, 0, 0, 1, 1), group=1, attributes=no)
    box = Shape("rectangle", label, 0, (0, 0, 5, 5), group=1, attributes=no)
    alone = AnnotatedImage("a.jpg", size, size, 7, 0, [empty])
    with_box = alone._replace(shapes=[empty, box])
    reason = "no area in the picture" if size else "the size of the picture is not known"
    assert left_out("coco", alone, tmp_path, [label]) == [reason]
    assert left_out("coco", with_box, tmp_path, [label]) == [reason]
    document = written("coco", [alone, with_box], tmp_path, [label])
    assert [(each["bbox"], each["segmentation"]) for each in document["annotations"]] == [
        ([0, 0, 5, 5], [])
    ]


@pytest.mark.parametrize(
    ("value", "score"), [("0.5", 0.5), ("7", 7.0), ("high", None), ("nan", None), ("", None)]
)
def test_a_score_that_is_a_number_stands_where_readers_look(
    value: str, score: float | None, tmp_path: Path
) -> None:
    label = Label(1, "car", attributes=(Attribute(1, "score", False, "text", ""),))
    shape = Shape("rectangle", label, 0, (2, 1, 4, 3), attributes=(("score", value),))
    image = AnnotatedImage("a.jpg", 9, 8, 7, 0, [shape])
    (annotation,) = written("coco", [image], tmp_path, [label])["annotations"]
    assert annotation.get("score") == score
    assert ("score" in annotation) == (score is not None)
    assert annotation["attributes"]["score"] == value


@pytest.mark.parametrize(
    "points", [[0, 5, 1, 1, 2, 2], [4, 1, 1, 1, 1, 2, 2], [10**12, 0, 0, 10**6 - 1, 10**6 - 1]]
)
def test_a_mask_whose_runs_do_not_fill_its_box_is_a_flaw(points: list[float]) -> None:
    assert FORMATS["coco"].broken_reason(Shape("mask", CAR, 0, points))
    assert not FORMATS["cvat_images"].broken_reason(Shape("mask", CAR, 0, points))


def test_a_mask_over_the_edge_is_cut() -> None:
    whole = masks.of_mask([0, 16, 2, 1, 5, 4], 100, 100)
    assert (masks.area(whole), masks.box(whole, 100)) == (16, (2, 1, 4, 4))
    assert masks.area(masks.of_mask([0, 16, -2, -1, 1, 2], 100, 100)) == 2 * 3
    assert masks.area(masks.of_mask([0, 16, 98, 97, 101, 100], 100, 100)) == 2 * 3
    assert masks.of_mask([0, 16, 200, 1, 203, 4], 100, 100) == []


@given(
    st.integers(1, 12),
    st.integers(1, 12),
    bits(144),
    st.integers(-5, 15),
    st.integers(-5, 15),
)
def test_a_mask_keeps_its_pixels(
    wide: int, high: int, drawn: list[bool], left: int, top: int
) -> None:
    rows = drawn[: wide * high]
    lengths = [0]
    for bit in rows:
        if bit == bool(len(lengths) % 2 == 0):
            lengths[-1] += 1
        else:
            lengths.append(1)
    points = [*lengths, left, top, left + wide - 1, top + high - 1]
    width, height = 16, 14
    expected = {
        (left + n % wide) * height + top + n // wide
        for n, bit in enumerate(rows)
        if bit and 0 <= left + n % wide < width and 0 <= top + n // wide < height
    }
    runs = masks.of_mask(points, width, height)
    counts = masks.counts(runs, width * height)
    assert pixels_of(counts) == expected
    assert (sum(counts), masks.area(runs)) == (width * height, len(expected))
    if expected:
        xs, ys = {n // height for n in expected}, {n % height for n in expected}
        box = min(xs), min(ys), max(xs) - min(xs) + 1, max(ys) - min(ys) + 1
        assert masks.box(runs, height) == box


def test_a_polygon_covers_the_pixels_whose_centres_lie_in_it() -> None:
    runs = masks.of_polygon([5, 5, 40, 5, 40, 30, 5, 30], 97, 61)
    assert (masks.area(runs), masks.box(runs, 61)) == (875, (5, 5, 35, 25))
    assert masks.of_polygon([-9, -9, 200, -9, 200, 200, -9, 200], 97, 61) == [(0, 97 * 61)]


def test_an_ellipse_outside_of_the_picture_has_no_annotation(tmp_path: Path) -> None:
    shape = Shape("ellipse", CAR, 0, (500, 500, 510, 490))
    image = AnnotatedImage("a.jpg", 9, 9, 7, 0, [shape])
    assert written("coco", [image], tmp_path)["annotations"] == []


@pytest.mark.parametrize("rotation", [0, 30])
def test_an_ellipse_far_larger_than_the_picture_covers_it_in_short_time(rotation: float) -> None:
    points = [50, 30, 50 + 1e9, 30 - 1e9]
    assert masks.of_ellipse(points, rotation, 97, 61) == [(0, 97 * 61)]


@given(
    st.integers(-30, 60),
    st.integers(-30, 60),
    st.integers(0, 40),
    st.integers(0, 40),
    st.floats(0, 360),
)
def test_the_edge_of_the_picture_cuts_an_ellipse(
    x: int, y: int, wide: int, high: int, rotation: float
) -> None:
    def pixels(centre: tuple[int, int], width: int, height: int) -> set[tuple[int, int]]:
        points = [*centre, centre[0] + wide, centre[1] - high]
        runs = masks.of_ellipse(points, rotation, width, height)
        return {divmod(position, height) for run in runs for position in range(*run)}

    whole = pixels((x + 100, y + 100), 300, 300)
    inside = {(a - 100, b - 100) for a, b in whole if 0 <= a - 100 < 31 and 0 <= b - 100 < 23}
    assert pixels((x, y), 31, 23) == inside


def test_a_mask_far_larger_than_the_picture_takes_no_memory_for_what_is_outside() -> None:
    side = 2**14
    points = [0, side * side, -5, -5, side - 6, side - 6]
    tracemalloc.start()
    try:
        assert masks.broken_reason(points) == ""
        assert masks.of_mask(points, 97, 61) == [(0, 97 * 61)]
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def left_out(key: str, image: AnnotatedImage, folder: Path, labels: Iterable[Label]) -> list[str]:
    task = AnnotatedTask(7, "task", "", False, Labels(labels))
    with closing(FORMATS[key].writer([task], folder)) as writer:
        return list(writer.add(image))


def test_an_object_without_a_class_is_in_none(tmp_path: Path) -> None:
    sublabel = Label(3, "nose")
    labels = [CAR, Label(2, "face", type="skeleton", sublabels=(sublabel,))]
    shape = Shape("rectangle", sublabel, 0, (0, 0, 1, 1))
    image = AnnotatedImage("a.jpg", 9, 9, 7, 0, [shape])
    assert written("coco", [image], tmp_path, labels)["annotations"] == []
    assert left_out("coco", image, tmp_path, labels) == ["COCO has no class for the label 'nose'"]


def test_objects_without_an_annotation_have_a_reason(tmp_path: Path) -> None:
    outside = Shape("ellipse", CAR, 0, (500, 500, 510, 490), group=1)
    box = Shape("rectangle", CAR, 0, (0, 0, 5, 5), group=1)
    empty = Shape("mask", DOG, 0, (4, 0, 0, 1, 1))
    shapes = [outside, box, empty]
    sized, unsized = (AnnotatedImage("a.jpg", n, n, 7, 0, shapes) for n in (9, 0))
    assert left_out("coco", sized, tmp_path, [CAR, DOG]) == ["no area in the picture"] * 2
    assert (
        left_out("coco", unsized, tmp_path, [CAR, DOG])
        == ["the size of the picture is not known"] * 2
    )
    (annotation,) = written("coco", [sized], tmp_path)["annotations"]
    assert annotation["bbox"] == [0, 0, 5, 5]


def test_swapped_corners_are_put_in_order(tmp_path: Path) -> None:
    swapped = Shape("rectangle", CAR, 0, (60, 50, 40, 30))
    image = AnnotatedImage("a.jpg", 90, 90, 7, 0, [swapped])
    (annotation,) = written("coco", [image], tmp_path)["annotations"]
    assert (annotation["bbox"], annotation["area"]) == ([40, 30, 20, 20], 400)


def test_skeletons_of_one_name_have_their_points_in_one_order(tmp_path: Path) -> None:
    def skeleton(first: int, *names: str) -> Label:
        sublabels = tuple(Label(first + n, name, type="points") for n, name in enumerate(names, 1))
        nodes = "".join(
            f'<circle data-type="element node" data-node-id="{n}" data-label-id="{sublabel.id}"/>'
            for n, sublabel in enumerate(sublabels, 1)
        )
        line = '<line data-type="edge" data-node-from="1" data-node-to="2"/>'
        return Label(first, "face", type="skeleton", sublabels=sublabels, svg=line + nodes)

    def drawn(label: Label, *places: int) -> Shape:
        points = zip(label.sublabels, places, strict=True)
        elements = tuple(Shape("points", sublabel, 0, (x, x)) for sublabel, x in points)
        return Shape("skeleton", label, 0, elements=elements)

    one, other = skeleton(10, "nose", "ear"), skeleton(20, "chin", "ear", "nose")
    tasks = [AnnotatedTask(n, "t", "", False, Labels([each])) for n, each in ((7, one), (8, other))]
    images = [
        AnnotatedImage("a.jpg", 9, 9, 7, 0, [drawn(one, 1, 2)]),
        AnnotatedImage("b.jpg", 9, 9, 8, 0, [drawn(other, 3, 2, 1)]),
    ]
    with closing(FORMATS["coco_keypoints"].writer(tasks, tmp_path)) as writer:
        for image in images:
            assert list(writer.add(image)) == []
        (file,) = writer.files("")
        document = json.loads(file.content.read())
    (category,) = document["categories"]
    assert category["keypoints"] == ["nose", "ear", "chin"]
    assert category["skeleton"] == [[1, 2], [3, 2]]
    assert [each["keypoints"] for each in document["annotations"]] == [
        [1, 1, 2, 2, 2, 2, 0, 0, 0],
        [1, 1, 2, 2, 2, 2, 3, 3, 2],
    ]
