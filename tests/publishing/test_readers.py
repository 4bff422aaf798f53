"""Files with annotations, read: those that a real CVAT has exported, and broken ones."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from cvat.annotations import SOURCES
from publishing import readers
from publishing.copying import NamedPicture, match
from publishing.readers import BadFile
from publishing.readers import reading as reading_module
from selections.formats.shared import masks
from tests import annotated
from tests.annotated import Case, differences, of_shape

XML = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <image id="0" name="a/1.jpg" width="10" height="8">
    %s
  </image>
</annotations>"""
LONG_VALUE = f'<attribute name="text">{"x" * 4097}</attribute>'
BOX = '<box label="car" xtl="1" ytl="2" xbr="3" ybr="4"/>'
COCO: dict[str, Any] = {
    "images": [{"id": 7, "file_name": "a/1.jpg", "width": 3, "height": 2}],
    "categories": [{"id": 1, "name": "car"}],
    "annotations": [{"id": 1, "image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]}],
}


def packed(files: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def by_picture(reading: readers.Reading) -> list[list[annotated.Object]]:
    objects: list[list[annotated.Object]] = [[] for _ in reading.pictures]
    for shape in reading.shapes:
        objects[shape.frame].append(of_shape(shape))
    return objects


@pytest.mark.parametrize("folder", annotated.ALL, ids=lambda folder: folder.name)
def test_cvat_xml_has_every_object(folder: Path) -> None:
    case = Case(folder)
    if not (folder / annotated.REFERENCE).exists():
        pytest.skip("CVAT exports no XML of it")
    expected = annotated.images(case.xml())
    reading = readers.read(case.xml())
    assert [picture.name for picture in reading.pictures] == [
        image.get("name") for image, _ in expected
    ]
    missing = []
    for objects, (_, others) in zip(by_picture(reading), expected, strict=True):
        known = [
            each if each["source"] in SOURCES else each | {"source": "file"} for each in others
        ]
        lacking, added = differences(known, objects)
        assert added == []
        missing += lacking
    # A mask whose runs do not fill its box.
    assert len(missing) == reading.unread.total() == (folder.name == "bad_shapes")


def test_coco_has_boxes_polygons_and_masks() -> None:
    [folder] = [each for each in annotated.ALL if each.name == "shapes"]
    reading = readers.read((folder / "exports/coco-1.0.json").read_bytes())
    assert reading.unread.total() == 0
    expected = annotated.images(Case(folder).xml())
    kinds = ("rectangle", "polygon", "mask")
    for objects, (image, others) in zip(by_picture(reading), expected, strict=True):
        # CVAT joins what is in a group, and paints ellipses.
        alone = [each for each in others if each["kind"] in kinds and not each["group"]]
        plain = [_pixels(each, image) for each in alone]
        lacking, _ = differences(plain, [_pixels(each, image) for each in objects])
        assert lacking == [], image.get("name")


WITH_DATUMARO = [
    folder for folder in annotated.ALL if (folder / "exports/datumaro-1.0.json").exists()
]


@pytest.mark.parametrize("folder", WITH_DATUMARO, ids=lambda folder: folder.name)
def test_datumaro_has_every_object_but_cuboids(folder: Path) -> None:
    reading = readers.read((folder / "exports/datumaro-1.0.json").read_bytes())
    assert reading.unread.total() == 0
    names = {picture.name: frame for frame, picture in enumerate(reading.pictures)}
    objects = by_picture(reading)
    for image, others in annotated.images(Case(folder).xml()):
        held = [_pixels(each, image) for each in others if each["kind"] != "cuboid"]
        own = [_pixels(each, image) for each in objects[names[str(image.get("name"))]]]
        assert differences(held, own) == ([], [])


def _pixels(each: annotated.Object, image: Any) -> annotated.Object:
    """The object without what COCO and Datumaro do not hold, a mask by its pixels."""
    points = each["points"]
    if each["kind"] == "mask":
        points = masks.of_mask(points, int(image.get("width")), int(image.get("height")))
    common = {"points": list(points), "z_order": 0, "group": 0, "source": "file"}
    return {**each, **common, "elements": [_pixels(part, image) for part in each["elements"]]}


def test_coco_keypoints_are_skeletons() -> None:
    category = {"id": 1, "name": "person", "keypoints": ["head", "hand", "foot"]}
    drawn = {"image_id": 7, "category_id": 1, "keypoints": [1, 2, 2, 3, 4, 1, 0, 0, 0]}
    document = {**COCO, "categories": [category], "annotations": [drawn]}
    [skeleton] = readers.read(json.dumps(document).encode()).shapes
    assert (skeleton.kind, skeleton.label.name) == ("skeleton", "person")
    assert [
        (part.label.name, list(part.points), part.is_occluded, part.is_outside)
        for part in skeleton.elements
    ] == [
        ("head", [1, 2], False, False),
        ("hand", [3, 4], True, False),
        ("foot", [0, 0], False, True),
    ]


def test_whole_characters_beyond_the_basic_plane_are_text() -> None:
    document = {**COCO, "images": [{**COCO["images"][0], "file_name": "🐈.jpg"}]}
    [picture] = readers.read(json.dumps(document).encode()).pictures
    assert picture.name == "🐈.jpg"


@pytest.mark.parametrize("counts", [[2, 1, 1, 2], "2111"])
def test_coco_masks_go_column_by_column(counts: Any) -> None:
    """Column by column 00 10 11: the rows are 0 1 1 and 0 0 1."""
    drawn = {**COCO["annotations"][0], "segmentation": {"size": [2, 3], "counts": counts}}
    [mask] = readers.read(json.dumps({**COCO, "annotations": [drawn]}).encode()).shapes
    assert list(mask.points) == [0, 2, 1, 1, 1, 0, 2, 1]


WITH_VOC = [folder for folder in annotated.ALL if (folder / "exports/pascal-voc-1.1").is_dir()]


@pytest.mark.parametrize("folder", WITH_VOC, ids=lambda folder: folder.name)
def test_pascal_voc_has_every_box(folder: Path) -> None:
    export = folder / "exports/pascal-voc-1.1"
    files = {str(path.relative_to(export)): path for path in export.rglob("*") if path.is_file()}
    reading = readers.read(packed({name: path.read_bytes() for name, path in files.items()}))
    assert reading.unread.total() == 0
    expected = annotated.images(Case(folder).xml())
    pictures = [NamedPicture(k, str(image.get("name"))) for k, (image, _) in enumerate(expected)]
    matched = match(reading.pictures, pictures)
    assert matched.unmatched == []
    objects = {matched.frames[frame]: each for frame, each in enumerate(by_picture(reading))}
    for frame, (image, others) in enumerate(expected):
        boxes = [_pixels(each, image) for each in others if each["kind"] == "rectangle"]
        assert differences(boxes, [_pixels(each, image) for each in objects.get(frame, [])]) == (
            [],
            [],
        )


def test_attributes_and_flags_are_read() -> None:
    attributes = {"occluded": True, "rotation": 30.0, "parked": False, "doors": 4.0, "make": "x"}
    drawn = {**COCO["annotations"][0], "attributes": attributes}
    [box] = readers.read(json.dumps({**COCO, "annotations": [drawn]}).encode()).shapes
    assert (list(box.points), box.rotation, box.is_occluded) == ([1, 2, 4, 6], 30, True)
    assert box.attributes == (("parked", "false"), ("doors", "4"), ("make", "x"))


def test_an_attribute_of_the_name_rotation_turns_no_polygon() -> None:
    polygon = {"type": "polygon", "label_id": 0, "points": [1, 1, 5, 1, 5, 5]}
    image = {"path": "a/1.jpg", "size": [8, 10]}
    item = {"image": image, "annotations": [polygon | {"attributes": {"rotation": "to the left"}}]}
    labels = {"labels": [{"name": "car", "parent": "", "attributes": []}]}
    document = {"categories": {"label": labels}, "items": [item]}
    reading = readers.read(json.dumps(document).encode())
    assert [(shape.kind, shape.rotation) for shape in reading.shapes] == [("polygon", 0)]


def test_values_of_attributes_lose_white_space_around_them() -> None:
    drawn = {**COCO["annotations"][0], "attributes": {"make": " x y\n"}}
    [box] = readers.read(json.dumps({**COCO, "annotations": [drawn]}).encode()).shapes
    assert box.attributes == (("make", "x y"),)
    text = BOX.replace("/>", '><attribute name="make">\n  x y\n</attribute></box>')
    [box] = readers.read((XML % text).encode()).shapes
    assert box.attributes == (("make", "x y"),)


def test_a_zip_is_read() -> None:
    files = {"images/a.json": "{}", "annotations.xml": XML % BOX}
    assert len(readers.read(packed(files)).shapes) == 1
    train = {"annotations/instances_train.json": json.dumps(COCO)}
    val = {"annotations/instances_val.json": json.dumps(COCO)}
    reading = readers.read(packed(train | val))
    assert [shape.frame for shape in reading.shapes] == [0, 1]
    with pytest.raises(BadFile, match="has no file that can be read"):
        readers.read(packed({"images/a.jpg": ""}))
    with pytest.raises(BadFile, match="are larger than 32 MB"):
        readers.read(packed({"annotations.xml": " " * (readers.LARGEST_FILE + 1)}))


def test_a_zip_that_unpacks_without_a_limit_is_refused() -> None:
    """bzip2 and LZMA give all of their content at once, however little is asked for."""
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", method) as archive:
            archive.writestr("annotations.xml", XML % BOX)
        with pytest.raises(BadFile, match="compressed in a way that is not read"):
            readers.read(content.getvalue())


def test_a_damaged_zip_is_explained() -> None:
    whole = packed({"é/annotations.xml": XML % BOX})
    for place in range(4, len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        with contextlib.suppress(BadFile):
            readers.read(damaged)


def test_masks_with_very_many_runs_are_left_out() -> None:
    """Every second column: few runs in COCO, one for each pixel in CVAT."""
    size = 2048
    striped = {"size": [size, size], "counts": [size] * size}
    drawn = {**COCO["annotations"][0], "segmentation": striped}
    reading = readers.read(json.dumps({**COCO, "annotations": [drawn]}).encode())
    [text] = reading.unread
    assert "the mask has more than" in text


def test_the_masks_of_a_file_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "MOST_MASK_PIXELS", 8)
    drawn = {**COCO["annotations"][0], "segmentation": {"size": [2, 3], "counts": [2, 1, 1, 2]}}
    one = {**COCO, "annotations": [drawn] * 2}
    assert len(readers.read(json.dumps(one).encode()).shapes) == 2
    with pytest.raises(BadFile, match="masks"):
        readers.read(json.dumps({**COCO, "annotations": [drawn] * 3}).encode())


BROKEN = {
    "no file": (b"name,label\n", "none of the files"),
    "no xml": ((XML % "<box>").encode(), "mismatched tag, in line 6"),
    "entities": (b'<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', "DOCTYPE"),
    "other xml": (b"<svg/>", "begins with <svg>"),
    "video": (b"<annotations><track/></annotations>", "CVAT for video"),
    "deep": ((XML % ("<a>" * 99 + "</a>" * 99)).encode(), "nested too deeply"),
    "deep elsewhere": (b"<annotations>" + b"<a>" * 1_000_000, "nested too deeply"),
    "long text": ((XML % ("x" * 200_000)).encode(), "a very long text in line 4"),
    "nameless picture": (b"<annotations><image/></annotations>", "in line 1"),
    "no json": (b'{"images": [}', "line 1 column 13"),
    "deep json": (b'{"a":' * 200_000, "nested too deeply"),
    "other json": (b'{"images": []}', "none of the files"),
    "no lists": (b'{"images": {}, "categories": [], "annotations": []}', "no list"),
    "no labels": (b'{"items": [], "categories": {}}', "no list of labels"),
    "bad size": (
        b'{"items": [{"image": {"path": "a.jpg", "size": 4}}], "categories": {"label": '
        b'{"labels": []}}}',
        "Entry 0 of “items” cannot be read: the size",
    ),
    "huge id": (
        b'{"images": [], "annotations": [], "categories": [{"id": 2305843009213693951}]}',
        "larger number than any id",
    ),
    "half a character": (rb'{"images": [{"file_name": "\ud83d.jpg"}]}', "characters that are no"),
    "NUL": (rb'{"images": [{"file_name": "a\u0000.jpg"}]}', "characters that are no text"),
    "broken zip": (b"PK\x03\x04...", "ZIP cannot be read"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_explained(name: str) -> None:
    content, said = BROKEN[name]
    with pytest.raises(BadFile, match=said):
        readers.read(content)


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ('<box label="car" xtl="1" ytl="2" xbr="far" ybr="4"/>', "“far” is no number (line 5)"),
        ('<box label="car" xtl="1" ytl="2" xbr="nan" ybr="4"/>', "nan is no number that"),
        ('<box xtl="1" ytl="2" xbr="3" ybr="4"/>', "the label has no name (line 5)"),
        ('<polygon label="car" points="1,2;3,4"/>', "there are too few points (line 5)"),
        ('<mask label="car" rle="1, 1" left="0" top="0" width="2" height="2"/>', "do not fill it"),
        ('<star label="car"/>', "“star” is no kind of object"),
        (f'<tag label="car">{LONG_VALUE}</tag>', "an attribute has more than 4,096 characters"),
    ],
)
def test_an_object_that_cannot_be_read_is_named_and_the_others_are_read(
    element: str, reason: str
) -> None:
    reading = readers.read((XML % (element + BOX)).encode())
    assert len(reading.shapes) == 1
    [text] = reading.unread
    assert reason in text


@pytest.mark.parametrize(
    "change",
    [
        {"bbox": [1, 2, 3]},
        {"bbox": [1, 2, 3, 1e300]},
        {"image_id": 8},
        {"segmentation": [[1, 2, 3, 4]]},
        {"segmentation": {"size": [2, 3], "counts": [1, 1]}},
        {"segmentation": {"size": [2, 3], "counts": "~"}},
        {"segmentation": {"size": [10**6, 10**6], "counts": [10**12]}},
        {"attributes": {"a": []}},
    ],
)
def test_an_annotation_that_cannot_be_read_is_named(change: dict[str, Any]) -> None:
    drawn = {**COCO["annotations"][0], **change}
    both = {**COCO, "annotations": [drawn, *COCO["annotations"]]}
    reading = readers.read(json.dumps(both).encode())
    assert len(reading.shapes) == 1
    [text] = reading.unread
    assert "entry 0 of “annotations”" in text
