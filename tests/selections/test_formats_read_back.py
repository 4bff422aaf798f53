"""What the formats KITTI, Open Images, WIDER FACE, VGGFace2, LFW and Market-1501 write is read
back as the same objects, and the same input gives the same bytes."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cvat.annotations import Attribute, Label, Shape
from selections.formats import FORMATS
from tests.selections.format_files import Written, written_in_place

WIDTH, HEIGHT = 40, 30
NAMES = ("blur", "pose", "person_id", "camera_id", "query", "positive_pairs")
ATTRIBUTES = tuple(Attribute(n, name, False, "text", "") for n, name in enumerate(NAMES))
CAR, DOG, PERSON = (
    Label(n, name, color=f"#20{n}080", attributes=ATTRIBUTES)
    for n, name in enumerate(["car", "big dog", "market-1501"], 1)
)
WORDS = {CAR.name: "car", DOG.name: "big_dog", PERSON.name: "market-1501"}
LABELS = st.sampled_from([CAR, DOG, PERSON])
# Never the centre of a pixel.
COORDINATES = st.integers(-40, 200).map(lambda number: number / 4 + 0.125)
TEXTS = st.text(st.sampled_from("aB7 ,\"'\n\u2028é-=./\\"), max_size=6)
VALUES = st.fixed_dictionaries(
    {
        "blur": TEXTS,
        "pose": TEXTS,
        "person_id": st.sampled_from(["0005", "-1", "7"]),
        "camera_id": st.sampled_from(["0", "2", "x"]),
        "query": st.sampled_from(["true", "false", ""]),
        "positive_pairs": st.sampled_from(["", "car/car_0002, other", "b"]),
    }
).map(lambda values: tuple(values.items()))


def shapes_of(kind: str, numbers: int, rotations: Sequence[float] = (0,)) -> st.SearchStrategy:
    return st.builds(
        lambda label, points, rotation, occluded, values: Shape(
            kind, label, 0, points, rotation, is_occluded=occluded, attributes=values
        ),
        LABELS,
        st.tuples(*[COORDINATES] * numbers),
        st.sampled_from(rotations),
        st.booleans(),
        VALUES,
    )


RECTANGLES = shapes_of("rectangle", 4, (0, 90, 180))
# Turned by 90 degrees, edges may lie on the centres of pixels.
PAINTED = shapes_of("rectangle", 4, (0, 180))
TAGS, POLYGONS = shapes_of("tag", 0), shapes_of("polygon", 8)
FIVE, ONE = shapes_of("points", 10), shapes_of("points", 2)
KINDS = {
    "kitti": [PAINTED, POLYGONS],
    "open_images": [PAINTED, POLYGONS, TAGS],
    "widerface": [RECTANGLES, TAGS],
    "vggface2": [RECTANGLES, TAGS, FIVE],
    "lfw": [TAGS, FIVE, ONE],
    "market1501": [TAGS],
}


@st.composite
def drawn_pictures(draw: st.DrawFn, key: str) -> dict[str, list[Shape]]:
    """Up to three pictures with objects that the format has a place for."""
    shapes = st.lists(st.one_of(KINDS[key]), max_size=4)
    pictures = draw(st.lists(shapes, min_size=1, max_size=3))
    reason = FORMATS[key].unsupported_reason
    return {
        f"s{n % 2}/p {n}.jpg": [shape for shape in each if not reason(shape)]
        for n, each in enumerate(pictures)
    }


Objects = list[tuple[object, ...]]


def box_of(shape: Shape) -> tuple[float, float, float, float] | None:
    """The part of a rectangle in the picture: left, top, right, bottom."""
    x1, y1, x2, y2 = shape.points
    wide, high = abs(x2 - x1) / 2, abs(y2 - y1) / 2
    if shape.rotation == 90:
        wide, high = high, wide
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    left, top = max(x - wide, 0), max(y - high, 0)
    right, bottom = min(x + wide, WIDTH), min(y + high, HEIGHT)
    return (left, top, right, bottom) if left < right and top < bottom else None


def boxes(shapes: Iterable[Shape]) -> Iterator[tuple[Shape, tuple[float, ...]]]:
    for shape in shapes:
        if shape.kind == "rectangle" and (box := box_of(shape)):
            yield shape, box


def sized(box: Sequence[float]) -> tuple[float, ...]:
    return box[0], box[1], box[2] - box[0], box[3] - box[1]


def covered(shape: Shape) -> set[tuple[float, float]]:
    """The centres of the pixels in a polygon or a rectangle."""
    if shape.kind == "rectangle":
        box = box_of(shape) or (0, 0, 0, 0)
        corners = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])]
    else:
        corners = list(zip(shape.points[::2], shape.points[1::2], strict=True))
    edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))
    return {
        (x, y)
        for x in (column + 0.5 for column in range(WIDTH))
        for y in (row + 0.5 for row in range(HEIGHT))
        if sum(
            (x1 <= x) != (x2 <= x) and y1 + (y2 - y1) * (x - x1) / (x2 - x1) <= y
            for (x1, y1), (x2, y2) in edges
        )
        % 2
    }


def pixels(png: bytes) -> int:
    return sum(map(bool, Image.open(io.BytesIO(png)).get_flattened_data()))


def rows(files: Written, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files.text(path)))) if path in files.files else []


# --- what is in the files, and what should be ---


def kitti(files: Written, pictures: Mapping[str, Sequence[Shape]]) -> tuple[Objects, Objects]:
    seen: Objects = []
    for path in files.files:
        if "/label_2/" in path:
            lines = [line.split(" ") for line in files.lines(path)]
            name = path.removeprefix("default/label_2/").replace(".txt", ".jpg")
            seen += [(name, each[0], each[2], *map(float, each[1:2] + each[4:8])) for each in lines]
        if "/instance/" in path:
            name = path.removeprefix("default/instance/").replace(".png", ".jpg")
            seen.append((name, pixels(files.files[path])))
    expected: Objects = []
    for name, shapes in pictures.items():
        for shape, box in boxes(shapes):
            x1, y1, x2, y2 = shape.points
            visible = sized(box)[2] * sized(box)[3] / abs((x2 - x1) * (y2 - y1))
            about = name, WORDS[shape.label.name], str(int(shape.is_occluded))
            expected.append((*about, 1 - visible, *box))
        areas = [shape for shape in shapes if shape.kind == "polygon" or shape.rotation]
        if area := len(set().union(*map(covered, areas))):
            expected.append((name, area))
    return seen, expected


def open_images(files: Written, pictures: Mapping[str, Sequence[Shape]]) -> tuple[Objects, Objects]:
    seen: Objects = []
    for row in rows(files, "annotations/default-annotations-bbox.csv"):
        corners = [float(row[f"{axis}{end}"]) for end in ("Min", "Max") for axis in "XY"]
        scaled = [share * size for share, size in zip(corners, [WIDTH, HEIGHT] * 2, strict=True)]
        seen.append((f"{row['ImageID']}.jpg", row["LabelName"], row["IsOccluded"], *scaled))
    for row in rows(files, "annotations/default-annotations-human-imagelabels.csv"):
        seen.append((f"{row['ImageID']}.jpg", row["LabelName"], "tag"))
    for row in rows(files, "annotations/default-annotations-object-segmentation.csv"):
        area = pixels(files.files[f"masks/default/{row['MaskPath']}"])
        seen.append((f"{row['ImageID']}.jpg", row["LabelName"], "area", area))
    expected: Objects = []
    for name, shapes in pictures.items():
        for shape in shapes:
            about = name, shape.label.name
            if shape.kind == "tag":
                expected.append((*about, "tag"))
            elif shape.kind == "polygon" or shape.rotation:
                expected += [(*about, "area", len(area))] if (area := covered(shape)) else []
            elif box := box_of(shape):
                expected.append((*about, str(int(shape.is_occluded)), *box))
    return seen, expected


def widerface(files: Written, pictures: Mapping[str, Sequence[Shape]]) -> tuple[Objects, Objects]:
    seen: Objects = []
    name = ""
    for line in files.lines("wider_face_split/wider_face_default_bbx_gt.txt"):
        values = line.split(" ")
        if "/" in line:
            name = line.partition("/")[2]
        elif len(values) > 1:
            assert len(values) == 11
            seen.append((name, values[10], values[4], values[8], *map(float, values[:4])))
    expected: Objects = []
    for name, shapes in pictures.items():
        for shape, box in boxes(shapes):
            given = [
                re.sub(r"[\s/\\]", "_", dict(shape.attributes)[each]) for each in ("blur", "pose")
            ]
            known = [value or "-" for value in given]
            expected.append((name, WORDS[shape.label.name], *known, *sized(box)))
    return seen, expected


def vggface2(files: Written, pictures: Mapping[str, Sequence[Shape]]) -> tuple[Objects, Objects]:
    seen: Objects = []
    for table in ("bb", "landmark"):
        for row in rows(files, f"bb_landmark/loose_{table}_default.csv"):
            name, *numbers = row.values()
            seen.append((name, table, *map(float, filter(None, numbers))))
    expected: Objects = []
    for picture, shapes in pictures.items():
        stem = picture.removesuffix(".jpg")
        if not shapes:
            expected.append((f"no_label/{stem}", "landmark"))
        for label in {shape.label.name: shape.label for shape in shapes}.values():
            own, name = [each for each in shapes if each.label == label], WORDS[label.name]
            areas = [(sized(box)[2] * sized(box)[3], box) for _, box in boxes(own)]
            points = sorted(shape.points for shape in own if shape.kind == "points")
            if areas:
                expected.append((f"{name}/{stem}", "bb", *sized(max(areas)[1])))
            if points or not areas or any(shape.kind == "tag" for shape in own):
                expected.append((f"{name}/{stem}", "landmark", *(points[0] if points else ())))
    return seen, expected


def lfw(files: Written, pictures: Mapping[str, Sequence[Shape]]) -> tuple[Objects, Objects]:
    tables = "default/annotations"
    seen: Objects = [
        (path, *map(float, numbers))
        for path, *numbers in (
            line.split("\t")
            for line in (
                files.lines(f"{tables}/landmarks.txt")
                if f"{tables}/landmarks.txt" in files.files
                else ()
            )
        )
    ]
    counts = (line.split("\t") for line in files.lines(f"{tables}/people.txt"))
    seen += [("people", person, int(count)) for person, count in counts]
    people = Counter(dict.fromkeys(WORDS.values(), 0))
    expected: Objects = []
    for name, shapes in pictures.items():
        tags = [
            label for label in WORDS if label in {s.label.name for s in shapes if s.kind == "tag"}
        ]
        person = WORDS[tags[0]] if tags else ""
        people.update([person] if tags else [])
        place = f"{person}/{name}" if tags else name
        expected += [(place, *shape.points) for shape in shapes if shape.kind == "points"]
    expected += [("people", *item) for item in people.items()]
    return seen, expected


def market1501(files: Written, pictures: Mapping[str, Sequence[Shape]]) -> tuple[Objects, Objects]:
    seen: Objects = []
    for line in files.lines("images_default.txt"):
        folder, _, name = line.partition("/")
        match = re.fullmatch(r"s\d/(-?\d+)_c(\d+)s\d+_\d{6}_\d\d_*\.jpg", name)
        seen.append((folder, *match.groups()) if match else (folder, name))
    expected: Objects = []
    for name, shapes in pictures.items():
        if not shapes:
            expected.append(("bounding_box_default", name))
            continue
        values = dict(min(shape.attributes for shape in shapes))
        folder = "query" if values["query"] == "true" else "bounding_box_default"
        camera = int(values["camera_id"]) if values["camera_id"].isdigit() else 0
        expected.append((folder, values["person_id"], str(camera + 1)))
    return seen, expected


READERS = {
    each.__name__: each for each in (kitti, open_images, widerface, vggface2, lfw, market1501)
}


def close(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(
        abs(a - b) < 0.0051 if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("key", READERS)
@settings(max_examples=40)
@given(data=st.data())
def test_objects_are_read_back(
    key: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pictures = data.draw(drawn_pictures(key))
    folder = tmp_path_factory.getbasetemp()
    files, paths = written_in_place(key, pictures, folder, CAR, DOG, PERSON)
    assert len(paths) >= len(pictures)
    seen, expected = READERS[key](files, pictures)
    remaining = list(expected)
    for each in seen:
        twin = next((other for other in remaining if close(each, other)), None)
        assert twin is not None, (each, remaining)
        remaining.remove(twin)
    assert remaining == []
    again, _ = written_in_place(key, pictures, folder, CAR, DOG, PERSON)
    assert (files.files, files.left_out) == (again.files, again.left_out)
