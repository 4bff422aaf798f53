"""YOLO 1.1 holds what CVAT's own export holds, where Darknet looks for it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvat.annotations import Label, Labels, Shape
from selections.archives.entries import WantedFrame
from selections.archives.naming import FramePaths
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask
from tests.annotated import ALL, Case
from tests.recorded import FOLDER
from tests.selections.format_files import Written, of_case, written

CAR, DOG = Label(1, "car"), Label(2, "dog")
LAYOUT = FORMATS["yolo_darknet"].layout


def image(*shapes: Shape, size: int = 100) -> AnnotatedImage:
    return AnnotatedImage("obj_train_data/a.jpg", size, size, 7, 0, shapes)


def numbers(text: str | bytes) -> list[list[float]]:
    text = text.decode() if isinstance(text, bytes) else text
    return sorted([float(number) for number in line.split()] for line in text.splitlines())


def is_close(one: list[float], other: list[float]) -> bool:
    # CVAT rounds to 0.01 pixel first; the smallest picture of these is 61 pixels high.
    return all(math.isclose(a, b, abs_tol=2e-4) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("name", "subset"),
    [("shapes", "train"), ("names", "train"), ("skeletons", "train"), ("start_step", "val")],
)
def test_boxes_are_those_of_cvats_export_and_rotated_ones_come_too(
    name: str, subset: str, tmp_path: Path
) -> None:
    files = of_case("yolo_darknet", name, tmp_path)
    export = FOLDER / "annotated" / name / "exports/yolo-1.1"
    compared = 0
    for path in export.rglob("obj_*_data/**/*.txt"):
        key = str(path.relative_to(export))
        if key not in files.files:
            assert key == "obj_train_data/s/a.txt"  # beside `s/A.jpg` it has another name
            continue
        seen, expected = numbers(files.files[key]), numbers(path.read_bytes())
        rotated = 3 if key.endswith("a_boxes.txt") else 0
        close = [each for each in seen if any(is_close(each, other) for other in expected)]
        assert (len(close), len(seen)) == (len(expected), len(expected) + rotated)
        compared += 1
    assert compared > 3
    assert f"{subset}.txt" in files.files


def test_every_picture_has_a_file_of_its_own_and_is_listed(tmp_path: Path) -> None:
    for folder in ALL:
        files = of_case("yolo_darknet", folder.name, tmp_path)
        subset = Case(folder).task["subset"] or "train"
        listed = files.lines(f"{subset}.txt")
        assert len(listed) == len(Case(folder).frames)
        for line in listed:
            path = line.removeprefix("data/")
            assert path.startswith(f"obj_{subset}_data/")
            for label in files.lines(f"{path.rpartition('.')[0]}.txt"):
                assert all(0 <= float(number) <= 1 for number in label.split()[1:])


def test_the_classes_are_the_labels_without_points_of_skeletons(tmp_path: Path) -> None:
    files = of_case("yolo_darknet", "skeletons", tmp_path)
    assert files.lines("obj.names") == ["person", "box", "cat"]
    assert files.lines("obj.data") == [
        "classes = 3", "train = data/train.txt", "names = data/obj.names", "backup = backup/",
    ]  # fmt: skip
    assert files.text("obj_train_data/sk_02.txt").startswith("1 ")


def test_a_name_has_one_line_and_a_subset_no_name_of_another_value(tmp_path: Path) -> None:
    odd = Label(1, "a\nb\u2028c")
    task = AnnotatedTask(7, "task", "names", False, Labels([odd, DOG]))
    picture = image()._replace(subset="names")
    files = Written("yolo_darknet", [picture], tmp_path, [task])
    assert files.text("obj.names") == "a b c\ndog\n"
    assert "names_ = data/names_.txt" in files.lines("obj.data")
    assert LAYOUT.folders(["names", ""]) == {
        "names": "obj_names__data", "train": "obj_train_data", "": "obj_train_data",
    }  # fmt: skip


def test_objects_without_a_line_have_a_reason(tmp_path: Path) -> None:
    box = Shape("rectangle", CAR, 0, (0, 0, 10, 10))
    outside = Shape("rectangle", CAR, 0, (200, 0, 210, 10))
    strange = Shape("rectangle", Label(9, "cow"), 0, (0, 0, 10, 10))
    files = written("yolo_darknet", [image(outside, strange, box)], tmp_path, CAR)
    assert files.left_out == ["no area in the picture", "YOLO 1.1 has no class for the label 'cow'"]
    assert files.text("obj_train_data/a.txt") == "0 0.050000 0.050000 0.100000 0.100000\n"
    files = written("yolo_darknet", [image(box, size=0)], tmp_path, CAR)
    assert files.left_out == ["the size of the picture is not known"]


def test_a_folder_has_no_name_of_a_file_of_labels_or_that_darknet_replaces() -> None:
    paths = FramePaths(
        task_folders=False,
        quality="original",
        layout=LAYOUT,
    )
    names = ["a.jpg", "a.TXT/b.jpg", "a.txt_/c.jpg", "images/d.jpg", "x/JPEGImages/e.jpg"]
    frames = [WantedFrame(7, 1, frame, name) for frame, name in enumerate(names)]
    for frame in frames:
        paths.reserve(frame)
    assert [paths.take(frame, ".jpg") for frame in frames] == [
        "a.jpg", "a.TXT__/b.jpg", "a.txt_/c.jpg", "images_/d.jpg", "x/JPEGImages_/e.jpg",
    ]  # fmt: skip


boxes = st.builds(
    lambda label, x1, y1, wide, high: Shape(
        "rectangle", label, 0, (x1, y1, min(x1 + wide, 100), min(y1 + high, 100))
    ),
    st.sampled_from([CAR, DOG]),
    *[st.integers(0, 99)] * 2,
    *[st.integers(1, 99)] * 2,
)


@settings(max_examples=40)
@given(st.lists(boxes, max_size=6), st.randoms(use_true_random=False))
def test_boxes_are_read_back_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, shapes: list[Shape], random: Any
) -> None:
    folder = tmp_path_factory.getbasetemp()
    shuffled = random.sample(shapes, len(shapes))
    files = written("yolo_darknet", [image(*shuffled)], folder, CAR, DOG)
    seen = sorted(
        (
            int(number),
            *(round(share * 100) for share in (x - w / 2, y - h / 2, x + w / 2, y + h / 2)),
        )
        for number, x, y, w, h in numbers(files.files["obj_train_data/a.txt"])
    )
    assert seen == sorted((shape.label.id - 1, *shape.points) for shape in shapes)
