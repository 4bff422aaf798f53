"""The formats of Ultralytics YOLO (detection, oriented boxes, segmentation, pose): a text file for
each picture, in `labels/` where the picture is in `images/`, and `data.yaml`.

Coordinates are shares of width and height, cut to 0 to 1, because readers refuse what lies outside.
"""

from __future__ import annotations

import io
import json
import math
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from cvat.annotations import MASK, SKELETON, Label, Shape
from selections.formats import masks
from selections.formats.coco import drawn_parts
from selections.formats.format import (
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Layout,
    TemporaryFiles,
    in_words,
)

Point = tuple[float, float]
# The numbers of the lines of an object, without its class. Several lines for one of several parts.
Numbers = Callable[[Shape, AnnotatedImage, int], Iterable[Sequence[str]]]

_PICTURES, _LABELS = "images", "labels"
_SUBSET_WITHOUT_NAME = "train"
_LONGEST_CLASS = 10  # digits
_LONGEST_SUFFIX = "_selection_12345678901234567890_part1234567890"
_MOST_SUBLABELS = 200  # points of a skeleton, for the room that its lines need
_ELLIPSE_STEPS = 36


class _Yolo:
    """How the files are written; the formats differ in their kinds, classes and numbers."""

    def __init__(self, kinds: Sequence[str], numbers: Numbers, *, name: str) -> None:
        self._kinds = kinds
        self._numbers = numbers
        self._name = name
        self._is_pose = SKELETON in kinds

    def lacks(self, shape: Shape) -> str:
        if shape.kind not in self._kinds:
            return f"{self._name} has no place for {in_words(shape.kind)}"
        if self._is_pose and all(each.is_outside for each in shape.elements):
            return f"{self._name} has no place for skeletons whose points are all outside"
        return ""

    def writer(self, tasks: Sequence[AnnotatedTask], folder: Path) -> _Writer:
        return _Writer(self, tasks, folder)

    def room(self, tasks: Sequence[AnnotatedTask]) -> tuple[int, int]:
        subsets = sorted({_subset(task.subset) for task in tasks})
        return 1 + len(subsets), len(self.data(tasks, subsets, _LONGEST_SUFFIX).encode())

    def image_room(self, image: AnnotatedImage) -> tuple[int, int]:
        labels = [shape.label for shape in image.shapes]
        most = max((len(label.sublabels) for label in labels), default=0)
        lines = self.lines(image, {label.name: 10**_LONGEST_CLASS for label in labels}, most)
        # Of another skeleton the lines may have more points, which are all zero.
        padding = len(labels) * _MOST_SUBLABELS * len(" 0.0 0.0 0") if self._is_pose else 0
        return int(bool(lines)), len(lines.encode()) + len(_listed(image).encode()) + padding

    def lines(self, image: AnnotatedImage, classes: dict[str, int], most_points: int) -> str:
        if not image.width or not image.height:
            return ""
        return "".join(
            f"{classes.get(shape.label.name, 0)} {' '.join(numbers)}\n"
            for shape in image.shapes
            for numbers in self._numbers(shape, image, most_points)
        )

    def classes(self, tasks: Iterable[AnnotatedTask]) -> dict[str, int]:
        """Numbers in the order of the labels, used or not, from 0."""
        classes: dict[str, int] = {}
        for label in self._labels(tasks):
            classes.setdefault(label.name, len(classes))
        return classes

    def most_points(self, tasks: Iterable[AnnotatedTask]) -> int:
        return max((len(label.sublabels) for label in self._labels(tasks)), default=0)

    def _labels(self, tasks: Iterable[AnnotatedTask]) -> Iterator[Label]:
        for task in tasks:
            for label in task.labels:
                if not self._is_pose or label.type == SKELETON:
                    yield label

    def data(self, tasks: Sequence[AnnotatedTask], subsets: Iterable[str], suffix: str) -> str:
        """JSON strings are YAML strings too."""
        names = [
            f"  {number}: {json.dumps(name, ensure_ascii=False)}\n"
            for name, number in self.classes(tasks).items()
        ]
        lists = [
            f"{json.dumps(subset, ensure_ascii=False)}: "
            f"{json.dumps(f'{subset}{suffix}.txt', ensure_ascii=False)}\n"
            for subset in subsets
        ]
        points = f"kpt_shape: [{self.most_points(tasks)}, 3]\n" if self._is_pose else ""
        head = "path: .\n" + "".join(lists) + points
        return head + ("names:\n" + "".join(names) if names else "names: {}\n")


