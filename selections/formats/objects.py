"""The formats CSV and JSON Lines: a line for each object. They can hold every object that CVAT has.

Coordinates have two decimals, as in CVAT. The exact text of names and attributes is in JSON Lines;
in CSV, what a spreadsheet may run as a formula is guarded.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cvat.annotations import MASK, Shape
from cvat.geometry import object_box
from selections import spreadsheets
from selections.formats.format import (
    AnnotatedImage,
    AnnotatedTask,
    File,
    Format,
    Room,
    every_attribute,
    no_reason,
)
from selections.formats.shared.temporary_files import TemporaryFiles

Record = dict[str, Any]
_STEM = "objects"
_BOX = ("xmin", "ymin", "xmax", "ymax")
COLUMNS = [
    *("path", "task_id", "frame", "source_frame", "width", "height", "subset"),
    *("object_id", "label", "type", *_BOX, "points", "rotation", "occluded", "z_order"),
    *("group", "source", "tracked", "keyframe", "attributes", "elements"),
]


def _record(shape: Shape, image: AnnotatedImage) -> Record:
    box = object_box(shape)
    return {
        "path": image.path,
        "task_id": image.task_id,
        "frame": shape.frame,
        "source_frame": image.source_frame,
        "width": image.width,
        "height": image.height,
        "subset": image.subset,
        "object_id": shape.id,
        "label": shape.label.name,
        "type": shape.kind,
        "box": None if box is None else _rounded(box),
        "points": _points(shape),
        "rotation": round(shape.rotation, 2),
        "occluded": shape.is_occluded,
        "z_order": shape.z_order,
        "group": shape.group,
        "source": shape.source,
        "tracked": shape.is_tracked,
        "keyframe": shape.is_keyframe,
        "attributes": dict(shape.attributes),
        "elements": [_element(element) for element in shape.elements],
    }


def _element(shape: Shape) -> Record:
    return {
        "label": shape.label.name,
        "points": _points(shape),
        "occluded": shape.is_occluded,
        "outside": shape.is_outside,
        "source": shape.source,
        "attributes": dict(shape.attributes),
    }


def _points(shape: Shape) -> list[float]:
    return list(map(int, shape.points)) if shape.kind == MASK else _rounded(shape.points)


def _rounded(numbers: Sequence[float]) -> list[float]:
    return [round(number, 2) for number in numbers]


def _json_lines(records: Iterable[Record]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def _csv_lines(records: Iterable[Record]) -> bytes:
    return _rows(map(_cells, records))


def _cells(record: Record) -> list[Any]:
    corners = dict(zip(_BOX, record["box"] or [""] * 4, strict=True))
    values = record | corners
    return [spreadsheets.safe(_cell(values[name])) for name in COLUMNS]


def _rows(rows: Iterable[Sequence[Any]]) -> bytes:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list | dict):
        return msgspec.json.encode(value).decode() if value else ""
    return value


class _Lines:
    """How the file is written; the formats differ in their lines."""

    def __init__(
        self, extension: str, lines: Callable[[Iterable[Record]], bytes], head: bytes = b""
    ) -> None:
        self.extension = extension
        self.head = head
        self._lines = lines

    def of(self, image: AnnotatedImage) -> bytes:
        return self._lines(_record(shape, image) for shape in image.shapes)

    def writer(self, tasks: Sequence[AnnotatedTask], folder: Path) -> _Writer:
        return _Writer(self, folder)

    def part_room(self, tasks: Sequence[AnnotatedTask]) -> Room:
        return Room(1, len(self.head))

    def image_room(self, image: AnnotatedImage) -> Room:
        return Room(0, len(self.of(image)))


class _Writer:
    def __init__(self, lines: _Lines, folder: Path) -> None:
        self._temporary = TemporaryFiles(folder)
        self._lines = lines
        self._file = self._temporary.new()
        self._file.write(lines.head)

    def add(self, image: AnnotatedImage) -> Sequence[str]:
        self._file.write(self._lines.of(image))
        return ()

    def files(self, suffix: str) -> Iterator[File]:
        size = self._file.tell()
        self._file.seek(0)
        yield File(f"{_STEM}{suffix}.{self._lines.extension}", self._file, size)

    def close(self) -> None:
        self._temporary.close()


def _format(key: str, label: str, lines: _Lines) -> Format:
    return Format(
        key=key,
        label=label,
        unsupported_reason=no_reason,
        broken_reason=no_reason,
        holds_attribute=every_attribute,
        writer=lines.writer,
        part_room=lines.part_room,
        image_room=lines.image_room,
    )


CSV = _format(
    "objects_csv", "CSV (a line for each object)", _Lines("csv", _csv_lines, _rows([COLUMNS]))
)
JSON_LINES = _format(
    "objects_jsonl", "JSON Lines (a line for each object)", _Lines("jsonl", _json_lines)
)
