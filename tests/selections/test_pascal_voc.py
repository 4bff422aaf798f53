"""Pascal VOC holds what CVAT's own export holds, and what readers accept."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvat.annotations import Attribute, Label, Labels, Shape
from selections.formats.format import AnnotatedImage, AnnotatedTask
from tests.annotated import ALL, Case, differences
from tests.recorded import FOLDER
from tests.selections.format_files import Written, of_case, written

CAR, DOG = Label(1, "car"), Label(2, "dog")


def image(*shapes: Shape, path: str = "a.jpg", size: int = 100) -> AnnotatedImage:
    return AnnotatedImage(f"JPEGImages/{path}", size, size, 7, 0, shapes)


def objects(xml: bytes | str) -> list[dict[str, Any]]:
    """The objects of an XML, as a reader has them."""
    return [
        {
            "name": each.findtext("name"),
            "box": [float(each.findtext(f"bndbox/{corner}", "")) for corner in CORNERS],
            "flags": [each.findtext(flag) for flag in ("truncated", "occluded", "difficult")],
            "attributes": {
                attribute.findtext("name"): attribute.findtext("value")
                for attribute in each.iter("attribute")
            },
        }
        for each in ElementTree.fromstring(xml).iter("object")
    ]


CORNERS = ("xmin", "ymin", "xmax", "ymax")


def comparable(each: dict[str, Any]) -> dict[str, Any]:
    """Without the number of a track, which is its position in CVAT's export."""
    attributes = {name: value for name, value in each["attributes"].items() if name != "track_id"}
    return each | {"attributes": attributes}


@pytest.mark.parametrize("name", ["shapes", "attributes_tags", "tracks_images", "names"])
def test_boxes_are_those_of_cvats_export(name: str, tmp_path: Path) -> None:
    files = of_case("pascal_voc", name, tmp_path)
    export = FOLDER / "annotated" / name / "exports/pascal-voc-1.1"
    xmls = [path for path in files.files if path.startswith("Annotations/")]
    assert len(xmls) == len(files.lines("ImageSets/Main/default.txt"))
    theirs = {str(path.relative_to(export)) for path in export.rglob("*.xml")}
    # `s/a.jpg` has another name in the ZIP, because `s/A.jpg` stands beside it.
    assert theirs - set(xmls) <= {"Annotations/s/a.xml"}
    for path in xmls:
        if "_frame_" in path:
            continue
        recorded = (export / path).read_bytes() if path in theirs else b"<annotation/>"
        pair = [list(map(comparable, objects(xml))) for xml in (files.files[path], recorded)]
        assert differences(*pair) == ([], [])


def test_tags_are_lists_of_pictures(tmp_path: Path) -> None:
    files = of_case("pascal_voc", "attributes_tags", tmp_path)
    lists = {
        path.removeprefix("ImageSets/Main/"): files.lines(path)
        for path in files.files
        if path.startswith("ImageSets/Main/")
    }
    assert lists == {
        "default.txt": [f"frame_{n}" for n in range(8)],
        "weather_default.txt": ["frame_2  1", "frame_3  1", "frame_4  1"],
        "blurred_default.txt": ["frame_2  1", "frame_5  1"],
        "car_default.txt": ["frame_2  1"],
    }


def test_the_head_names_the_picture_and_its_size(tmp_path: Path) -> None:
    files = of_case("pascal_voc", "names", tmp_path)
    head = ElementTree.fromstring(files.files["Annotations/t/a.xml"])
    names = ("folder", "filename", "size/width", "size/height")
    assert [head.findtext(name) for name in names] == [
        "JPEGImages", "t/a.jpg", "64", "48",
    ]  # fmt: skip
    assert ElementTree.fromstring(files.files["Annotations/UPPER.xml"]).findtext("filename") == (
        "UPPER.JPG"
    )


def test_every_picture_has_an_xml_and_each_path_once(tmp_path: Path) -> None:
    for folder in ALL:
        files = of_case("pascal_voc", folder.name, tmp_path)
        count = len(Case(folder).frames)
        assert sum(path.startswith("Annotations/") for path in files.files) == count


def test_a_label_with_a_slash_is_a_class_and_its_list_a_file(tmp_path: Path) -> None:
    files = of_case("pascal_voc", "label_slash", tmp_path)
    assert "traffic/light:128,0,0::" in files.lines("labelmap.txt")
    assert files.lines("ImageSets/Main/traffic_light_default.txt") == ["a  1"]
    assert objects(files.files["Annotations/a.xml"])[0]["name"] == "traffic/light"


def test_a_list_of_a_tag_is_none_of_a_subset(tmp_path: Path) -> None:
    rain = Label(1, "rain")
    picture = image(Shape("tag", rain, 0))._replace(subset="rain_a")
    other = image(Shape("tag", rain, 0), path="b.jpg")._replace(subset="a")
    files = Written("pascal_voc", [picture, other], tmp_path, tasks_of(rain, "rain_a", "a"))
    assert files.lines("ImageSets/Main/rain_a.txt") == ["a"]
    assert files.lines("ImageSets/Main/_rain_a.txt") == ["b  1"]