class _Writer:
    def __init__(self, yolo: _Yolo, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._yolo = yolo
        self._tasks = tasks
        self._classes, self._most_points = yolo.classes(tasks), yolo.most_points(tasks)
        self._lists: dict[str, io.BufferedRandom] = {}
        self._lines = self._temporary.new()
        self._lengths: list[tuple[str, int]] = []  # of the lines of each picture, with its path

    def add(self, image: AnnotatedImage) -> None:
        subset = image.path.split("/")[1]
        if subset not in self._lists:
            self._lists[subset] = self._temporary.new()
        self._lists[subset].write(_listed(image).encode())
        if lines := self._yolo.lines(image, self._classes, self._most_points):
            self._lines.write(lines.encode())
            self._lengths.append((image.path, len(lines)))

    def files(self, suffix: str) -> Iterator[File]:
        self._lines.seek(0)
        for path, length in self._lengths:
            yield File(_label_path(path), io.BytesIO(self._lines.read(length)), length)
        for subset, file in self._lists.items():
            size = file.tell()
            file.seek(0)
            yield File(f"{subset}{suffix}.txt", file, size)
        data = self._yolo.data(self._tasks, list(self._lists), suffix).encode(errors="replace")
        yield File(f"data{suffix}.yaml", io.BytesIO(data), len(data))

    def close(self) -> None:
        self._temporary.close()


def _subset(name: str) -> str:
    """The folder of a subset; characters that no folder can have are replaced."""
    safe = "".join(each if each.isalnum() or each in "-_. " else "_" for each in name).strip(". ")
    return safe or _SUBSET_WITHOUT_NAME


def _folder(subset: str) -> str:
    return posixpath.join(_PICTURES, _subset(subset))


def _label_path(path: str) -> str:
    return (
        posixpath.join(_LABELS, posixpath.splitext(path)[0].removeprefix(f"{_PICTURES}/")) + ".txt"
    )


def _listed(image: AnnotatedImage) -> str:
    """A line of the list of pictures: readers take "./" for the folder of the list."""
    return f"./{image.path}\n"


# --- the numbers of an object ---


def _box(shape: Shape, image: AnnotatedImage, _: int) -> Iterator[list[str]]:
    """Centre and size of the box; of a rotated rectangle the box around it."""
    yield from _centred(_rectangle_corners(shape), image)


def _oriented(shape: Shape, image: AnnotatedImage, _: int) -> Iterator[list[str]]:
    """The corners, clockwise, from the one that is at the upper left before the rotation."""
    corners = _rectangle_corners(shape)
    if _has_area(corners, image):
        yield [number for point in corners for number in _shares(point, image)]


def _outline(shape: Shape, image: AnnotatedImage, _: int) -> Iterator[list[str]]:
    """A polygon; of masks each part, without holes."""
    for points in _outlines(shape, image):
        if len(points) >= 3 and _has_area(points, image):
            yield [number for point in points for number in _shares(point, image)]


def _pose(shape: Shape, image: AnnotatedImage, most_points: int) -> Iterator[list[str]]:
    """The box around the points that are not outside, then each point with its visibility."""
    elements = {element.label.id: element for element in reversed(shape.elements)}
    numbers: list[str] = []
    seen: list[Point] = []
    parts = drawn_parts(shape.label)
    for part in parts:
        element = elements.get(part.id)
        if element is None:
            numbers += ["0.0", "0.0", "0"]
            continue
        point = (element.points[0], element.points[1])
        numbers += _shares(point, image)
        numbers.append("0" if element.is_outside else "1" if element.is_occluded else "2")
        if not element.is_outside:
            seen.append(point)
    numbers += ["0.0", "0.0", "0"] * (most_points - len(parts))
    for box in _centred(seen, image, may_be_flat=True) if seen else ():
        yield box + numbers


def _rectangle_corners(shape: Shape) -> list[Point]:
    x1, y1, x2, y2 = shape.points
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    return _rotated(corners, ((x1 + x2) / 2, (y1 + y2) / 2), shape.rotation)


def _rotated(points: Iterable[Point], centre: Point, degrees: float) -> list[Point]:
    if not degrees:
        return list(points)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x0, y0 = centre
    return [
        (x0 + (x - x0) * cosine - (y - y0) * sine, y0 + (x - x0) * sine + (y - y0) * cosine)
        for x, y in points
    ]


def _outlines(shape: Shape, image: AnnotatedImage) -> Iterable[Sequence[Point]]:
    points = shape.points
    if shape.kind == MASK:
        return masks.outlines(masks.of_mask(points, image.width, image.height), height=image.height)
    if shape.kind == "ellipse":
        x, y, right, top = points
        turns = [2 * math.pi * step / _ELLIPSE_STEPS for step in range(_ELLIPSE_STEPS)]
        around = [(x + (right - x) * math.cos(t), y + (y - top) * math.sin(t)) for t in turns]
        return [_rotated(around, (x, y), shape.rotation)]
    return [list(zip(points[::2], points[1::2], strict=True))]


def _cut(point: Point, image: AnnotatedImage) -> Point:
    x, y = point
    return min(max(x, 0.0), float(image.width)), min(max(y, 0.0), float(image.height))


def _shares(point: Point, image: AnnotatedImage) -> list[str]:
    x, y = _cut(point, image)
    return [f"{x / image.width:.6f}", f"{y / image.height:.6f}"]


def _has_area(points: Iterable[Point], image: AnnotatedImage) -> bool:
    """Whether something of the object lies in the picture."""
    return any(True for _ in _centred(points, image))


def _centred(
    points: Iterable[Point], image: AnnotatedImage, *, may_be_flat: bool = False
) -> Iterator[list[str]]:
    """Centre and size of the box around the points, cut to the picture; nothing if that is flat."""
    inside = [_cut(point, image) for point in points]
    xs, ys = [x for x, _ in inside], [y for _, y in inside]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if may_be_flat or (width > 0 and height > 0):
        x, y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
        sizes = ((x, image.width), (y, image.height), (width, image.width), (height, image.height))
        yield [f"{number / size:.6f}" for number, size in sizes]


def _no_flaw(shape: Shape) -> str:
    return ""


def _mask_flaw(shape: Shape) -> str:
    return masks.flaw(shape.points) if shape.kind == MASK else ""


def _format(key: str, label: str, yolo: _Yolo, flaw: Callable[[Shape], str] = _no_flaw) -> Format:
    return Format(
        key,
        label,
        yolo.lacks,
        flaw,
        yolo.writer,
        yolo.room,
        yolo.image_room,
        Layout(_folder, unique_stems=True),
    )


DETECTION = _format(
    "yolo_detection",
    "Ultralytics YOLO Detection (boxes)",
    _Yolo(["rectangle"], _box, name="YOLO Detection"),
)
ORIENTED = _format(
    "yolo_oriented_boxes",
    "Ultralytics YOLO Oriented Bounding Boxes",
    _Yolo(["rectangle"], _oriented, name="YOLO Oriented Bounding Boxes"),
)
SEGMENTATION = _format(
    "yolo_segmentation",
    "Ultralytics YOLO Segmentation (polygons, masks)",
    _Yolo(["polygon", MASK, "ellipse"], _outline, name="YOLO Segmentation"),
    _mask_flaw,
)
POSE = _format(
    "yolo_pose",
    "Ultralytics YOLO Pose (skeletons)",
    _Yolo([SKELETON], _pose, name="YOLO Pose"),
)
