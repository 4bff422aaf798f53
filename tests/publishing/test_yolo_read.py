"""YOLO files read: those that the portal writes, those that a real CVAT has exported, and broken
ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cvat.annotations import Shape
from publishing import readers
from publishing.copying import NamedPicture, match
from publishing.readers import BadFile, plain_yaml
from selections.formats import FORMATS
from selections.formats.format import AnnotatedTask
from tests.annotated import ALL, Case
from tests.selections.format_files import Written, images_of, of_case

FOLDERS = {folder.name: folder for folder in ALL}
PIXELS = 0.0151  # half of what two decimals leave open, of a box's edge and its width
WIDTH, HEIGHT = 200, 100
DATA = "names: [car, dog]\n"


def packed(files: Mapping[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def read(files: Mapping[str, str | bytes]) -> readers.Reading:
    return readers.read(packed(files))


def shapes(*lines: str, data: str = DATA, **options: Any) -> list[Shape]:
    """What the lines of one picture show."""
    reading = read({"data.yaml": data, "labels/train/a.txt": "\n".join(lines)})
    assert reading.unread.total() == 0, reading.unread
    return [each.shape(WIDTH, HEIGHT, **options) for each in reading.relative]


def written_again(
    reading: readers.Reading, key: str, case: Case, into: Path, *, with_names_of_cvat: bool
) -> Written:
    """What was read, on the pictures of the task, written by the portal. In its own files a picture
    has another name than in CVAT where two differ in the extension alone."""
    subset = case.task["subset"]
    task = AnnotatedTask(7, "task", subset, False, case.labels)
    labels = {label.name: label for label in case.labels}
    images = images_of(case, key, task)
    folder = FORMATS[key].layout.folders([subset])[subset]
    names = (
        [case.meta.frames[frame].name for frame in case.frames]
        if with_names_of_cvat
        else [image.path.removeprefix(f"{folder}/") for image in images]
    )
    found = match(reading.pictures, [NamedPicture(*each) for each in enumerate(names)])
    assert not found.unmatched
    held: list[list[Shape]] = [[] for _ in images]
    for each in reading.relative:
        number = found.frames[each.frame]
        shape = each.shape(images[number].width, images[number].height)
        held[number].append(msgspec.structs.replace(shape, label=labels[shape.label.name]))
    again = [image._replace(shapes=held[number]) for number, image in enumerate(images)]
    return Written(key, again, into, [task])


def assert_same(files: Mapping[str, bytes], others: Mapping[str, bytes], size: int) -> None:
    """The files with objects hold the same, but for what two decimals of a pixel leave open."""
    for path in others:
        assert path in files
        assert len(_lines(files[path])) == len(_lines(others[path])), path
        for one, other in zip(_lines(files[path]), _lines(others[path]), strict=True):
            assert one == pytest.approx(other, abs=PIXELS / size), path


def _lines(text: bytes) -> list[list[float]]:
    return sorted([float(number) for number in line.split()] for line in text.splitlines())


def of_pictures(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: text for path, text in files.items() if "/" in path and path.endswith(".txt")}


OWN = [
    (key, case)
    for key, cases in {
        "yolo_detection": ["shapes", "names", "overlap"],
        "yolo_oriented_boxes": ["shapes", "skeletons"],
        "yolo_segmentation": ["shapes", "tracks_images"],
        "yolo_pose": ["skeletons", "overlap"],
        "yolo_darknet": ["shapes", "names", "start_step"],
    }.items()
    for case in cases
]


@pytest.mark.parametrize(("key", "name"), OWN)
def test_what_the_portal_writes_is_read_back(key: str, name: str, tmp_path: Path) -> None:
    case = Case(FOLDERS[name])
    files = of_case(key, name, tmp_path).files
    assert of_pictures(files)
    reading = read(files)
    assert reading.unread.total() == 0
    again = written_again(reading, key, case, tmp_path, with_names_of_cvat=False)
    smallest = min(min(info.width, info.height) for info in case.meta.frames)
    assert_same(of_pictures(again.files), of_pictures(files), smallest)


def yolo_1_1_export(name: str) -> dict[str, bytes]:
    export = FOLDERS[name] / "exports/yolo-1.1"
    paths = [path for path in export.rglob("*") if path.is_file()]
    files = {str(path.relative_to(export)): path.read_bytes() for path in paths}
    classes = "".join(f"{label.name}\n" for label in Case(FOLDERS[name]).labels)
    return {"obj.names": classes.encode(), "train.txt": b"data/x.jpg", **files}


@pytest.mark.parametrize("name", ["shapes", "skeletons", "start_step"])
def test_a_yolo_1_1_export_of_cvat(name: str, tmp_path: Path) -> None:
    case, files = Case(FOLDERS[name]), yolo_1_1_export(name)
    reading = read(files)
    assert reading.unread.total() == 0
    again = written_again(reading, "yolo_darknet", case, tmp_path, with_names_of_cvat=True)
    smallest = min(min(info.width, info.height) for info in case.meta.frames)
    filled = {path: text for path, text in of_pictures(files).items() if text.strip()}
    assert_same(of_pictures(again.files), filled, smallest)


def test_pictures_are_found_by_names_of_every_kind() -> None:
    case, reading = Case(FOLDERS["names"]), read(yolo_1_1_export("names"))
    named = [NamedPicture(frame, case.meta.frames[frame].name) for frame in case.frames]
    found = match(reading.pictures, named)
    assert (len(reading.pictures), found.by_base_name, found.unmatched) == (16, 0, [])


def test_a_detection_track_export_of_cvat() -> None:
    export = FOLDERS["tracks_images"] / "exports/ultralytics-yolo-detection-track-1.0.zip"
    reading = readers.read(export.read_bytes())
    assert (len(reading.pictures), reading.unread.total()) == (11, 0)
    assert {each.form for each in reading.relative} == {"box"}
    of_task = [
        NamedPicture(n, info.name) for n, info in enumerate(Case(export.parents[1]).meta.frames)
    ]
    assert not match(reading.pictures, of_task).unmatched


def test_boxes_are_in_pixels_of_the_picture() -> None:
    [box, tracked] = shapes("0 0.5 0.5 0.1 0.2", "1 0.25 0.25 0.5 0.5 17")
    assert (box.kind, box.label.name, box.points) == ("rectangle", "car", [90, 40, 110, 60])
    assert (tracked.label.name, tracked.points) == ("dog", [0, 0, 100, 50])


def test_outlines_are_polygons() -> None:
    [triangle, quad] = shapes("0 0.1 0.1 0.2 0.1 0.2 0.3", "0 0 0 0.1 0 0.1 0.1 0 0.1")
    assert (triangle.kind, triangle.points) == ("polygon", [20, 10, 40, 10, 40, 30])
    assert quad.kind == "polygon"  # as not all of the file have four corners


CORNERS = "0 0.5 0.2 0.6 0.4 0.5 0.6 0.4 0.4"  # a square on its corner: 100, 20; 120, 40; ...


def test_four_corners_are_rotated_rectangles() -> None:
    [square] = shapes(CORNERS)
    assert (square.kind, square.rotation) == ("rectangle", 45)
    side = 20 * 2**0.5
    centre = [100 - side / 2, 40 - side / 2, 100 + side / 2, 40 + side / 2]
    assert square.points == pytest.approx(centre, abs=0.01)
    [other_way] = shapes("0 0.5 0.2 0.4 0.4 0.5 0.6 0.6 0.4")
    assert other_way.points == square.points
    [skewed] = shapes("0 0.5 0.2 0.6 0.4 0.5 0.6 0.3 0.4")
    assert skewed.kind == "polygon"
    [drawn] = shapes(CORNERS, as_polygon=True)
    assert (drawn.kind, drawn.points) == ("polygon", [100, 20, 120, 40, 100, 60, 80, 40])


POSE = "kpt_shape: [3, 3]\nkpt_names:\n  0: [head, hand]\nnames: {0: person, 1: cat}\n"


def test_points_with_names_are_skeletons() -> None:
    [person] = shapes("0 0.5 0.5 0.2 0.2 0.1 0.2 2 0.3 0.4 1 0 0 0", data=POSE)
    assert (person.kind, person.label.name) == ("skeleton", "person")
    assert [
        (each.label.name, list(each.points), each.is_occluded, each.is_outside)
        for each in person.elements
    ] == [("head", [20, 20], False, False), ("hand", [60, 40], True, False)]
    flat = "kpt_shape: [2, 2]\nkpt_names: [head, hand]\nnames: [person]\n"
    [person] = shapes("0 0.5 0.5 0.2 0.2 0.1 0.2 0 0", data=flat)
    assert [each.is_outside for each in person.elements] == [False, True]


@pytest.mark.parametrize(
    ("line", "data", "reason"),
    [
        ("2 0.5 0.5 0.1 0.1", DATA, "there is no class “2”"),
        ("-1 0.5 0.5 0.1 0.1", DATA, "there is no class “-1”"),
        ("car 0.5 0.5 0.1 0.1", DATA, "there is no class “car”"),
        ("0 50 50 10 10", DATA, "no shares of the picture"),
        ("0 0.5 0.5 -0.1 0.1", DATA, "negative size"),
        ("0 0.5 nan 0.1 0.1", DATA, "no number that a picture has room for"),
        ("0 0.5 x 0.1 0.1", DATA, "“x” is no number"),
        ("0 0.5 0.5", DATA, "no kind of YOLO has this number of coordinates"),
        ("0 0 0 1 0 1 1 0.5", DATA, "no kind of YOLO has this number of coordinates"),
        ("0 0.5 0.5 0.2 0.2 0.1 0.2 2 0.3 0.4 1 0.1 0.1 2", POSE, "other points than data.yaml"),
        ("0 0.5 0.5 0.2 0.2 0.1 0.2 7 0.3 0.4 1 0 0 0", POSE, "neither there, nor hidden"),
    ],
)
def test_lines_that_cannot_be_read_are_named(line: str, data: str, reason: str) -> None:
    good = "0 0.5 0.5 0.1 0.1"
    reading = read({"data.yaml": data, "labels/a.txt": f"{good}\n\n{line}\n"})
    [told] = reading.unread
    assert reason in told
    assert "labels/a.txt, line 3" in told
    assert len(reading.relative) == 1


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"data.yaml": "names: [car]\nVal: Val.txt", "labels/Val/x/1.txt": ""}, ["x/1.txt"]),
        ({"data.yaml": "names: [car]", "labels/x/1.txt": ""}, ["x/1.txt"]),
        (
            {"d/data.yml": "names: {0: car}\ntrain: ../train/images", "d/train/labels/1.txt": ""},
            ["1.txt"],
        ),
        (
            {
                "data.yaml": "names: [car]\ntrain: images/train2017",
                "labels/train2017/1.txt": "",
                "README.txt": "not read",
            },
            ["1.txt"],
        ),
        ({"obj.names": "car", "obj_test 1_data/t/a.txt": "", "test 1.txt": "x"}, ["t/a.txt"]),
        ({"classes.txt": "car", "labels/1.txt": "", "notes.json": "{}"}, ["1.txt"]),
        ({"classes.txt": "car", "1.txt": "", "train.txt": "1.jpg"}, ["1.txt"]),
    ],
)
def test_the_layouts(files: dict[str, str], names: list[str]) -> None:
    assert [picture.name for picture in read(files).pictures] == names


def test_of_pictures_with_two_extensions_none_is_guessed() -> None:
    reading = read({"data.yaml": DATA, "labels/a.txt": "0 0.5 0.5 0.1 0.1"})
    both = [NamedPicture(0, "a.jpg"), NamedPicture(1, "a.png")]
    assert [each.reason for each in match(reading.pictures, both).unmatched]
    assert match(reading.pictures, both[1:]).frames == {0: 1}


FILE = {"labels/a.txt": "0 0.5 0.5 0.1 0.1"}
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nnames: [*b, *b]\n"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"data.yaml": BOMB, **FILE}, "has aliases, or is nested too deeply"),
        ({"data.yaml": "names: " + "[" * 100_000, **FILE}, "nested too deeply"),
        ({"data.yaml": "names: [a", **FILE}, "no well-formed YAML, in line"),
        ({"data.yaml": b"names: [\xff]", **FILE}, "no well-formed YAML"),
        ({"data.yaml": "", **FILE}, "does not name its classes"),
        ({"data.yaml": "names: car", **FILE}, "does not name its classes"),
        ({"data.yaml": "? [a]\n: b\n", **FILE}, "a key that is no text"),
        ({"data.yaml": "names: {car: 1}", **FILE}, "The class “car” has no number"),
        ({"data.yaml": "names: [[a]]", **FILE}, "The class “0” has no number, or no name"),
        ({"data.yaml": "names: [a]\nkpt_shape: [3]", **FILE}, "is no number of points"),
        ({"data.yaml": "names: [a]\nkpt_shape: [1, 3]\nkpt_names: 7", **FILE}, "no lists of names"),
        ({"data.yaml": DATA, "a.txt": "0 1 1 1 1"}, "no text file with the objects of a picture"),
        ({"data.yaml": DATA, "labels/a.txt": b"\xff"}, "labels/a.txt is no text in UTF-8"),
        ({"data.yaml": DATA, "obj.names": "a", **FILE}, "no file that can be read, or several"),
        ({"obj.names": "a\n\nb", "a.txt": ""}, "The class “1” has no number, or no name"),
    ],
)
def test_broken_files_are_refused(files: dict[str, str | bytes], reason: str) -> None:
    with pytest.raises(BadFile, match=reason):
        read(files)


def test_more_than_there_is_room_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"data.yaml": DATA, "labels/a.txt": "0 0.5 0.5 0.1 0.1\n" * 50_001}
    with pytest.raises(BadFile, match="more than 50,000 objects"):
        read(files)
    with pytest.raises(BadFile, match="more than 20,000 pictures"):
        read({"data.yaml": DATA, **{f"labels/{n}.txt": "" for n in range(20_001)}})
    with pytest.raises(BadFile, match="more than 10,000 classes"):
        read({"obj.names": "a\n" * 10_001, "a.txt": ""})
    monkeypatch.setattr(plain_yaml, "LARGEST", 3)
    with pytest.raises(BadFile, match=r"data\.yaml is larger than"):
        read({"data.yaml": DATA, **FILE})
