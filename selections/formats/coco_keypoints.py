"""The format COCO Keypoints 1.0: skeletons."""

from __future__ import annotations

from collections.abc import Sequence

from cvat.annotations import SKELETON, Label, Shape
from cvat.geometry import bounding_box
from selections.formats.format import AnnotatedImage, Format, no_reason, only_kinds
from selections.formats.shared.attributes import Json, attributes_of, rounded, tracking_of
from selections.formats.shared.coco_file import ABSENT_POINT, CocoFile
from selections.formats.shared.skeletons import Skeletons, elements_by_name


def _keypoints(
    shapes: Sequence[Shape], image: AnnotatedImage, skeletons: Skeletons
) -> tuple[list[Json], list[str]]:
    return [_keypoint(shape, skeletons) for shape in shapes], []


def _keypoint(shape: Shape, skeletons: Skeletons) -> Json:
    elements = elements_by_name(shape)
    points: list[float] = []
    seen: list[float] = []
    for name in skeletons.points(shape.label.name):
        element = elements.get(name)
        if element is None:
            points += ABSENT_POINT
            continue
        x, y = element.points[:2]
        visibility = 0 if element.is_outside else 1 if element.is_occluded else 2
        points += [*rounded([x, y]), visibility]
        seen += [x, y] if visibility else []
    x1, y1, x2, y2 = bounding_box(seen) if seen else (0, 0, 0, 0)
    return {
        "segmentation": [],
        "area": round((x2 - x1) * (y2 - y1), 2),
        "bbox": rounded([x1, y1, x2 - x1, y2 - y1]),
        "iscrowd": 0,
        "attributes": attributes_of(shape) | ({"keyframe": False} | tracking_of(shape)),
        "keypoints": points,
        "num_keypoints": len(seen) // 2,
    }


def _category(label: Label, parent: Label | None, number: int, skeletons: Skeletons) -> Json | None:
    if parent is not None:
        return None
    return {
        "id": number,
        "name": label.name,
        "supercategory": "",
        "keypoints": skeletons.points(label.name),
        "skeleton": skeletons.edges(label.name),
    }


_FILE = CocoFile("person_keypoints", _category, _keypoints, name="COCO Keypoints")
FORMAT = Format(
    key="coco_keypoints",
    label="COCO Keypoints 1.0 (skeletons)",
    unsupported_reason=only_kinds("COCO Keypoints", [SKELETON]),
    broken_reason=no_reason,
    # Those of its points have no place.
    holds_attribute=lambda kind, name: kind == SKELETON,
    writer=_FILE.writer,
    part_room=_FILE.part_room,
    image_room=_FILE.image_room,
)
