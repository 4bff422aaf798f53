"""Label files of YOLO hold what CVAT's own exports hold, and what readers accept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cvat.annotations import Label, Labels, Shape
from cvat.overlapping import objects_by_frame
from selections.formats import FORMATS, masks
from selections.formats.format import AnnotatedImage, AnnotatedTask
from tests.annotated import ALL, Case

CAR, DOG = Label(1, "car"), Label(2, "dog: \"a\" 'b' #é")
KEYS = ["yolo_detection", "yolo_oriented_boxes", "yolo_segmentation", "yolo_pose"]
FOLDERS = {folder.name: folder for folder in ALL}


def written(
    key: str,
    images: Iterable[AnnotatedImage],
    folder: Path,
    labels: Iterable[Label] = (CAR, DOG),
    subset: str = "",
) -> dict[str, str]:
    """The text of each file."""
    form, images = FORMATS[key], list(images)
    tasks = [AnnotatedTask(7, "task", subset, False, Labels(labels))]
    files = {}
    with closing(form.writer(tasks, folder)) as writer:
        for each in images:
            writer.add(each)
        for file in writer.files(""):
            content = file.content.read()
            assert len(content) == file.size
            files[file.path] = content.decode()
    rooms = [form.room(tasks), *map(form.image_room, images)]
    assert len(files) <= sum(room[0] for room in rooms)
    assert sum(len(text.encode()) for text in files.values()) <= sum(room[1] for room in rooms)
    return files


def of_case(key: str, name: str, into: Path) -> dict[str, str]:
    case, form = Case(FOLDERS[name]), FORMATS[key]
    by_frame = objects_by_frame(
        case.exported_jobs, case.frames, case.load, deleted=case.meta.deleted_frames
    )
    images = []
    for frame, shapes in by_frame:
        info = case.meta.frames[frame]
        held = [shape for shape in shapes if not form.lacks(shape) and not form.flaw(shape)]
        path = f"{form.layout.folder(case.task['subset'])}/{info.name}"
        images.append(AnnotatedImage(path, info.width, info.height, 7, frame, held))
    return written(key, images, into, case.labels)


def lines(text: str) -> list[list[float]]:
    return sorted([float(number) for number in line.split()] for line in text.splitlines())


def image(*shapes: Shape, path: str = "images/train/a.jpg", size: int = 100) -> AnnotatedImage:
    return AnnotatedImage(path, size, size, 7, 0, shapes)


# What CVAT wrote for the recorded tasks, of the label files that are compared.
DETECTED = {
    "g_6x4": [[0, 0.5, 0.5, 0.666667, 0.5]],
    "i_mixed": [
        [0, 0.5625, 0.25, 0.25, 0.333333],
        [0, 0.828125, 0.25, 0.21875, 0.333333],
        [0, 0.828125, 0.666667, 0.21875, 0.333333],
        [1, 0.1875, 0.208333, 0.25, 0.25],
    ],
    "a_boxes": [
        [0, 0.25, 0.291667, 0.125, 0.083333],
        [1, 0.223313, 0.292167, 0.315875, 0.249],
        [1, 0.228125, 0.929167, 0.10625, 0.108333],
        [1, 0.34375, 0.929167, 0.0625, 0.108333],
        [1, 0.81375, 0.908333, 0.0025, 0.15],
        [2, 0.5, 0.5, 1, 1],
        [3, 0.09375, 0.929167, 0.125, 0.108333],
    ],
}
ORIENTED = [
    [0, 0.567809, 0.079247, 0.838441, 0.28758, 0.744691, 0.504087, 0.474059, 0.295753],
    [2, 0.375, 0.5, 0.375, 0.916667, 0.1875, 0.916667, 0.1875, 0.5],
    [1, 0.624187, 0.584793, 0.874177, 0.581884, 0.875813, 0.831874, 0.625823, 0.834783],
]
POSED = {
    "sk_01": [
        [0, 0.391133, 0.3125, 0.157266, 0.416667, 0.234375, 0.833333, 0, 0.390625, 0.104167, 2,
         0.469766, 0.218646, 1, 0.3125, 0.520833, 2],
    ],
    "sk_02": [
        [0, 0.351562, 0.46875, 0.234375, 0.729167, 0.234375, 0.833333, 2, 0.390625, 0.104167, 2,
         0.46875, 0.208333, 2, 0.3125, 0.520833, 2],
        [1, 0.429688, 0.46875, 0.546875, 0.3125, 0.703125, 0.625, 2, 0.15625, 0.416667, 2,
         0.390625, 0.3125, 2, 0, 0, 0],
    ],
}  # fmt: skip


def test_boxes_are_those_of_cvats_export_and_rotated_ones_come_too(tmp_path: Path) -> None:
    files = of_case("yolo_detection", "shapes", tmp_path)
    for name, expected in DETECTED.items():
        seen = lines(files[f"labels/train/{name}.txt"])
        close = [each for each in seen if any(_is_close(each, other) for other in expected)]
        assert len(close) == len(expected)
        assert len(seen) - len(close) == (3 if name == "a_boxes" else 0)
    assert "labels/train/h_empty.txt" not in files
    assert len(files["train.txt"].splitlines()) == 9
    assert files["train.txt"].startswith("./images/train/")
    assert yaml.safe_load(files["data.yaml"]) == {
        "path": ".",
        "train": "train.txt",
        "names": {0: "zebra", 1: "car", 2: "person", 3: "only boxes"},
    }


def test_oriented_boxes_are_those_of_cvats_export(tmp_path: Path) -> None:
    files = of_case("yolo_oriented_boxes", "shapes", tmp_path)
    seen = lines(files["labels/train/a_boxes.txt"])
    assert len(seen) == 10
    for expected in ORIENTED:
        assert any(_is_close(each, expected) for each in seen)


def test_skeletons_are_those_of_cvats_export(tmp_path: Path) -> None:
    files = of_case("yolo_pose", "skeletons", tmp_path)
    for name, expected in POSED.items():
        seen = lines(files[f"labels/train/{name}.txt"])
        assert all(_is_close(*pair) for pair in zip(seen, expected, strict=True))
    assert "labels/train/sk_03.txt" not in files  # all points are outside
    data = yaml.safe_load(files["data.yaml"])
    assert (data["kpt_shape"], data["names"]) == ([4, 3], {0: "person", 1: "cat"})


def test_polygons_are_those_of_cvat_and_masks_have_their_parts(tmp_path: Path) -> None:
    files = of_case("yolo_segmentation", "shapes", tmp_path)
    polygons = lines(files["labels/train/b_polygons.txt"])
    assert len(polygons) == 5
    assert any(
        _is_close(each, [1, 0.207423, 0.180164, 0.623711, 0.20082, 0.572784, 0.744918])
        for each in polygons
    )
    masks_of_image = lines(files["labels/train/f_masks.txt"])
    # car with two pixels that touch at corners, zebra with a hole, person twice and in two parts
    assert sorted(each[0] for each in masks_of_image).count(2) == 3
    hole = next(each for each in masks_of_image if each[0] == 0)
    x1, x2, y1, y2 = 12 / 64, 28 / 64, 12 / 48, 28 / 48
    assert _is_close(hole[1:], [x1, y1, x2, y1, x2, y2, x1, y2])


def _is_close(one: Sequence[float], other: Sequence[float]) -> bool:
    # CVAT rounds to 0.01 pixel first; the smallest picture of these is 97 pixels wide.
    return len(one) == len(other) and all(
        math.isclose(a, b, abs_tol=1.1e-4) for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("key", KEYS)
def test_every_number_is_a_share_of_the_picture(key: str, tmp_path: Path) -> None:
    for name in ("shapes", "bad_shapes", "skeletons", "tracks_images", "overlap", "names"):
        for path, text in of_case(key, name, tmp_path).items():
            if path.startswith("labels/"):
                for line in text.splitlines():
                    numbers = [float(number) for number in line.split()[1:]]
                    assert numbers
                    if key != "yolo_pose":
                        assert all(0 <= number <= 1 for number in numbers)


def test_a_box_over_the_edge_is_cut_and_one_outside_has_no_line(tmp_path: Path) -> None:
    over = Shape("rectangle", CAR, 0, (-10, 90, 20, 130))
    outside = Shape("rectangle", DOG, 0, (200, 0, 210, 10))
    flat = Shape("rectangle", DOG, 0, (10, 10, 10, 30))
    files = written("yolo_detection", [image(over, outside, flat)], tmp_path)
    assert files["labels/train/a.txt"] == "0 0.100000 0.950000 0.200000 0.100000\n"


def test_names_that_yaml_could_misread_stay_as_they_are(tmp_path: Path) -> None:
    labels = [
        Label(n, name) for n, name in enumerate([DOG.name, "yes", "1.0", "- a", "{x}", "a\nb"])
    ]
    files = written("yolo_detection", [image()], tmp_path, labels)
    names = yaml.safe_load(files["data.yaml"])["names"]
    assert names == {label.id: label.name for label in labels}


def test_the_subset_of_a_task_is_the_folder() -> None:
    folder = FORMATS["yolo_pose"].layout.folder
    assert [folder(name) for name in ("", "val", "test 1", "../x", "a/b", "..")] == [
        "images/train",
        "images/val",
        "images/test 1",
        "images/_x",
        "images/a_b",
        "images/train",
    ]


@given(st.lists(st.booleans(), min_size=49, max_size=49))
def test_outlines_hold_the_pixels_of_a_mask_and_its_holes(bits: list[bool]) -> None:
    """A pixel belongs to an outline or lies in a hole, which is closed off by the area."""
    size, pixels = 7, {divmod(n, 7) for n, bit in enumerate(bits) if bit}
    runs = masks.merged((x * size + y, x * size + y + 1) for x, y in pixels)
    loops = masks.outlines(runs, height=size)
    covered = set()
    for loop in loops:
        points = [float(number) for corner in loop for number in corner]
        for start, end in masks.of_polygon(points, size, size):
            covered.update(divmod(position, size) for position in range(start, end))
    assert pixels <= covered
    assert covered - pixels == _holes(pixels, size)


def _holes(pixels: set[tuple[int, int]], size: int) -> set[tuple[int, int]]:
    """What cannot be reached from outside, also over corners: diagonal pixels are two parts."""
    free = {(x, y) for x in range(-1, size + 1) for y in range(-1, size + 1)} - pixels
    reached, border = set(), [(-1, -1)]
    while border:
        x, y = border.pop()
        if (x, y) in free and (x, y) not in reached:
            reached.add((x, y))
            border += [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return free - reached
