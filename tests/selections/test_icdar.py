"""The formats of ICDAR hold the texts, boxes and polygons of CVAT's own exports."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat.annotations import Label, Shape
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage
from tests.selections.format_files import CASES, of_case, written

WORD = Label(1, "icdar")


def shape(kind: str, *points: float, group: int = 0, **attributes: str) -> Shape:
    return Shape(kind, WORD, 0, points, group=group, attributes=tuple(attributes.items()))


def image(*shapes: Shape, name: str = "s/a.jpg") -> AnnotatedImage:
    return AnnotatedImage(f"default/images/{name}", 40, 30, 7, 0, shapes)


def numbers(line: str) -> tuple[str, list[float]]:
    """As readers take a line: four numbers are a box, eight or more a polygon."""
    values = [float(value) for value in re.split("[ ,]", line.partition('"')[0].strip(" ,"))]
    return ("box" if len(values) < 8 else "polygon"), [round(value, 1) for value in values]


@pytest.mark.parametrize(
    ("case", "rotated", "triangles"), [("shapes", 3, 2), ("tracks_images", 9, 0)]
)
def test_boxes_and_polygons_are_those_of_cvats_export(
    case: str, rotated: int, triangles: int, tmp_path: Path
) -> None:
    files = of_case("icdar_localization", case, tmp_path)
    with zipfile.ZipFile(CASES[case] / "exports/icdar-localization-1.0.zip") as opened:
        reference = {path: opened.read(path).decode().split("\n") for path in opened.namelist()}
    assert set(files.files) == set(reference)
    differing = []
    for path, lines in reference.items():
        seen = [numbers(line) for line in files.lines(path)]
        expected = [numbers(line) for line in lines if line]  # an empty line for each other object
        assert len(seen) == len(expected)
        differing += [each for each in expected if each not in seen]
    # CVAT writes rotated rectangles upright, and triangles so that they are read as boxes.
    assert len([each for each in differing if len(each[1]) == 4]) == rotated
    assert len([each for each in differing if len(each[1]) == 6]) == triangles
    assert len(differing) == rotated + triangles


def test_pictures_without_text_are_those_of_cvats_export(tmp_path: Path) -> None:
    with zipfile.ZipFile(CASES["names"] / "exports/icdar-recognition-1.0.zip") as opened:
        reference = opened.read("default/gt.txt").decode().splitlines()
    seen = of_case("icdar_recognition", "names", tmp_path).lines("default/gt.txt")
    # CVAT writes extensions in lower case, and takes a name for one that differs in case alone.
    names = {"UPPER.JPG, ": "UPPER.jpg, ", "s/a_frame_000012.jpg, ": "s/a.jpg, "}
    assert sorted(names.get(line, line) for line in seen) == sorted(reference)


def test_texts_stand_in_quotes_behind_boxes_and_polygons(tmp_path: Path) -> None:
    picture = image(
        shape("rectangle", 9, 8, 1, 2, text='say "a"\nb'),
        shape("polygon", 1, 1, 5, 1, 5, 5, text="x y"),
        shape("rectangle", 1, 2, 3, 4, text=""),
    )
    files = written("icdar_localization", [picture], tmp_path, WORD)
    assert files.lines("default/s/gt_a.txt") == [
        "1.00 2.00 9.00 8.00 \"say 'a' b\"",
        '1.00,1.00,5.00,1.00,5.00,5.00,5.00,5.00,"x y"',
        "1.00 2.00 3.00 4.00",
    ]


def test_recognition_has_a_line_for_each_text_and_for_each_picture(tmp_path: Path) -> None:
    with_text, without = shape("tag", text='a "b" \\ c'), shape("tag", text=" \n")
    other = shape("rectangle", 1, 2, 3, 4, text="d, e")
    files = written("icdar_recognition", [image(with_text, other), image(name="b.jpg")], tmp_path)
    assert files.left_out == ["ICDAR Recognition has no class for the label 'icdar'"] * 2
    files = written(
        "icdar_recognition", [image(with_text, other), image(name="b.jpg")], tmp_path, WORD
    )
    assert files.lines("default/gt.txt") == [
        's/a.jpg, "a \\"b\\" \\\\ c"', 's/a.jpg, "d, e"', "b.jpg, ",
    ]  # fmt: skip
    reason = FORMATS["icdar_recognition"].unsupported_reason
    assert (bool(reason(without)), bool(reason(with_text))) == (True, False)


def test_words_are_groups_and_characters_stand_in_their_order(tmp_path: Path) -> None:
    picture = image(
        shape("rectangle", 4, 0, 6, 2, group=3, index="1", text="b", color="9 8 7", center="5 1"),
        shape("polygon", 8, 0, 10, 0, 10, 2, 8, 2, index="2", text="c d"),
        shape("rectangle", 0, 0, 2, 2, group=3, index="0", text=" ", color="9 8 7"),
        shape("rectangle", 90, 0, 92, 2),
    )
    files = written("icdar_segmentation", [picture], tmp_path, WORD)
    lines = files.lines("default/s/a_GT.txt")
    colors = [" ".join(line.strip("#").split()[:3]) for line in lines if line]
    assert len(set(colors)) == 3
    assert colors[1] == "9 8 7"
    assert [re.sub(r"^(#?)\d+ \d+ \d+ ", r"\1", line) for line in lines] == [
        '#- - 0 0 1 1 " "', '5 1 4 0 5 1 "b"', "", '- - 8 0 9 1 "c_d"',
    ]  # fmt: skip
    assert files.left_out == ["no area in the picture"]
    bitmap = Image.open(io.BytesIO(files.files["default/s/a_GT.bmp"]))
    row = list(bitmap.get_flattened_data())[:12]
    white = (255, 255, 255)
    first, second, third = (tuple(map(int, color.split())) for color in colors)
    assert (
        row
        == [first, first, white, white, second, second, white, white, third, third] + [white] * 2
    )


coordinates = st.floats(-99, 99).map(lambda number: round(number, 2))


@settings(max_examples=40)
@given(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=7))
def test_polygons_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[float, float]]
) -> None:
    flat = [number for point in points for number in point]
    folder = tmp_path_factory.getbasetemp()
    files = written("icdar_localization", [image(shape("polygon", *flat))], folder, WORD)
    kind, seen = numbers(files.text("default/s/gt_a.txt"))
    assert kind == "polygon"
    expected = flat + (flat[-2:] if len(points) == 3 else [])
    assert all(abs(one - other) < 0.06 for one, other in zip(seen, expected, strict=True))
