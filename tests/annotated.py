"""Annotated tasks of a real CVAT (tests/recordings/annotated), and their objects in a form that can
be compared: those of the portal, and those of CVAT's export `CVAT for images 1.1`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cvat import annotation_json, reading
from cvat.annotations import JobAnnotations, Labels, Shape
from cvat.overlapping import objects_by_frame
from cvat.types import Job, Meta
from tests.recorded import FOLDER

FOLDERS = sorted((FOLDER / "annotated").iterdir())
ALL = [folder for folder in FOLDERS if (folder / "task.json").exists()]
PROJECTS = [folder for folder in FOLDERS if (folder / "project.json").exists()]
VIDEOS = [folder for folder in ALL if list(folder.glob("*.mp4"))]
# Tasks of no project, whose pictures CVAT serves as they were uploaded.
WITH_IMAGES = [
    folder
    for folder in ALL
    if (folder / "images").is_dir() and not folder.name.startswith(("project_", "picture_formats"))
]
REFERENCE = "exports/cvat-for-images-1.1.xml"
TOLERANCE = 0.0101  # CVAT writes two decimals

Object = dict[str, Any]
_CUBOID = [f"{axis}{corner}" for corner in ("tl1", "bl1", "tr1", "br1") for axis in "xy"]
_CUBOID += [name.replace("1", "2") for name in _CUBOID]


class Case:
    """A recorded task."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.task = self._json("task")
        self.meta: Meta = reading.meta((folder / "meta.json").read_bytes())
        self.labels: Labels = Labels(
            map(annotation_json.read_label, self._json("labels")["results"])
        )
        self.jobs: list[Job] = [reading.job(each) for each in self._json("jobs")["results"]]

    @property
    def frames(self) -> list[int]:
        """The task frames that are in the exports of the task."""
        without = set(self.meta.deleted_frames)
        if (self.folder / "validation_layout.json").exists():
            without |= set(self._json("validation_layout").get("honeypot_frames") or ())
        return [frame for frame in range(self.meta.size) if frame not in without]

    @property
    def exported_jobs(self) -> list[Job]:
        """Those whose annotations are in the exports of the task."""
        kinds = {"annotation"}
        if self.task["validation_mode"] == "gt_pool":
            kinds.add("ground_truth")
        return [job for job in self.jobs if job.type in kinds]

    def source_number(self, frame: int) -> int:
        return self.meta.first_source + frame * self.meta.step

    def load(self, job: Any) -> JobAnnotations:
        with (self.folder / f"annotations-job-{job.id}.json").open("rb") as file:
            return annotation_json.read_annotations(file, self.labels)

    def objects(self, jobs: Iterable[Job] | None = None) -> dict[int, list[Object]]:
        """The portal's objects of each exported frame."""
        by_frame = objects_by_frame(
            self.exported_jobs if jobs is None else jobs,
            self.frames,
            self.load,
            deleted=self.meta.deleted_frames,
        )
        return {frame: [of_shape(shape) for shape in shapes] for frame, shapes in by_frame}

    def reference(self) -> dict[int, list[Object]]:
        """The objects of each task frame in CVAT's export."""
        by_source = {int(image.get("id", "")): objects for image, objects in images(self.xml())}
        return {frame: by_source.pop(self.source_number(frame)) for frame in self.frames}

    def xml(self) -> bytes:
        return (self.folder / REFERENCE).read_bytes()

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))


def images(xml: bytes) -> list[tuple[ElementTree.Element, list[Object]]]:
    """Each image of an XML in the format `CVAT for images 1.1`, with its objects."""
    root = ElementTree.fromstring(xml)
    return [(image, [_of_element(each) for each in image]) for image in root.iter("image")]


def differences(objects: list[Object], others: list[Object]) -> tuple[list[Object], list[Object]]:
    """What only one of the two lists has; their order plays no part."""
    remaining, missing = list(others), []
    for each in objects:
        twin = next((other for other in remaining if is_close(each, other)), None)
        if twin is None:
            missing.append(each)
        else:
            remaining.remove(twin)
    return missing, remaining


def of_shape(shape: Shape) -> Object:
    is_skeleton, is_tag = shape.kind == "skeleton", shape.kind == "tag"
    return {
        "kind": shape.kind,
        "label": shape.label.name,
        "points": list(shape.points),
        # The XML has no rotation of other kinds.
        "rotation": shape.rotation if shape.kind in ("rectangle", "ellipse") else 0.0,
        "occluded": shape.is_occluded and not is_skeleton and not is_tag,
        "outside": False,
        "z_order": shape.z_order,
        "group": shape.group,
        "source": shape.source,
        "attributes": dict(shape.attributes),
        "elements": sorted(
            (of_shape(each) | {"outside": each.is_outside} for each in shape.elements), key=_by_name
        ),
    }


def _of_element(element: ElementTree.Element) -> Object:
    kind = "rectangle" if element.tag == "box" else element.tag
    parts = [_of_element(each) for each in element if each.tag == "points"]
    return {
        "kind": kind,
        "label": element.get("label"),
        "points": _POINTS.get(kind, _listed)(element),
        "rotation": float(element.get("rotation", 0)),
        "occluded": element.get("occluded") == "1",
        "outside": element.get("outside") == "1",
        "z_order": int(element.get("z_order", 0)),
        "group": int(element.get("group_id", 0)),
        "source": element.get("source"),
        "attributes": {each.get("name"): each.text or "" for each in element.findall("attribute")},
        "elements": sorted(parts, key=_by_name),
    }


def _by_name(element: Object) -> tuple[Any, ...]:
    return element["label"], element["points"]


def _numbers(*names: str) -> Callable[[ElementTree.Element], list[float]]:
    return lambda element: [float(element.attrib[name]) for name in names]


def _listed(element: ElementTree.Element) -> list[float]:
    points = element.get("points", "")
    return [float(number) for point in points.split(";") if point for number in point.split(",")]


def _ellipse(element: ElementTree.Element) -> list[float]:
    x, y, right, top = _numbers("cx", "cy", "rx", "ry")(element)
    return [x, y, x + right, y - top]


def _mask(element: ElementTree.Element) -> list[float]:
    left, top, width, height = _numbers("left", "top", "width", "height")(element)
    runs = [float(run) for run in element.attrib["rle"].split(",") if run.strip()]
    return [*runs, left, top, left + width - 1, top + height - 1]


_POINTS: dict[str, Callable[[ElementTree.Element], list[float]]] = {
    "rectangle": _numbers("xtl", "ytl", "xbr", "ybr"),
    "cuboid": _numbers(*_CUBOID),
    "ellipse": _ellipse,
    "mask": _mask,
}


def is_close(one: Any, other: Any) -> bool:
    """Equal but for numbers, which may differ by TOLERANCE."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_close(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_close, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= TOLERANCE
    return bool(one == other)
