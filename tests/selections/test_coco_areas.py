"""Areas of polygons in COCO files are those of CVAT's own exports, but for pixels of their edge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cvat.annotations import Label, Shape
from cvat.geometry import crosses_itself
from selections.formats.format import AnnotatedImage
from tests.annotated import is_close
from tests.selections.format_files import CASES, Written, of_case, written

CAR = Label(1, "car")


def polygons(document: str) -> list[dict[str, Any]]:
    return [
        each
        for each in json.loads(document)["annotations"]
        if isinstance(each["segmentation"], list) and each["segmentation"]
    ]


def area_of(files: Written) -> float:
    (annotation,) = json.loads(files.text("instances_default.json"))["annotations"]
    return annotation["area"]


@pytest.mark.parametrize("name", ["shapes", "tracks_images", "overlap", "names"])
def test_areas_are_those_of_cvats_export(name: str, tmp_path: Path) -> None:
    """Also of a polygon that crosses itself."""
    seen = polygons(of_case("coco", name, tmp_path).text("instances_default.json"))
    expected = polygons((CASES[name] / "exports/coco-1.0.json").read_text())
    for each in expected:
        twin = next(
            other
            for other in seen
            if is_close(other["bbox"], each["bbox"]) and other["image_id"] == each["image_id"]
        )
        _, _, width, height = each["bbox"]
        edge = (width + height) * len(each["segmentation"])  # pixels, of which half may be counted
        assert abs(twin["area"] - each["area"]) <= edge / 2, each


@pytest.mark.parametrize(
    ("points", "area"),
    [
        ((10, 10, 20, 10, 20, 20, 10, 20), 100),
        ((10, 10, 20, 20, 20, 10, 10, 20), 50),  # its halves would cancel each other out
        ((10, 10, 10, 10, 20, 10, 20, 20, 10, 20), 100),
        ((-10, 10, 10, 10, 10, 20, -10, 20), 100),
        ((50, 10, 60, 10, 60, 20), 0),
        ((10, 10, 20, 10, 15, 10), 0),
    ],
)
def test_areas_of_odd_polygons(points: tuple[float, ...], area: float, tmp_path: Path) -> None:
    for around in (
        points,
        tuple(n for x, y in zip(points[-2::-2], points[::-2], strict=True) for n in (x, y)),
    ):
        shape = Shape("polygon", CAR, 0, around)
        picture = AnnotatedImage("a.jpg", 40, 30, 7, 0, [shape])
        assert area_of(written("coco", [picture], tmp_path, CAR)) == pytest.approx(area, abs=5)
        picture = picture._replace(width=0, height=0)
        assert area_of(written("coco", [picture], tmp_path, CAR)) >= 0


def test_a_star_of_one_line_crosses_itself() -> None:
    assert crosses_itself((0, 0, 8, 6, 0, 6, 8, 0, 4, 10))
    assert not crosses_itself((0, 0, 4, 2, 8, 0, 6, 4, 8, 8, 4, 6, 0, 8, 2, 4))
