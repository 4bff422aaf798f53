"""Boxes and tracks in the format MOT are those of CVAT's own exports, a sequence for each task."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from cvat.annotations import Label, Labels, Shape
from selections.formats.format import AnnotatedImage, AnnotatedTask
from tests.selections.format_files import CASES, Written, of_case, written

CAR, DOG = Label(1, "car"), Label(2, "dog\nand cat")
EXPORT = "exports/mot-1.1.txt"


class Row(NamedTuple):
    frame: int
    track: int
    x: float
    y: float
    width: float
    height: float
    confidence: float
    label: int
    visibility: float


def rows(text: str) -> list[Row]:
    kinds = [int, int, float, float, float, float, float, int, float]
    return [
        Row(*(kind(value) for kind, value in zip(kinds, row, strict=True)))
        for row in csv.reader(io.StringIO(text))
    ]


def boxes(rows: Iterable[Row]) -> list[tuple[float, ...]]:
    """The rows without their tracks, in an order of their own."""
    return sorted((row.frame, *(round(value, 1) for value in row[2:])) for row in rows)


def image(number: int, *shapes: Shape, task: int = 7, folder: str = "img1") -> AnnotatedImage:
    return AnnotatedImage(f"{folder}/{number:06d}.jpg", 100, 50, task, number + 10, shapes)


def test_boxes_are_those_of_cvats_export_and_rotated_ones_are_enclosed(tmp_path: Path) -> None:
    seen = rows(of_case("mot", "shapes", tmp_path).text("gt/gt.txt"))
    expected = rows((CASES["shapes"] / EXPORT).read_text())
    assert {row.track for row in seen} == {-1}
    rotated = set(boxes(seen)) ^ set(boxes(expected))
    # Three are rotated: one by 30 degrees, one by 90, one by half a degree.
    assert sorted(rotated - set(boxes(expected))) == [
        (1, 30.0, 60.0, 30.0, 50.0, 1.0, 3, 1.0),
        (1, 75.8, 9.5, 58.3, 51.0, 1.0, 1, 1.0),
        (1, 99.9, 69.8, 40.3, 30.4, 1.0, 2, 0.0),
    ]
    assert len(rotated) == 6


def test_tracks_are_those_of_cvats_export(tmp_path: Path) -> None:
    files = of_case("mot", "tracks_images", tmp_path)
    seen = rows(files.text("gt/gt.txt"))
    expected = rows((CASES["tracks_images"] / EXPORT).read_text())
    # CVAT takes names of pictures for their numbers, `00.jpg` for 0.
    frames = sorted({row.frame for row in expected})
    expected = [row._replace(frame=frames.index(row.frame) + 1) for row in expected]
    upright = set(boxes(seen)) & set(boxes(expected))
    assert len(upright) >= 30
    pairs = {
        (one.track, other.track)
        for one in seen
        for other in expected
        if boxes([one]) == boxes([other]) and boxes([one])[0] in upright
    }
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs})
    assert files.lines("gt/labels.txt") == ["truck", "area", "dot", "box"]


def test_each_task_is_a_sequence_with_all_labels(tmp_path: Path) -> None:
    tasks = [AnnotatedTask(n, "t", "", False, Labels([label])) for n, label in ((7, CAR), (8, DOG))]
    box = (1, 2, 3, 5)
    images = [
        image(1, Shape("rectangle", CAR, 0, box), folder="task_7/img1"),
        image(1, Shape("rectangle", DOG, 0, box, is_occluded=True), folder="task_8/img1", task=8),
        image(2, Shape("rectangle", CAR, 0, box, id=3, is_tracked=True), folder="task_7/img1"),
    ]
    files = Written("mot", images, tmp_path, tasks)
    assert {path: files.lines(path) for path in files.files} == {
        "task_7/gt/gt.txt": ["1,-1,1.00,2.00,2.00,3.00,1,1,1", "2,3,1.00,2.00,2.00,3.00,1,1,1"],
        "task_7/gt/labels.txt": ["car", "dog and cat"],
        "task_8/gt/gt.txt": ["1,-1,1.00,2.00,2.00,3.00,1,2,0"],
        "task_8/gt/labels.txt": ["car", "dog and cat"],
    }


def test_an_object_of_a_label_that_no_task_has_is_left_out(tmp_path: Path) -> None:
    picture = image(1, Shape("rectangle", DOG, 0, (1, 2, 3, 4)))
    files = written("mot", [picture], tmp_path, CAR)
    assert files.left_out == ["MOT has no class for the label 'dog\\nand cat'"]
    assert files.text("gt/gt.txt") == ""


numbers = st.floats(-500, 500, allow_nan=False)
shapes = st.builds(
    lambda label, points, occluded, track: Shape(
        "rectangle", label, 0, points, is_occluded=occluded, id=track, is_tracked=track > 0
    ),
    st.sampled_from([CAR, DOG]),
    st.tuples(numbers, numbers, numbers, numbers),
    st.booleans(),
    st.integers(0, 5),
)


@settings(max_examples=25)
@given(st.lists(st.lists(shapes, max_size=4), min_size=1, max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory: object, drawn: list[list[Shape]]) -> None:
    folder = tmp_path_factory.getbasetemp()
    images = [image(number, *each) for number, each in enumerate(drawn, 1)]
    files = written("mot", images, folder, CAR, DOG)
    assert files.files == written("mot", images, folder, CAR, DOG).files
    seen = rows(files.text("gt/gt.txt"))
    objects = [(number, shape) for number, each in enumerate(drawn, 1) for shape in each]
    for row, (number, shape) in zip(seen, objects, strict=True):
        x1, y1, x2, y2 = shape.points
        assert (row.frame, row.track) == (number, shape.id or -1)
        assert (row.label, row.visibility) == (shape.label.id, not shape.is_occluded)
        box = min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)
        assert all(abs(one - other) < 0.0051 for one, other in zip(row[2:6], box, strict=True))


def test_attributes_say_whether_a_box_counts_and_how_much_of_it_is_seen(tmp_path: Path) -> None:
    def seen(*attributes: tuple[str, str]) -> tuple[float, float]:
        shape = Shape("rectangle", CAR, 0, (1, 2, 3, 4), is_occluded=True, attributes=attributes)
        (row,) = rows(written("mot", [image(1, shape)], tmp_path, CAR).text("gt/gt.txt"))
        return row.confidence, row.visibility

    assert seen() == (1, 0)
    assert seen(("ignored", "True"), ("visibility", "0.25")) == (0, 0.25)
    assert seen(("ignored", "false"), ("visibility", "1.0")) == (1, 1)
    assert seen(("ignored", "maybe"), ("visibility", "7")) == (1, 0)
