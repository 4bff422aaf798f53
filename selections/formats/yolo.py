"""The formats of Ultralytics YOLO (detection, oriented boxes, segmentation, pose): a text file for
each picture, in `labels/` where the picture is in `images/`, and `data.yaml`.

Coordinates are shares of width and height. Objects are cut to the picture, because readers refuse
what lies below 0 or above 1.
"""

from __future__ import annotations

import io
import json
import math
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from cvat.annotations import MASK, SKELETON, Label, Shape
from cvat.geometry import Box, Point, box_around, rectangle_corners
from selections.formats.format import (
    NO_AREA,
    NO_SIZE,
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Layout,
    Room,
    labels_by_name,
    labels_of,
    no_attribute,
    no_class,
    no_reason,
    plural,
    subsets_of,
    unsupported,
)
from selections.formats.shared import masks
from selections.formats.shared.clipping import clipped
from selections.formats.shared.geometry import outlines, visible_box
from selections.formats.shared.names import subset_names
from selections.formats.shared.skeletons import MOST_POINTS, Skeletons, elements_by_name
from selections.formats.shared.temporary_files import SmallFiles, TemporaryFiles

# The numbers of the lines of an object, without its class. Several lines for one of several parts,
# none if nothing of it lies in the picture.
Numbers = Callable[[Shape, AnnotatedImage, Skeletons], Iterable[Sequence[str]]]

_PICTURES, _LABELS = "images", "labels"
_SUBSET_WITHOUT_NAME = "train"
_LONGEST_CLASS = 10  # digits
_LONGEST_SUFFIX = "_selection_12345678901234567890_part1234567890"
_ROUNDING = 1.0  # pixels over the edge that are no reason to turn an oriented box upright
_ABSENT_POINT = ["0.0", "0.0", "0"]
# Names that data.yaml or readers use for other things, and the reserved folder.
_NO_SUBSETS = {
    "path", "names", "nc", "kpt_shape", "flip_idx", "kpt_names", "download", "channels",
    "minival", "yaml_file", "images",
}  # fmt: skip
# YAML takes these for no part of a text, or for the end of a line.
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class _Yolo:
    """How the files are written; the formats differ in their kinds, classes and numbers."""

    def __init__(self, kinds: Sequence[str], numbers: Numbers, *, name: str) -> None:
        self._kinds = kinds
        self._numbers = numbers
        self._name = name
        self._is_pose = SKELETON in kinds

    def unsupported_reason(self, shape: Shape) -> str:
        if shape.kind not in self._kinds:
            return unsupported(self._name, plural(shape.kind))
        if self._is_pose and all(each.is_outside for each in shape.elements):
            return unsupported(self._name, "skeletons whose points are all outside")
        return ""

    def writer(self, tasks: Sequence[AnnotatedTask], folder: Path) -> _Writer:
        return _Writer(self, tasks, folder)

    def part_room(self, tasks: Sequence[AnnotatedTask]) -> Room:
        subsets = sorted(set(_subsets(subsets_of(tasks)).values()))
        return Room(1 + len(subsets), len(self.data(tasks, subsets, _LONGEST_SUFFIX).encode()))

    def image_room(self, image: AnnotatedImage) -> Room:
        labels = [shape.label for shape in image.shapes]
        classes = {label.name: 10**_LONGEST_CLASS for label in labels}
        lines, _ = self.lines(image, classes, Skeletons(labels))
        # Of another skeleton the lines may have more points, which are all zero.
        padding = len(labels) * MOST_POINTS * len(" 0.0 0.0 0") if self._is_pose else 0
        return Room(int(bool(lines)), len(lines.encode()) + len(_listed(image).encode()) + padding)

    def lines(
        self, image: AnnotatedImage, classes: Mapping[str, int], skeletons: Skeletons
    ) -> tuple[str, list[str]]:
        """The lines of an image, and for each object that has none the reason."""
        if not image.width or not image.height:
            return "", [NO_SIZE] * len(image.shapes)
        lines: list[str] = []
        left_out: list[str] = []
        for shape in image.shapes:
            number = classes.get(shape.label.name)
            if number is None:
                left_out.append(no_class(self._name, shape.label))
                continue
            count = len(lines)
            for numbers in self._numbers(shape, image, skeletons):
                lines.append(f"{number} {' '.join(numbers)}\n")
            if len(lines) == count:
                left_out.append(NO_AREA)
        return "".join(lines), left_out

    def classes(self, tasks: Iterable[AnnotatedTask]) -> dict[str, int]:
        """Numbers in the order of the labels, used or not, from 0."""
        labels = labels_by_name(self._labels(tasks))
        return {name: number for number, name in enumerate(labels)}

    def skeletons(self, tasks: Iterable[AnnotatedTask]) -> Skeletons:
        return Skeletons(self._labels(tasks))

    def _labels(self, tasks: Iterable[AnnotatedTask]) -> Iterator[Label]:
        labels = labels_of(tasks)
        return (each for each in labels if not self._is_pose or each.type == SKELETON)

    def data(self, tasks: Sequence[AnnotatedTask], subsets: Iterable[str], suffix: str) -> str:
        names = [f"  {number}: {_quoted(name)}\n" for name, number in self.classes(tasks).items()]
        lists = [f"{_quoted(subset)}: {_quoted(f'{subset}{suffix}.txt')}\n" for subset in subsets]
        head = "path: .\n" + "".join(lists) + (self._points(tasks) if self._is_pose else "")
        return head + ("names:\n" + "".join(names) if names else "names: {}\n")

    def _points(self, tasks: Sequence[AnnotatedTask]) -> str:
        """How many points a skeleton has at most, and their names by the numbers of the classes."""
        skeletons = self.skeletons(tasks)
        names = [
            f"  {number}: [{', '.join(map(_quoted, skeletons.points(name)))}]\n"
            for name, number in self.classes(tasks).items()
        ]
        named = "kpt_names:\n" + "".join(names) if names else ""
        return f"kpt_shape: [{skeletons.most}, 3]\n{named}"


