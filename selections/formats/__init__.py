"""The formats in which an archive can hold annotations, each a module of this package, and their
registry. Pure.

A new format is a module with a FORMAT, and its line in FORMATS: pages, API and schema read the
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

FORMATS: dict[str, Format] = {
    each.key: each
    for each in (
        cvat_images.FORMAT,
        coco.FORMAT,
        coco_keypoints.FORMAT,
        yolo.DETECTION,
        yolo.ORIENTED,
        yolo.SEGMENTATION,
        yolo.POSE,
        yolo.DETECTION_TRACK,
        label_folders.CLASSIFICATION,
        mot.FORMAT,
        kitti.FORMAT,
        labelme.FORMAT,
        open_images.FORMAT,
        camvid.FORMAT,
        cityscapes.FORMAT,
        icdar.LOCALIZATION,
        icdar.RECOGNITION,
        icdar.SEGMENTATION,
        widerface.FORMAT,
        vggface2.FORMAT,
        lfw.FORMAT,
        market1501.FORMAT,
        yolo_darknet.FORMAT,
        pascal_voc.FORMAT,
        segmentation_mask.FORMAT,
        label_folders.IMAGENET,
        datumaro.FORMAT,
        objects.CSV,
        objects.JSON_LINES,
    )
}
NONE = "none"  # pictures alone


def choices() -> list[tuple[str, str]]:
    """Key and label of each choice of annotations."""
    return [(NONE, "None"), *((each.key, each.label) for each in FORMATS.values())]
