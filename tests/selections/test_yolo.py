"""Label files of YOLO hold what CVAT's own exports hold, and what readers accept."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from cvat.annotations import Label, Labels, Shape
from cvat.overlapping import objects_by_frame
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask
from tests.annotated import ALL, Case

CAR, DOG = Label(1, "car"), Label(2, "dog: \"a\" 'b' #é")
ODD = "\x07\x7f\x85\x9f\xa0\u2028\u2029\ufeff\uffff\U0001f600\\"
KEYS = ["yolo_detection", "yolo_oriented_boxes", "yolo_segmentation", "yolo_pose"]
FOLDERS = {folder.name: folder for folder in ALL}
_BOXES = {
    "shapes": 3, "bad_shapes": 10, "skeletons": 1, "tracks_images": 11, "overlap": 10, "names": 15
}  # fmt: skip
LABEL_FILES = {  # how many pictures of recorded tasks have some
    "yolo_detection": _BOXES,
    "yolo_oriented_boxes": _BOXES,
    "yolo_segmentation": {"shapes": 5, "bad_shapes": 5, "tracks_images": 11, "names": 15},
    "yolo_pose": {"bad_shapes": 2, "skeletons": 7, "overlap": 2},
}


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
    rooms = [form.part_room(tasks), *map(form.image_room, images)]
    assert len(files) <= sum(room.files for room in rooms)
    assert sum(len(text.encode()) for text in files.values()) <= sum(room.bytes for room in rooms)
    return files


def of_case(key: str, name: str, into: Path) -> dict[str, str]:
    case, form = Case(FOLDERS[name]), FORMATS[key]
    by_frame = objects_by_frame(
        case.exported_jobs, case.frames, case.load, deleted=case.meta.deleted_frames
    )
    images, subset = [], case.task["subset"]
    for frame, shapes in by_frame:
        info = case.meta.frames[frame]
        held = [
            shape
            for shape in shapes
            if not form.unsupported_reason(shape) and not form.broken_reason(shape)
        ]
        path = f"{form.layout.folders([subset])[subset]}/{info.name}"
        images.append(AnnotatedImage(path, info.width, info.height, 7, frame, held, subset))
    return written(key, images, into, case.labels)


def lines(text: str) -> list[list[float]]:
    return sorted([float(number) for number in line.split()] for line in text.splitlines())


def image(
    *shapes: Shape, path: str = "images/train/a.jpg", size: int = 100, subset: str = ""
) -> AnnotatedImage:
    return AnnotatedImage(path, size, size, 7, 0, shapes, subset)


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


def test_tracks_are_those_of_cvats_export(tmp_path: Path) -> None:
    files = of_case("yolo_detection_track", "tracks_images", tmp_path)
    export = FOLDERS["tracks_images"] / "exports/ultralytics-yolo-detection-track-1.0.zip"
    with zipfile.ZipFile(export) as opened:
        reference = {name: opened.read(name).decode() for name in opened.namelist()}
    assert yaml.safe_load(files["data.yaml"]) == yaml.safe_load(reference["data.yaml"])
    tracks: set[tuple[float, ...]] = set()  # CVAT's number of a track, and ours
    for path in (path for path in reference if path.startswith("labels/")):
        seen = lines(files[path])
        for expected in lines(reference[path]):
            box, track = expected[:5], expected[5:]
            (twin,) = (each for each in seen if each[:5] == pytest.approx(box, abs=2e-6))
            assert len(twin) == len(expected)
            tracks |= {(*track, *twin[5:])} if track else set()
    # CVAT counts the tracks of a task, here each has its id.
    assert len(tracks) == len({theirs for theirs, _ in tracks}) == len({own for _, own in tracks})
    assert len(tracks) > 1


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
    assert list(data["kpt_names"]) == [0, 1]
    assert [len(names) for names in data["kpt_names"].values()] == [4, 3]


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
    for name, count in LABEL_FILES[key].items():
        files = of_case(key, name, tmp_path)
        texts = [text for path, text in files.items() if path.startswith("labels/")]
        assert len(texts) == count
        for line in "".join(texts).splitlines():
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
        Label(n, name) for n, name in enumerate([DOG.name, "yes", "1.0", "- a", "{x}", "a\nb", ODD])
    ]
    files = written("yolo_detection", [image()], tmp_path, labels)
    names = yaml.safe_load(files["data.yaml"])["names"]
    assert names == {label.id: label.name for label in labels}


def test_the_subset_of_a_task_is_the_folder() -> None:
    names = ["", "val", "test 1", "../x", "a/b", "..", "Val", "a_b", "path", "Names", "images"]
    assert FORMATS["yolo_pose"].layout.folders(names) == {
        "": "images/train",
        "train": "images/train",
        "val": "images/val_",
        "Val": "images/Val",
        "test 1": "images/test 1",
        "../x": "images/_x",
        "a_b": "images/a_b",
        "a/b": "images/a_b_",
        "..": "images/train_",
        "path": "images/path_",
        "Names": "images/Names_",
        "images": "images/images_",
    }


def test_a_subset_is_no_other_value_of_the_list_of_classes(tmp_path: Path) -> None:
    folder = FORMATS["yolo_pose"].layout.folders(["names"])["names"]
    picture = image(path=f"{folder}/a.jpg", subset="names")
    files = written("yolo_pose", [picture], tmp_path, subset="names")
    assert yaml.safe_load(files["data.yaml"]) == {
        "path": ".", "names_": "names_.txt", "kpt_shape": [0, 3], "names": {},
    }  # fmt: skip


def test_the_pictures_of_a_task_are_in_the_lists_of_their_splits(tmp_path: Path) -> None:
    task = AnnotatedTask(7, "task", "ignored", False, Labels([CAR]), splits=("train", "val"))
    with closing(FORMATS["yolo_detection"].writer([task], tmp_path)) as writer:
        for subset in ("train", "val"):
            writer.add(image(path=f"images/{subset}/{subset}.jpg", subset=subset))
        files = {file.path: file.content.read().decode() for file in writer.files("")}
    assert files["train.txt"] == "./images/train/train.jpg\n"
    assert files["val.txt"] == "./images/val/val.jpg\n"
    data = yaml.safe_load(files["data.yaml"])
    assert (data["train"], data["val"]) == ("train.txt", "val.txt")


def left_out(key: str, picture: AnnotatedImage, folder: Path, *labels: Label) -> list[str]:
    tasks = [AnnotatedTask(7, "task", "", False, Labels(labels))]
    with closing(FORMATS[key].writer(tasks, folder)) as writer:
        return list(writer.add(picture))


def test_an_object_without_a_class_has_no_line(tmp_path: Path) -> None:
    nose = Label(3, "nose", type="points")
    face = Label(4, "face", type="skeleton", sublabels=(nose,))
    point = Shape("points", nose, 0, (5, 5))
    picture = image(Shape("skeleton", CAR, 0, elements=(point,)))
    files = written("yolo_pose", [picture], tmp_path, [CAR, face])
    assert "labels/train/a.txt" not in files
    assert left_out("yolo_pose", picture, tmp_path, CAR, face) == [
        "YOLO Pose has no class for the label 'car'"
    ]


def test_objects_without_a_line_have_a_reason(tmp_path: Path) -> None:
    flat = Shape("rectangle", CAR, 0, (10, 10, 10, 30))
    outside = Shape("rectangle", CAR, 0, (200, 0, 210, 10))
    box = Shape("rectangle", CAR, 0, (0, 0, 10, 10))
    for size, reasons in (
        (100, ["no area in the picture"] * 2),
        (0, ["the size of the picture is not known"] * 3),
    ):
        picture = image(flat, box, outside, size=size)
        assert left_out("yolo_detection", picture, tmp_path, CAR) == reasons


def test_a_rotated_rectangle_is_cut_to_the_picture(tmp_path: Path) -> None:
    diamond = Shape("rectangle", CAR, 0, (86, 36, 114, 64), rotation=45)
    files = written("yolo_detection", [image(diamond)], tmp_path)
    half = 14 * math.sqrt(2) / 100
    assert _is_close(lines(files["labels/train/a.txt"])[0], [0, 1 - half / 2, 0.5, half, 2 * half])
    files = written("yolo_oriented_boxes", [image(diamond)], tmp_path)
    upright = [1 - half, 0.5 - half, 1, 0.5 - half, 1, 0.5 + half, 1 - half, 0.5 + half]
    assert _is_close(lines(files["labels/train/a.txt"])[0], [0, *upright])


@pytest.mark.parametrize("key", ["yolo_detection", "yolo_oriented_boxes"])
def test_a_rotated_rectangle_around_the_corner_has_no_line(key: str, tmp_path: Path) -> None:
    # Its corners are right of the left edge and below the upper one, but nothing between them.
    diamond = Shape("rectangle", CAR, 0, (-26, -26, 2, 2), rotation=45)
    assert "labels/train/a.txt" not in written(key, [image(diamond)], tmp_path)


def test_an_oriented_box_over_the_edge_by_rounding_stays_rotated(tmp_path: Path) -> None:
    diamond = Shape("rectangle", CAR, 0, (5.5, 36, 33.5, 64), rotation=45)
    files = written("yolo_oriented_boxes", [image(diamond)], tmp_path)
    half = 14 * math.sqrt(2)
    corners = [19.5, 50 - half, 19.5 + half, 50, 19.5, 50 + half, 0, 50]
    assert _is_close(lines(files["labels/train/a.txt"])[0], [0, *(n / 100 for n in corners)])


def test_points_outside_of_the_picture_are_not_seen(tmp_path: Path) -> None:
    sublabels = tuple(Label(n, f"p{n}", type="points") for n in (3, 4))
    face = Label(2, "face", type="skeleton", sublabels=sublabels)

    def drawn(*points: tuple[float, float]) -> Shape:
        pairs = zip(sublabels, points, strict=True)
        elements = tuple(Shape("points", sublabel, 0, point) for sublabel, point in pairs)
        return Shape("skeleton", face, 0, elements=elements)

    picture = image(drawn((50, 20), (150, 20)), drawn((-1, 5), (5, 101)))
    files = written("yolo_pose", [picture], tmp_path, [face])
    assert lines(files["labels/train/a.txt"]) == [[0, 0.5, 0.2, 0, 0, 0.5, 0.2, 2, 1, 0.2, 0]]
    assert left_out("yolo_pose", picture, tmp_path, face) == ["no area in the picture"]


def test_skeletons_of_one_name_have_their_points_in_one_order(tmp_path: Path) -> None:
    def drawn(task: int, *names: str) -> tuple[AnnotatedTask, AnnotatedImage]:
        first = 10 * task
        sublabels = tuple(Label(first + n, name, type="points") for n, name in enumerate(names))
        face = Label(first + 9, "face", type="skeleton", sublabels=sublabels)
        points = tuple(
            Shape("points", sublabel, 0, (ord(sublabel.name), 5)) for sublabel in sublabels
        )
        shape = Shape("skeleton", face, 0, elements=points)
        picture = AnnotatedImage(f"images/train/{task}.jpg", 200, 10, task, 0, [shape])
        return AnnotatedTask(task, "t", "", False, Labels([face])), picture

    pairs = [drawn(1, "a", "b"), drawn(2, "c", "b"), drawn(3, "b", "a")]
    with closing(FORMATS["yolo_pose"].writer([task for task, _ in pairs], tmp_path)) as writer:
        for _, picture in pairs:
            assert list(writer.add(picture)) == []
        files = {file.path: file.content.read().decode() for file in writer.files("")}
    assert yaml.safe_load(files["data.yaml"])["kpt_shape"] == [3, 3]
    a, b, c = ([ord(each) / 200, 0.5, 2] for each in "abc")
    none = [0, 0, 0]
    seen = [lines(files[f"labels/train/{n}.txt"])[0][5:] for n in (1, 2, 3)]
    assert seen == [a + b + none, none + b + c, a + b + none]


def test_a_polygon_over_the_edge_is_cut_there(tmp_path: Path) -> None:
    triangle = Shape("polygon", CAR, 0, (50, 50, 150, 50, 50, 150))
    files = written("yolo_segmentation", [image(triangle)], tmp_path)
    corners = lines(files["labels/train/a.txt"])[0][1:]
    assert set(zip(corners[::2], corners[1::2], strict=True)) == {
        (0.5, 0.5), (1, 0.5), (1, 1), (0.5, 1),
    }  # fmt: skip