class _Writer:
    def __init__(self, yolo: _Yolo, tasks: Sequence[AnnotatedTask], folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._yolo = yolo
        self._tasks = tasks
        self._classes, self._skeletons = yolo.classes(tasks), yolo.skeletons(tasks)
        self._subsets = _subsets(subsets_of(tasks))
        self._lists: dict[str, io.BufferedRandom] = {}
        self._lines = SmallFiles(self._temporary)

    def add(self, image: AnnotatedImage) -> list[str]:
        lines, left_out = self._yolo.lines(image, self._classes, self._skeletons)
        subset = self._subsets[image.subset]
        if subset not in self._lists:
            self._lists[subset] = self._temporary.new()
        self._lists[subset].write(_listed(image).encode())
        if lines:
            self._lines.add(_label_path(image.path), lines.encode())
        return left_out

    def files(self, suffix: str) -> Iterator[File]:
        yield from self._lines.files()
        for subset, file in self._lists.items():
            size = file.tell()
            file.seek(0)
            yield File(f"{subset}{suffix}.txt", file, size)
        data = self._yolo.data(self._tasks, list(self._lists), suffix).encode()
        yield File(f"data{suffix}.yaml", io.BytesIO(data), len(data))

    def close(self) -> None:
        self._temporary.close()


def _quoted(text: str) -> str:
    """JSON strings are YAML strings too, but for a few characters."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _subsets(names: Iterable[str]) -> dict[str, str]:
    """The subset of each name in the files, which is its folder too."""
    return subset_names(names, default=_SUBSET_WITHOUT_NAME, reserved=_NO_SUBSETS)


def _folders(subsets: Iterable[str]) -> dict[str, str]:
    return {name: posixpath.join(_PICTURES, subset) for name, subset in _subsets(subsets).items()}


def _label_path(path: str) -> str:
    return (
        posixpath.join(_LABELS, posixpath.splitext(path)[0].removeprefix(f"{_PICTURES}/")) + ".txt"
    )


def _listed(image: AnnotatedImage) -> str:
    """A line of the list of pictures: readers take "./" for the folder of the list."""
    return f"./{image.path}\n"


# --- the numbers of an object ---


def _box(shape: Shape, image: AnnotatedImage, _: Skeletons) -> Iterator[list[str]]:
    """Centre and size of the box around the part of the rectangle that lies in the picture."""
    if box := visible_box(shape, image.width, image.height):
        yield _centred(box, image)


def _tracked_box(shape: Shape, image: AnnotatedImage, skeletons: Skeletons) -> Iterator[list[str]]:
    """The numbers of a box, then that of its track if it has one."""
    track = [str(shape.id)] if shape.is_tracked else []
    for numbers in _box(shape, image, skeletons):
        yield numbers + track


def _oriented(shape: Shape, image: AnnotatedImage, _: Skeletons) -> Iterator[list[str]]:
    """The corners, clockwise, from the one that is at the upper left before the rotation. If it
    reaches over the edge, those of the upright box around the part in the picture: readers refuse
    corners outside, and corners that are moved to the edge make another shape."""
    corners = rectangle_corners(shape.points, shape.rotation)
    visible = clipped(corners, image.width, image.height)
    if not visible:
        return
    if any(math.dist(point, _cut(point, image)) > _ROUNDING for point in corners):
        x1, y1, x2, y2 = box_around(visible)
        corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    yield _all_shares(corners, image)


def _outline(shape: Shape, image: AnnotatedImage, _: Skeletons) -> Iterator[list[str]]:
    """The part of a polygon that lies in the picture; of masks each part, without holes."""
    for points in outlines(shape, image.width, image.height):
        if visible := clipped(points, image.width, image.height):
            yield _all_shares(visible, image)


def _pose(shape: Shape, image: AnnotatedImage, skeletons: Skeletons) -> Iterator[list[str]]:
    """The box around the points that are seen, then each point with its visibility. What lies
    outside of the picture is not seen."""
    elements = elements_by_name(shape)
    numbers: list[str] = []
    seen: list[Point] = []
    names = skeletons.points(shape.label.name)
    for name in names:
        element = elements.get(name)
        if element is None:
            numbers += _ABSENT_POINT
            continue
        point = (element.points[0], element.points[1])
        is_seen = not element.is_outside and _cut(point, image) == point
        numbers += _shares(point, image)
        numbers.append("0" if not is_seen else "1" if element.is_occluded else "2")
        if is_seen:
            seen.append(point)
    numbers += _ABSENT_POINT * (skeletons.most - len(names))
    if seen:
        yield _centred(box_around(seen), image) + numbers


def _cut(point: Point, image: AnnotatedImage) -> Point:
    x, y = point
    return min(max(x, 0.0), float(image.width)), min(max(y, 0.0), float(image.height))


def _shares(point: Point, image: AnnotatedImage) -> list[str]:
    x, y = _cut(point, image)
    return [f"{x / image.width:.6f}", f"{y / image.height:.6f}"]


def _all_shares(points: Iterable[Point], image: AnnotatedImage) -> list[str]:
    return [number for point in points for number in _shares(point, image)]


def _centred(box: Box, image: AnnotatedImage) -> list[str]:
    """Centre and size of a box in the picture."""
    (x1, y1, x2, y2), width, height = box, image.width, image.height
    numbers = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
    return [f"{number:.6f}" for number in numbers]


def _format(
    key: str, label: str, yolo: _Yolo, broken_reason: Callable[[Shape], str] = no_reason
) -> Format:
    return Format(
        key=key,
        label=label,
        unsupported_reason=yolo.unsupported_reason,
        broken_reason=broken_reason,
        holds_attribute=no_attribute,
        writer=yolo.writer,
        part_room=yolo.part_room,
        image_room=yolo.image_room,
        # Readers replace the last `images` of a picture's path by `labels`, so no folder below may
        # have that name.
        layout=Layout(
            _folders,
            unique_stems=True,
            reserved_folders=(_PICTURES,),
            reserved_endings=(".txt",),
        ),
    )


DETECTION = _format(
    "yolo_detection",
    "Ultralytics YOLO Detection (boxes)",
    _Yolo(["rectangle"], _box, name="YOLO Detection"),
)
DETECTION_TRACK = _format(
    "yolo_detection_track",
    "Ultralytics YOLO Detection Track (boxes and tracks)",
    _Yolo(["rectangle"], _tracked_box, name="YOLO Detection Track"),
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
    masks.mask_broken_reason,
)
POSE = _format(
    "yolo_pose",
    "Ultralytics YOLO Pose (skeletons)",
    _Yolo([SKELETON], _pose, name="YOLO Pose"),
)
