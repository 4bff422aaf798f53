"""The formats of faces and persons (WIDER FACE, VGGFace2, LFW, Market-1501) hold what CVAT's own
exports hold, and pictures stand where their files say."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from cvat.annotations import Attribute, Label, Labels, Shape
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask
from tests.selections.format_files import CASES, Written, of_case, written_in_place

ADA, BOB = Label(1, "Ada L"), Label(2, "bob")
ATTRIBUTES = tuple(
    Attribute(number, name, False, "text", "")
    for number, name in enumerate(["person_id", "camera_id", "query", "pose"])
)
PERSON = Label(3, "market-1501", attributes=ATTRIBUTES)
# CVAT writes all extensions in lower case, and this picture has the name of another one but for it.
OTHER_NAMES = {"s/a_frame_000012": "s/a", "UPPER.JPG": "UPPER.jpg"}


def exported(name: str, case: str = "names") -> dict[str, list[str]]:
    with zipfile.ZipFile(CASES[case] / f"exports/{name}.zip") as opened:
        return {path: opened.read(path).decode().split("\n") for path in opened.namelist()}


def lines(files: Written, path: str) -> list[str]:
    seen = files.lines(path)
    for name, other in OTHER_NAMES.items():
        seen = [line.replace(name, other) for line in seen]
    return seen


def rows(text: list[str]) -> list[list[object]]:
    return sorted([as_number(cell) for cell in row] for row in csv.reader(text) if row)


def as_number(cell: str) -> object:
    return f"{float(cell):.2f}" if cell.replace(".", "").isdigit() else cell


def tag(label: Label, **attributes: str) -> Shape:
    return Shape("tag", label, 0, attributes=tuple(attributes.items()))


def box(label: Label, *points: float) -> Shape:
    return Shape("rectangle", label, 0, points)


def placed(key: str, pictures: dict[str, list[Shape]], folder: Path) -> tuple[Written, list[str]]:
    """The files, and the paths of the pictures, which are 40 by 30 pixels."""
    return written_in_place(key, pictures, folder, ADA, BOB, PERSON)


@pytest.mark.parametrize(
    ("key", "name", "paths"),
    [
        ("lfw", "lfw-1.0", ["default/annotations/pairs.txt", "default/annotations/people.txt"]),
        ("market1501", "market-1501-1.0", ["images_default.txt"]),
        ("widerface", "widerface-1.0", ["labels.txt"]),
        ("vggface2", "vggface2-1.0", ["labels.txt"]),
    ],
)
def test_lists_are_those_of_cvats_export(
    key: str, name: str, paths: list[str], tmp_path: Path
) -> None:
    files, reference = of_case(key, "names", tmp_path), exported(name)
    for path in paths:
        assert sorted(lines(files, path)) == sorted(line for line in reference[path] if line)


def test_boxes_and_tags_of_vggface2_are_those_of_cvats_export(tmp_path: Path) -> None:
    files, reference = of_case("vggface2", "names", tmp_path), exported("vggface2-1.0")
    tables = [path for path in reference if path.endswith(".csv")]
    assert tables
    for path in tables:
        expected = [line.rstrip("\r") for line in reference[path]]
        assert rows(lines(files, path)) == rows(expected)


@pytest.mark.parametrize("case", ["names", "shapes"])
def test_faces_are_those_of_cvats_export(case: str, tmp_path: Path) -> None:
    path = "wider_face_split/wider_face_default_bbx_gt.txt"
    seen = faces(lines(of_case("widerface", case, tmp_path), path))
    expected = faces(exported("widerface-1.0", case)[path])
    assert seen.keys() == expected.keys()
    differing = [
        each for name in expected for each in expected[name] if not is_in(each, seen[name])
    ]
    assert len(differing) == (3 if case == "shapes" else 0)  # CVAT's are not rotated


def faces(text: list[str]) -> dict[str, list[list[str]]]:
    """The values of the faces of each picture; a line with their number stands before them."""
    pictures: dict[str, list[list[str]]] = {}
    faces: list[list[str]] = []
    for line in (line for line in text if line):
        if "/" in line:
            faces = pictures[line] = []
        elif not line.isdigit():
            faces.append(line.replace("only boxes", "only_boxes").split())
    return pictures


def is_in(face: list[str], others: list[list[str]]) -> bool:
    return any(
        face[4:] == other[4:]
        and all(abs(float(a) - float(b)) < 0.06 for a, b in zip(face[:4], other[:4], strict=True))
        for other in others
    )


def test_faces_are_cut_and_say_what_is_known(tmp_path: Path) -> None:
    face = Label(1, "face", attributes=(*ATTRIBUTES, Attribute(9, "blur", False, "number", "")))
    values = (("pose", "a b"), ("blur", "1"))
    over = Shape("rectangle", face, 0, (-5, 2, 5, 8), attributes=values)
    outside = box(face, 50, 0, 60, 9)
    tasks = [AnnotatedTask(7, "task", "", False, Labels([face]))]
    path = "WIDER_default/images/no_label/a.jpg"
    image = AnnotatedImage(path, 40, 30, 7, 0, [over, outside])
    files = Written("widerface", [image], tmp_path, tasks)
    assert files.lines("wider_face_split/wider_face_default_bbx_gt.txt") == [
        "no_label/a.jpg", "1", "0.00 2.00 5.00 6.00 1.0 - - False a_b -",
    ]  # fmt: skip
    assert files.left_out == ["no area in the picture"]


def test_a_picture_of_two_persons_stands_in_two_folders(tmp_path: Path) -> None:
    points = Shape("points", ADA, 0, tuple(range(10)))
    files, paths = placed(
        "vggface2",
        {
            "s/a,b.jpg": [box(ADA, 1, 1, 9, 9), box(ADA, 1, 1, 3, 3), points, tag(BOB)],
            "b.jpg": [],
            "c.jpg": [box(BOB, 50, 1, 60, 9)],
        },
        tmp_path,
    )
    assert paths == [
        "default/Ada_L/s/a,b.jpg", "default/bob/s/a,b.jpg", "default/no_label/b.jpg",
        "default/bob/c.jpg",
    ]  # fmt: skip
    assert rows(files.lines("bb_landmark/loose_bb_default.csv")[1:]) == [
        ["Ada_L/s/a,b", "1.00", "1.00", "8.00", "8.00"]
    ]
    numbers = [f"{number:.2f}" for number in range(10)]
    assert rows(files.lines("bb_landmark/loose_landmark_default.csv")[1:]) == [
        ["Ada_L/s/a,b", *numbers], ["bob/c", *[""] * 10], ["bob/s/a,b", *[""] * 10],
        ["no_label/b", *[""] * 10],
    ]  # fmt: skip
    assert sorted(files.left_out) == [
        "VGGFace2 has no place for more than one box of a label on a picture",
        "no area in the picture",
    ]
    four = Shape("points", ADA, 0, tuple(range(8)))
    assert FORMATS["vggface2"].unsupported_reason(four)
    assert not FORMATS["vggface2"].unsupported_reason(points)


def test_pairs_are_named_by_person_and_number(tmp_path: Path) -> None:
    files, paths = placed(
        "lfw",
        {
            "Ada_L_0001.jpg": [
                tag(ADA, positive_pairs="Ada_L_0002, other", negative_pairs="bob/bob_0003,x")
            ],
            "x.jpg": [tag(ADA), Shape("points", ADA, 0, (1, 2))],
            "bob/y.jpg": [],
            "z.jpg": [],
        },
        tmp_path,
    )
    # Without a tag, a picture stands in no folder of a person.
    assert [path.removeprefix("default/images/") for path in paths] == [
        "Ada_L/Ada_L_0001.jpg", "Ada_L/x.jpg", "no_label/bob/y.jpg", "z.jpg",
    ]  # fmt: skip
    assert files.lines("default/annotations/pairs.txt") == [
        "Ada_L\t1\t2", "Ada_L\t1\tother", "Ada_L\t1\tbob\t3", "Ada_L\t1\t-\tx",
        "Ada_L/x", "no_label/bob/y", "z",
    ]  # fmt: skip
    assert files.lines("default/annotations/people.txt") == ["Ada_L\t2", "bob\t0", "market-1501\t0"]
    assert files.lines("default/annotations/landmarks.txt") == ["Ada_L/x.jpg\t1.00\t2.00"]


def test_the_order_of_tags_plays_no_part(tmp_path: Path) -> None:
    tags = [tag(BOB), tag(ADA, positive_pairs="b"), tag(ADA, positive_pairs="a")]
    for key in ("lfw", "widerface", "vggface2"):
        one, other = (placed(key, {"x.jpg": each}, tmp_path) for each in (tags, tags[::-1]))
        assert (one[0].files, one[1]) == (other[0].files, other[1])


def test_names_tell_person_and_camera(tmp_path: Path) -> None:
    files, paths = placed(
        "market1501",
        {
            "s/a.jpg": [tag(PERSON, person_id="0005", camera_id="2"), tag(PERSON, person_id="9")],
            "s/b.jpg": [tag(PERSON, person_id="0005", camera_id="2")],
            "c.png": [tag(PERSON, person_id="-1", query="true", frame_id="7")],
            "d.png": [tag(PERSON, person_id="-1", query="true", frame_id="7")],
            "0005_c3s1_000009_01.jpg": [],
        },
        tmp_path,
    )
    assert paths == [
        "bounding_box_default/s/0005_c3s1_000000_00.jpg",
        "bounding_box_default/s/0005_c3s1_000001_00.jpg",
        "query/-1_c1s1_000007_00.png",
        "query/-1_c1s1_000007_00_.png",
        "bounding_box_default/0005_c3s1_000009_01.jpg",
    ]
    assert files.lines("images_default.txt") == paths
    assert files.left_out == [
        "Market-1501 has no place for more than one tag 'market-1501' on a picture"
    ]
    for each in (tag(ADA, person_id="1"), tag(PERSON, person_id="x"), box(PERSON, 1, 2, 3, 4)):
        assert FORMATS["market1501"].unsupported_reason(each)
