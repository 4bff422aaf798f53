"""The formats in which an archive can hold annotations, each a module of this package, and their
registry. Pure.

A new format is a module with a FORMAT, its place in GROUPS, and the names of its files at the top
of a ZIP in `_RESERVED_FILES` of selections/archives/naming.py. Pages, API and schema read the
registry. A format that archives were requested with must stay.
"""

from __future__ import annotations

from selections.formats import (
    camvid,
    cityscapes,
    coco,
    coco_keypoints,
    cvat_images,
    datumaro,
    icdar,
    kitti,
    label_folders,
    labelme,
    lfw,
    market1501,
    mot,
    objects,
    open_images,
    pascal_voc,
    segmentation_mask,
    vggface2,
    widerface,
    yolo,
    yolo_darknet,
)
from selections.formats.format import Format

GROUPS: dict[str, tuple[Format, ...]] = {  # as the page lists them
    "General": (cvat_images.FORMAT, coco.FORMAT, coco_keypoints.FORMAT, datumaro.FORMAT),
    "YOLO": (
        yolo.DETECTION,
        yolo.ORIENTED,
        yolo.SEGMENTATION,
        yolo.POSE,
        yolo.DETECTION_TRACK,
        label_folders.CLASSIFICATION,
        yolo_darknet.FORMAT,
    ),
    "Boxes and classes": (
        pascal_voc.FORMAT,
        open_images.FORMAT,
        kitti.FORMAT,
        labelme.FORMAT,
        mot.FORMAT,
        label_folders.IMAGENET,
    ),
    "Painted areas": (segmentation_mask.FORMAT, camvid.FORMAT, cityscapes.FORMAT),
    "Text in pictures": (icdar.LOCALIZATION, icdar.RECOGNITION, icdar.SEGMENTATION),
    "Faces and persons": (widerface.FORMAT, vggface2.FORMAT, lfw.FORMAT, market1501.FORMAT),
    "A line for each object": (objects.CSV, objects.JSON_LINES),
}
FORMATS: dict[str, Format] = {each.key: each for group in GROUPS.values() for each in group}
NONE = "none"  # pictures alone


def choices() -> list[tuple[str, str]]:
    """Key and label of each choice of annotations."""
    return [(NONE, "None"), *((each.key, each.label) for each in FORMATS.values())]


def grouped_choices() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """The same for a list with a heading for each group."""
    groups = [
        (heading, [(each.key, each.label) for each in group]) for heading, group in GROUPS.items()
    ]
    return [(NONE, "None"), *groups]
