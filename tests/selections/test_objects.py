"""CSV and JSON Lines hold every object of the pictures, exactly."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvat.annotations import Label, Shape
from selections.formats.format import AnnotatedImage
from tests.annotated import ALL, Case, differences
from tests.selections.format_files import CASES, Written, of_case, written

CAR = Label(1, "car")


def records(files: Written) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files.lines("objects.jsonl")]


def rows(files: Written) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files.text("objects.csv"), newline="")))


def unguarded(cell: str) -> str:
    return re.sub(r"(^|[;\t\r\n])'", r"\1", cell)


def image(*shapes: Shape) -> AnnotatedImage:
    return AnnotatedImage("a.jpg", 100, 50, 7, 12, shapes, "val")


def as_object(record: dict[str, Any]) -> dict[str, Any]:
    """A record in the form of tests.annotated."""
    is_without_points = record["type"] in ("skeleton", "tag")
    turns = record["type"] in ("rectangle", "ellipse")
    return {
        "kind": record["type"],
        "label": record["label"],
        "points": record["points"],
        "rotation": record["rotation"] if turns else 0.0,
        "occluded": record["occluded"] and not is_without_points,
        "outside": False,
        "z_order": record["z_order"],
        "group": record["group"],
        "source": record["source"],
        "attributes": record["attributes"],
        "elements": sorted(
            (
                {
                    "kind": "points",
                    "rotation": 0.0,
                    "z_order": 0,
                    "group": 0,
                    "source": each["source"],
                    "elements": [],
                }
                | {key: each[key] for key in ("label", "points", "occluded", "outside")}
                | {"attributes": each["attributes"]}
                for each in record["elements"]
            ),
            key=lambda each: (each["label"], each["points"]),
        ),
    }


@pytest.mark.parametrize("folder", ALL, ids=lambda path: path.name)
def test_objects_are_those_of_cvats_export(folder: Path, tmp_path: Path) -> None:
    case = Case(folder)
    seen: dict[int, list[dict[str, Any]]] = {frame: [] for frame in case.frames}
    for record in records(of_case("objects_jsonl", folder.name, tmp_path)):
        assert record["source_frame"] == case.source_number(record["frame"])
        seen[record["frame"]].append(as_object(record))
    expected = case.objects()
    assert {frame: differences(seen[frame], expected[frame]) for frame in seen} == {
        frame: ([], []) for frame in seen
    }


@pytest.mark.parametrize("name", sorted(CASES))
def test_both_formats_say_the_same(name: str, tmp_path: Path) -> None:
    lines = records(of_case("objects_jsonl", name, tmp_path))
    cells = rows(of_case("objects_csv", name, tmp_path))
    assert len(lines) == len(cells)
    for record, row in zip(lines, cells, strict=True):
        for column in ("path", "label", "type", "source"):
            assert unguarded(row[column]) == record[column]
        for column in ("task_id", "frame", "source_frame", "width", "object_id", "z_order"):
            assert int(row[column]) == record[column]
        for column in ("occluded", "tracked", "keyframe"):
            assert bool(int(row[column])) == record[column]
        for column, none in (("points", []), ("elements", []), ("attributes", {})):
            assert (json.loads(unguarded(row[column])) if row[column] else none) == record[column]
        box = [row[corner] for corner in ("xmin", "ymin", "xmax", "ymax")]
        assert box == [""] * 4 if record["box"] is None else list(map(float, box)) == record["box"]


def test_the_box_is_around_the_object_as_it_is_rotated(tmp_path: Path) -> None:
    shapes = [
        Shape("rectangle", CAR, 3, (0, 10, 20, 20), rotation=90),
        Shape("ellipse", CAR, 3, (50, 25, 60, 5), rotation=90),
        Shape("mask", CAR, 3, (0, 4, 1, 1, 2, 2)),
        Shape("tag", CAR, 3),
    ]
    files = written("objects_jsonl", [image(*shapes)], tmp_path, CAR)
    assert [record["box"] for record in records(files)] == [
        [5, 5, 15, 25], [30, 15, 70, 35], [1, 1, 3, 3], None,
    ]  # fmt: skip


def test_a_cell_is_no_formula(tmp_path: Path) -> None:
    label = Label(1, "=1+1")
    (row,) = rows(written("objects_csv", [image(Shape("tag", label, 3))], tmp_path, label))
    assert (row["label"], row["subset"]) == ("'=1+1", "val")


def test_a_picture_without_objects_has_no_line(tmp_path: Path) -> None:
    assert written("objects_jsonl", [image()], tmp_path).files == {"objects.jsonl": b""}
    assert rows(written("objects_csv", [image()], tmp_path)) == []


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=40)
@given(texts, st.lists(st.tuples(texts, texts), max_size=3))
def test_text_stays_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, name: str, attributes: list[tuple[str, str]]
) -> None:
    folder, label = tmp_path_factory.getbasetemp(), Label(1, name)
    picture = image(Shape("tag", label, 3, attributes=tuple(attributes)))
    (record,) = records(written("objects_jsonl", [picture], folder, label))
    (row,) = rows(written("objects_csv", [picture], folder, label))
    assert (record["label"], record["attributes"]) == (name, dict(attributes))
    assert unguarded(row["label"]) == name
    assert json.loads(unguarded(row["attributes"]) or "{}") == dict(attributes)
