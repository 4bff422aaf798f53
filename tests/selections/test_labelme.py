"""The files of LabelMe hold the objects of CVAT's own exports."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat.annotations import Attribute, Label, Shape
from selections.formats.format import AnnotatedImage
from tests.annotated import differences
from tests.selections.format_files import CASES, of_case, written

Object = dict[str, Any]
NOTE = Label(1, "a <b> & \x07", attributes=(Attribute(1, "note", False, "text", ""),))


def read(files: Mapping[str, bytes], path: str) -> list[Object]:
    """The objects in an XML file, each in the form in which it can be compared."""
    root = ElementTree.fromstring(files[path])
    masks = path.replace("Annotations/", "Masks/").rpartition("/")[0]
    objects = {each.findtext("id", ""): each for each in root.iter("object")}
    return [
        {
            "label": each.findtext("name"),
            "is_box": each.findtext("type") == "bounding_box",
            "occluded": each.findtext("occluded") == "yes",
            "points": [float(number.text or "") for pt in each.iter("pt") for number in pt],
            "pixels": sum(pixels(files[f"{masks}/{mask.text}"]) for mask in each.iter("mask")),
            "group": size_of_group(objects, each),
            "attributes": attributes(each.findtext("attributes", "")),
        }
        for each in objects.values()
    ]


def size_of_group(objects: Mapping[str, ElementTree.Element], each: ElementTree.Element) -> int:
    first = objects.get(each.findtext("parts/ispartof", ""), each)
    return 1 + len(re.findall(r"\d+", first.findtext("parts/hasparts", "")))


def attributes(text: str) -> dict[str, str]:
    """Pairs of name and value; a backslash stands before what is no separator."""
    pairs = re.findall(r"((?:\\.|[^\\=,])+)=((?:\\.|[^\\,])*)(?:, |$)", text, re.DOTALL)
    return {name: re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL) for name, value in pairs}


def pixels(png: bytes) -> int:
    return sum(1 for pixel in Image.open(io.BytesIO(png)).get_flattened_data() if pixel[3])


def exported(name: str) -> dict[str, bytes]:
    with zipfile.ZipFile(CASES[name] / "exports/labelme-3.0.zip") as opened:
        return {path: opened.read(path) for path in opened.namelist()}


@pytest.mark.parametrize("name", ["shapes", "attributes_tags"])
def test_objects_are_those_of_cvats_export(name: str, tmp_path: Path) -> None:
    reference, files = exported(name), of_case("labelme", name, tmp_path).files
    paths = [path for path in reference if path.endswith(".xml")]
    assert set(paths) == {path for path in files if path.endswith(".xml")}
    for path in paths:
        seen, expected = read(files, path), read(reference, path)
        for each in (*seen, *expected):
            each["pixels"] = each["pixels"] > 0
            each["attributes"].pop("track_id", None)  # CVAT numbers tracks from 0
        assert differences(seen, expected) == ([], [])


def test_masks_have_the_pixels_and_the_box_of_cvats_export(tmp_path: Path) -> None:
    reference, files = exported("shapes"), of_case("labelme", "shapes", tmp_path).files
    path = "Annotations/default/f_masks.xml"
    seen, expected = (
        sorted((each["label"], each["pixels"]) for each in read(source, path))
        for source in (files, reference)
    )
    assert seen == expected
    boxes = [
        sorted(tuple(float(side.text or "") for side in box) for box in root.iter("box"))
        for root in (ElementTree.fromstring(source[path]) for source in (files, reference))
    ]
    assert boxes[0] == boxes[1]


def image(*shapes: Shape) -> AnnotatedImage:
    return AnnotatedImage("Images/default/s/a.jpg", 20, 10, 7, 0, shapes)


def test_names_that_xml_cannot_hold_and_folders_are_safe(tmp_path: Path) -> None:
    mask = Shape("mask", NOTE, 0, (0, 4, 1, 1, 2, 2))
    outside = Shape("mask", NOTE, 0, (0, 4, 30, 1, 31, 2))
    files = written("labelme", [image(outside, mask)], tmp_path, NOTE)
    root = ElementTree.fromstring(files.files["Annotations/default/s/a.xml"])
    assert root.findtext("filename") == "s/a.jpg"
    assert root.findtext("object/name") == "a <b> & \ufffd"
    assert root.findtext("object/segm/mask") == "s/a_mask_0.png"
    assert "Masks/default/s/a_mask_0.png" in files.files
    assert files.left_out == ["no area in the picture"]


texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)


@settings(max_examples=40)
@given(texts)
def test_text_of_attributes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    shape = Shape("polygon", NOTE, 0, (1, 1, 5, 1, 5, 5), attributes=(("note", text),))
    files = written("labelme", [image(shape)], tmp_path_factory.getbasetemp(), NOTE).files
    (seen,) = read(files, "Annotations/default/s/a.xml")
    value = seen["attributes"]["note"]
    assert value in (text, f'"{text}"')
    if re.fullmatch(r"-?\d+(\.\d+)?|true|false", text, re.IGNORECASE):
        assert value != text