def tasks_of(label: Label, *subsets: str) -> list[AnnotatedTask]:
    return [AnnotatedTask(7, "task", "", False, Labels([label]), subsets)]


def test_flags_are_elements_and_not_attributes(tmp_path: Path) -> None:
    flags = tuple(
        Attribute(n, name, False, "checkbox", "false") for n, name in enumerate(["truncated", "x"])
    )
    label = Label(1, "car", attributes=flags)
    given = (("truncated", "true"), ("x", "true"))
    box = Shape("rectangle", label, 0, (1, 1, 2, 2), is_occluded=True, attributes=given)
    files = written("pascal_voc", [image(box)], tmp_path, label)
    (seen,) = objects(files.files["Annotations/a.xml"])
    assert seen["flags"] == ["1", "1", "0"]
    assert seen["attributes"] == {"x": "True", "rotation": "0.0"}


@pytest.mark.parametrize(
    ("kind", "value", "flag", "kept"),
    [
        ("number", "1", "1", {}),
        ("number", "0", "0", {}),
        ("select", "1", "1", {}),
        ("number", "2", "0", {"difficult": "2.0"}),
        ("select", "very", "0", {"difficult": "very"}),
        ("text", "", "0", {"difficult": ""}),
    ],
)
def test_a_flag_is_a_number_too_and_no_other_value_is_lost(
    kind: str, value: str, flag: str, kept: dict[str, str], tmp_path: Path
) -> None:
    label = Label(1, "car", attributes=(Attribute(1, "difficult", False, kind, ""),))
    box = Shape("rectangle", label, 0, (1, 1, 2, 2), attributes=(("difficult", value),))
    files = written("pascal_voc", [image(box)], tmp_path, label)
    (seen,) = objects(files.files["Annotations/a.xml"])
    assert seen["flags"] == ["0", "0", flag]
    assert {name: value or "" for name, value in seen["attributes"].items()} == {
        **kept,
        "rotation": "0.0",
    }


def test_the_pose_is_an_element_behind_the_name(tmp_path: Path) -> None:
    label = Label(1, "car", attributes=(Attribute(1, "pose", False, "select", ""),))
    box = Shape("rectangle", label, 0, (1, 1, 2, 2), attributes=(("pose", "Left & up"),))
    files = written("pascal_voc", [image(box)], tmp_path, label)
    (element,) = ElementTree.fromstring(files.files["Annotations/a.xml"]).iter("object")
    assert [each.tag for each in element][:3] == ["name", "pose", "truncated"]
    assert element.findtext("pose") == "Left & up"
    (seen,) = objects(files.files["Annotations/a.xml"])
    assert seen["attributes"] == {"rotation": "0.0"}


def test_swapped_corners_are_put_in_order(tmp_path: Path) -> None:
    box = Shape("rectangle", CAR, 0, (20, 30, 10, 5))
    files = written("pascal_voc", [image(box)], tmp_path, CAR)
    assert objects(files.files["Annotations/a.xml"])[0]["box"] == [10, 5, 20, 30]


def test_objects_without_a_place_have_a_reason(tmp_path: Path) -> None:
    outside = Shape("ellipse", CAR, 0, (500, 500, 510, 490))
    strange = Shape("rectangle", Label(9, "cow"), 0, (1, 1, 2, 2))
    files = written("pascal_voc", [image(outside, strange)], tmp_path, CAR)
    assert files.left_out == [
        "Pascal VOC has no class for the label 'cow'", "no area in the picture",
    ]  # fmt: skip
    unknown = image(Shape("mask", CAR, 0, (0, 1, 1, 1, 1, 1)), size=0)
    files = written("pascal_voc", [unknown], tmp_path, CAR)
    assert files.left_out == ["the size of the picture is not known"]
    assert "ImageSets/Segmentation/default.txt" not in files.files


numbers = st.floats(-50, 150).map(lambda number: round(number, 2))
boxes = st.builds(
    lambda label, one, other, occluded, rotation: Shape(
        "rectangle", label, 0, (*one, *other), rotation=rotation, is_occluded=occluded
    ),
    st.sampled_from([CAR, DOG]),
    st.tuples(numbers, numbers),
    st.tuples(numbers, numbers),
    st.booleans(),
    st.integers(0, 359).map(float),
)


@settings(max_examples=40)
@given(st.lists(boxes, max_size=6), st.randoms(use_true_random=False))
def test_boxes_are_read_back_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[Shape], random: Any
) -> None:
    folder = tmp_path_factory.getbasetemp()
    expected = [
        {
            "name": shape.label.name,
            "box": [
                min(shape.points[::2]), min(shape.points[1::2]),
                max(shape.points[::2]), max(shape.points[1::2]),
            ],
            "flags": ["0", str(int(shape.is_occluded)), "0"],
            "attributes": {"rotation": str(shape.rotation)},
        }
        for shape in shapes
    ]  # fmt: skip
    shuffled = random.sample(shapes, len(shapes))
    files = written("pascal_voc", [image(*shuffled)], folder, CAR, DOG)
    assert differences(objects(files.files["Annotations/a.xml"]), expected) == ([], [])
