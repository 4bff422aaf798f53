"""Painted pictures show the class and the object of each pixel, as CVAT's own exports do."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Collection
from operator import ne
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat.annotations import Label, Shape
from selections.formats.format import AnnotatedImage
from selections.formats.shared import masks
from selections.formats.shared.layers import TOO_LARGE
from selections.formats.shared.voc import table_color
from tests.annotated import ALL, Case
from tests.recorded import FOLDER
from tests.selections.format_files import Written, of_case, written

Pixels = list[tuple[int, int, int]]
CAR, DOG = Label(1, "car", "#2080c0"), Label(2, "dog", "#c06060")
BLACK = (0, 0, 0)
BLUE, RED = (0x20, 0x80, 0xC0), (0xC0, 0x60, 0x60)
CLASS, OBJECT = "SegmentationClass", "SegmentationObject"


def pixels(png: bytes) -> Pixels:
    with Image.open(io.BytesIO(png)) as image:
        return list(image.convert("RGB").get_flattened_data())


def image(*shapes: Shape, size: int = 10) -> AnnotatedImage:
    return AnnotatedImage("JPEGImages/a.jpg", size, size, 7, 0, shapes)


def colors(files: Written) -> dict[str, tuple[int, ...]]:
    lines = [line.split(":") for line in files.lines("labelmap.txt")[1:]]
    return {name: tuple(map(int, rgb.split(","))) for name, rgb, _, _ in lines}


def rectangle(label: Label, x1: int, y1: int, x2: int, y2: int, **values: Any) -> Shape:
    return Shape("rectangle", label, 0, (x1, y1, x2, y2), **values)


# A picture on which CVAT's export has another class, because a group has several labels; and one on
# which an ellipse is not rotated.
OTHER_CLASSES = {"a_boxes"}
OTHER_PIXELS = {"d_ellipses"}


@pytest.mark.parametrize(
    ("key", "export", "name", "other_pixels", "other_classes"),
    [
        ("segmentation_mask", "segmentation-mask-1.1", "shapes", OTHER_PIXELS, OTHER_CLASSES),
        ("segmentation_mask", "segmentation-mask-1.1", "overlap", (), ()),
        ("pascal_voc", "pascal-voc-1.1", "shapes", (), ()),
    ],
)
def test_pixels_are_those_of_cvats_export(
    key: str,
    export: str,
    name: str,
    other_pixels: Collection[str],
    other_classes: Collection[str],
    tmp_path: Path,
) -> None:
    files = of_case(key, name, tmp_path)
    recorded = list((FOLDER / "annotated" / name / "exports" / export).glob(f"{CLASS}/*.png"))
    assert recorded
    for path in recorded:
        if path.stem in other_pixels:
            continue
        theirs, ours = pixels(path.read_bytes()), pixels(files.files[f"{CLASS}/{path.name}"])
        if name == "overlap":
            # The background has the colour of the class that comes first by its name.
            theirs = [BLACK if each == (228, 0, 168) else each for each in theirs]
        assert set(ours) <= set(colors(files).values())
        if path.stem in other_classes:
            theirs, ours = ([each != BLACK for each in picture] for picture in (theirs, ours))
        # CVAT counts the pixels along an outline in another way.
        allowed = 0 if path.stem == "f_masks" else 45
        assert sum(map(ne, ours, theirs)) <= allowed, path


def test_classes_are_in_the_order_of_the_labels_after_the_background(tmp_path: Path) -> None:
    assert list(colors(of_case("segmentation_mask", "overlap", tmp_path)).items()) == [
        ("background", BLACK),
        ("car", (32, 128, 192)),
        ("person", (192, 96, 96)),
        ("scene", (54, 218, 148)),
        ("stick", (116, 85, 211)),
    ]


def test_every_picture_is_painted_and_listed(tmp_path: Path) -> None:
    for folder in ALL:
        files = of_case("segmentation_mask", folder.name, tmp_path)
        subset = Case(folder).task["subset"] or "default"
        stems = files.lines(f"ImageSets/Segmentation/{subset}.txt")
        assert len(stems) == len(Case(folder).frames)
        assert {f"{kind}/{stem}.png" for kind in (CLASS, OBJECT) for stem in stems} < set(
            files.files
        )


def test_what_lies_above_covers_what_lies_below(tmp_path: Path) -> None:
    shapes = [rectangle(CAR, 0, 0, 10, 10), rectangle(DOG, 2, 2, 4, 4)]
    files = written("segmentation_mask", [image(*shapes)], tmp_path, CAR, DOG)
    seen = pixels(files.files[f"{CLASS}/a.png"])
    assert Counter(seen) == {BLUE: 96, RED: 4}
    assert seen[22] == seen[33] == RED
    objects = pixels(files.files[f"{OBJECT}/a.png"])
    assert (objects[0], objects[22]) == (table_color(1), table_color(2))


def test_objects_of_one_label_in_a_group_are_one(tmp_path: Path) -> None:
    shapes = [
        rectangle(CAR, 0, 0, 1, 1, group=5),
        rectangle(DOG, 1, 0, 2, 1, group=5),
        rectangle(CAR, 2, 0, 3, 1, group=5),
        rectangle(CAR, 3, 0, 4, 1),
        rectangle(CAR, 4, 0, 5, 1),
    ]
    files = written("segmentation_mask", [image(*shapes)], tmp_path, CAR, DOG)
    expected = [table_color(number) for number in (1, 2, 1, 3, 4, 0)]
    assert pixels(files.files[f"{OBJECT}/a.png"])[:6] == expected


def test_a_label_background_is_the_background(tmp_path: Path) -> None:
    none = Label(3, "background", "#ff0000")
    shapes = [rectangle(CAR, 0, 0, 10, 10), rectangle(none, 0, 0, 5, 10)]
    files = written("segmentation_mask", [image(*shapes)], tmp_path, CAR, none)
    for kind, color in ((CLASS, BLUE), (OBJECT, table_color(1))):
        assert Counter(pixels(files.files[f"{kind}/a.png"])) == {BLACK: 50, color: 50}
    assert list(colors(files)) == ["background", "car"]


def test_no_two_classes_have_one_color_or_one_line(tmp_path: Path) -> None:
    given = ["#2080c0", "#2080c0", "", "#000000", "red", "#2080C0"]
    names = ["a:b", "a_b", "#x", "a\nb", "ü b", "c"]
    labels = [Label(n, *pair) for n, pair in enumerate(zip(names, given, strict=True))]
    files = written("segmentation_mask", [image()], tmp_path, *labels)
    assert list(colors(files)) == ["background", "a_b__", "a_b", "_#x", "a_b_", "ü b", "c"]
    assert len(set(colors(files).values())) == 7


def test_more_classes_than_a_table_has(tmp_path: Path) -> None:
    labels = [Label(n, f"label {n}") for n in range(1, 400)]
    shape = rectangle(labels[-1], 0, 0, 5, 10)
    files = written("segmentation_mask", [image(shape)], tmp_path, *labels)
    last = colors(files)["label 399"]
    assert Counter(pixels(files.files[f"{CLASS}/a.png"])) == {BLACK: 50, last: 50}


def test_a_picture_that_cannot_be_painted_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = rectangle(CAR, 0, 0, 5, 5)
    outside = rectangle(CAR, 50, 50, 55, 55)
    files = written("segmentation_mask", [image(shape, size=0)], tmp_path, CAR)
    assert (list(files.files), files.left_out) == (
        ["labelmap.txt"],
        ["the size of the picture is not known"],
    )
    monkeypatch.setattr("selections.formats.shared.layers.MOST_PIXELS", 99)
    files = written("segmentation_mask", [image(shape)], tmp_path, CAR)
    assert files.left_out == [TOO_LARGE]
    monkeypatch.undo()
    files = written("segmentation_mask", [image(shape, outside)], tmp_path, CAR)
    assert files.left_out == ["no area in the picture"]


areas = st.builds(
    lambda label, x1, y1, wide, high: rectangle(label, x1, y1, x1 + wide, y1 + high),
    st.sampled_from([CAR, DOG]),
    *[st.integers(-3, 9)] * 2,
    *[st.integers(1, 6)] * 2,
)


@settings(max_examples=40)
@given(st.lists(areas, max_size=5))
def test_each_pixel_has_the_uppermost_object(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[Shape]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    files = written("segmentation_mask", [image(*shapes)], folder, CAR, DOG)
    seen = pixels(files.files[f"{CLASS}/a.png"])
    for y in range(10):
        for x in range(10):
            above = [each.label for each in shapes if _covers(each, x, y)]
            color = {None: BLACK, CAR: BLUE, DOG: RED}[above[-1] if above else None]
            assert seen[y * 10 + x] == color


def _covers(shape: Shape, x: int, y: int) -> bool:
    x1, y1, x2, y2 = shape.points
    return x1 <= x < x2 and y1 <= y < y2


def test_a_mask_is_painted_pixel_by_pixel(tmp_path: Path) -> None:
    # Rows of 3: .x. xxx
    points = (1, 1, 1, 3, 4, 5, 6, 6)
    files = written("segmentation_mask", [image(Shape("mask", CAR, 0, points))], tmp_path, CAR)
    seen = pixels(files.files[f"{CLASS}/a.png"])
    assert {divmod(n, 10) for n, color in enumerate(seen) if color == BLUE} == {
        (5, 5), (6, 4), (6, 5), (6, 6),
    }  # fmt: skip
    assert masks.area(masks.of_mask(points, 10, 10)) == 4
