"""Reads YOLO: a text file with the objects of each picture, in the folders of Ultralytics
(`data.yaml` and `labels/`) or of YOLO 1.1 (`obj.names` or `classes.txt`)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cvat.annotations import Label
from publishing.readers import plain_yaml
from publishing.readers.reading import BadFile, BadValue, Reading, label, number, whole
from publishing.readers.relative import Form, RelativeObject

MOST_CLASSES = 10_000
MOST_POINTS = 1000  # of a skeleton
FARTHEST = 0.1  # of the picture, beyond its edge; what is farther is in pixels, no share

_NAMES = re.compile(r"(^|/)(data[^/]*\.ya?ml|[^/]+\.names|classes\.txt)$")
_LISTS = re.compile(r"(train|val|valid|test|classes)\.txt", re.IGNORECASE)
_DARKNET_FOLDER = re.compile(r"obj_[^/]*_data/")
_LABELS = "labels"
_NO_SUBSETS = {"path", "names", "nc", "kpt_shape", "kpt_names", "flip_idx", "download", "channels"}
_CORNERS = 8  # numbers of the four corners of an oriented box

Content = Callable[[str], bytes]  # of a file of the ZIP


@dataclass(frozen=True, slots=True)
class _Classes:
    """`points` are how many numbers each of how many points of a skeleton has, (0, 0) without
    skeletons; `subsets` are folders that are no part of the names of pictures."""

    labels: Mapping[int, Label]
    points: tuple[int, int] = (0, 0)
    subsets: frozenset[str] = frozenset()


def names_files(paths: Iterable[str]) -> list[str]:
    """Those of the files of a ZIP that may name the classes of YOLO."""
    return [path for path in paths if _NAMES.search(path)]


def read(paths: Sequence[str], content: Content, reading: Reading, *, names: str) -> None:
    """Read the files of a ZIP, of which `names` names the classes. Raises BadFile."""
    base = posixpath.dirname(names)
    below = [path for path in paths if path.startswith(f"{base}/" if base else "")]
    of_pictures, classes = _layout(below, content, names, base)
    if not of_pictures:
        raise BadFile(f"The ZIP has {names}, and no text file with the objects of a picture.")
    for path, name in of_pictures:
        try:
            frame = reading.picture(name, 0, 0)
        except BadValue as error:
            raise BadFile(f"{path} cannot be read: {error}.") from None
        for line, text in enumerate(_lines(content(path), path), 1):
            if not text:
                continue
            try:
                reading.add_relative(_object(text.split(), classes, frame))
            except BadValue as error:
                reading.skip(str(error), f"{path}, line {line}")
    outlines = [each for each in reading.relative if each.form == "outline"]
    if all(len(each.numbers) == _CORNERS for each in outlines):
        reading.relative = [_as_corners(each) for each in reading.relative]


def _as_corners(each: RelativeObject) -> RelativeObject:
    return replace(each, form="corners") if each.form == "outline" else each


def _layout(
    paths: Sequence[str], content: Content, names: str, base: str
) -> tuple[list[tuple[str, str]], _Classes]:
    """The files with objects, each with the name of its picture, but with its own extension: that
    of the picture is not known. And the classes."""
    texts = [path for path in paths if path.endswith(".txt") and path != names]
    inner = {path: path[len(base) :].lstrip("/") for path in texts}
    if names.endswith(("yaml", "yml")):
        classes = _of_yaml(plain_yaml.read(content(names), path=names), names)
        parts = {path: inner[path].split("/") for path in texts}
        return [
            (path, _without_folders(parts[path], classes.subsets))
            for path in texts
            if _LABELS in parts[path][:-1]
        ], classes
    classes = _Classes(dict(_numbered(enumerate(_lines(content(names), names)))))
    darknet = [(path, _DARKNET_FOLDER.match(inner[path])) for path in texts]
    if any(folder for _, folder in darknet):
        return [(path, inner[path][folder.end() :]) for path, folder in darknet if folder], classes
    return [
        (path, inner[path].removeprefix(f"{_LABELS}/"))
        for path in texts
        if not _LISTS.fullmatch(inner[path])
    ], classes


def _without_folders(parts: Sequence[str], subsets: frozenset[str]) -> str:
    """The path of a picture without `labels` and the folder of its subset before or after that."""
    place = parts.index(_LABELS)
    before, after = list(parts[:place]), list(parts[place + 1 :])
    if len(after) > 1 and after[0] in subsets:
        after = after[1:]
    elif before and before[0] in subsets:
        before = before[1:]
    return "/".join([*before, *after])


def _of_yaml(document: Any, path: str) -> _Classes:
    if not isinstance(document, dict) or not isinstance(document.get("names"), list | dict):
        raise BadFile(f"{path} does not name its classes under “names”.")
    names = document["names"]
    numbered = names.items() if isinstance(names, dict) else enumerate(names)
    points = _point_shape(document.get("kpt_shape"), path)
    labels = dict(_numbered(numbered))
    if points[0]:
        labels = dict(_skeletons(labels, document.get("kpt_names"), path))
    return _Classes(labels, points, frozenset(_subsets(document)))


def _subsets(document: Mapping[str, Any]) -> Iterator[str]:
    """The names of subsets, and the folders that they are in."""
    for key, value in document.items():
        if key not in _NO_SUBSETS:
            yield key
            for path in value if isinstance(value, list) else [value]:
                yield from str(path).split("/")


def _numbered(names: Iterable[tuple[Any, Any]]) -> Iterator[tuple[int, Label]]:
    for count, (key, name) in enumerate(names):
        if count >= MOST_CLASSES:
            raise BadFile(f"It names more than {MOST_CLASSES:,} classes.")
        try:
            yield whole(key), label(name)
        except BadValue:
            raise BadFile(f"The class “{str(key)[:40]}” has no number, or no name.") from None


def _point_shape(value: Any, path: str) -> tuple[int, int]:
    if value is None:
        return 0, 0
    try:
        count, each = map(whole, value)
    except (BadValue, TypeError, ValueError):
        count, each = -1, 0
    if not 0 <= count <= MOST_POINTS or each not in (2, 3):
        raise BadFile(f"“kpt_shape” in {path} is no number of points and 2 or 3.")
    return count, each


def _skeletons(labels: Mapping[int, Label], names: Any, path: str) -> Iterator[tuple[int, Label]]:
    """The labels with their points as sublabels: of all, or by the numbers of the classes."""
    for key, each in labels.items():
        own = names.get(str(key), []) if isinstance(names, dict) else names
        try:
            if not isinstance(own, list | None):
                raise BadValue("they are no list")
            points = [label(name) for name in own or ()]
        except BadValue:
            raise BadFile(f"“kpt_names” in {path} are no lists of names.") from None
        yield key, replace(each, sublabels=tuple(points))


def _lines(data: bytes, path: str) -> list[str]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(f"{path} is no text in UTF-8. Export it again.") from None
    return [line.strip() for line in text.rstrip().split("\n")]


def _object(words: Sequence[str], classes: _Classes, frame: int) -> RelativeObject:
    """The object of a line. Raises BadValue."""
    try:
        of = classes.labels[int(words[0])]
    except (KeyError, ValueError):
        raise BadValue(f"there is no class “{words[0][:40]}” in the list of names") from None
    count, each = classes.points
    values = [number(word) for word in words[1:]]
    if count and len(values) in (4 + count * each, 5 + count * each):
        points = _points(values[4:], of, classes.points)
        return RelativeObject("points", of, frame, points, is_padded=len(classes.labels) > 1)
    form: Form = "box"
    if len(values) == 5:  # the number of a track, or how sure a model is
        values = values[:4]
    if len(values) != 4:
        form = "outline"
        if len(values) < 6 or len(values) % 2:
            raise BadValue("no kind of YOLO has this number of coordinates")
    if not all(-FARTHEST <= value <= 1 + FARTHEST for value in values):
        raise BadValue("the coordinates are no shares of the picture, from 0 to 1")
    if form == "box" and min(values[2:]) < 0:
        raise BadValue("the box has a negative size")
    return RelativeObject(form, of, frame, tuple(values))


def _points(values: Sequence[float], of: Label, shape: tuple[int, int]) -> tuple[float, ...]:
    """x, y and visibility of each point that has a name; of all points of a skeleton that has no
    names (kpt_names), as in exports of CVAT. Raises BadValue."""
    count, each = shape
    points = [values[each * index : each * (index + 1)] for index in range(count)]
    names_count = len(of.sublabels) or count
    named, others = points[:names_count], points[names_count:]
    if len(of.sublabels) > count or any(map(any, others)):
        raise BadValue("the skeleton has other points than data.yaml names (kpt_names)")
    if not all(-FARTHEST <= value <= 1 + FARTHEST for point in named for value in point[:2]):
        raise BadValue("the coordinates are no shares of the picture, from 0 to 1")
    numbers: list[float] = []
    for point in named:
        seen = point[2] if each == 3 else 2.0 if any(point) else 0.0
        if seen not in (0, 1, 2):
            raise BadValue("a point of the skeleton is neither there, nor hidden, nor absent")
        numbers += [*point[:2], seen]
    return tuple(numbers)
