"""The formats a server lists; the stand-in imports none of them and exports one (exports.py)."""

from __future__ import annotations

from standin.messages import Answer, Request, json_answer
from standin.site import Site

_IMPORTED = (
    "CamVid 1.0",
    "Cityscapes 1.0",
    "COCO 1.0",
    "COCO Keypoints 1.0",
    "CVAT 1.1",
    "Datumaro 1.0",
    "Datumaro 3D 1.0",
    "ICDAR Recognition 1.0",
    "ICDAR Localization 1.0",
    "ICDAR Segmentation 1.0",
    "ImageNet 1.0",
    "KITTI 1.0",
    "LabelMe 3.0",
    "LFW 1.0",
    "Market-1501 1.0",
    "Segmentation mask 1.1",
    "MOT 1.1",
    "MOTS PNG 1.0",
    "Open Images V6 1.0",
    "PASCAL VOC 1.1",
    "Sly Point Cloud Format 1.0",
    "Kitti Raw Format 1.0",
    "VGGFace2 1.0",
    "WiderFace 1.0",
    "YOLO 1.1",
    "Ultralytics YOLO Detection 1.0",
    "Ultralytics YOLO Segmentation 1.0",
    "Ultralytics YOLO Oriented Bounding Boxes 1.0",
    "Ultralytics YOLO Pose 1.0",
    "Ultralytics YOLO Classification 1.0",
)
EXPORTED = (
    "CamVid 1.0",
    "Cityscapes 1.0",
    "COCO 1.0",
    "COCO Keypoints 1.0",
    "CVAT for video 1.1",
    "CVAT for images 1.1",
    "Datumaro 1.0",
    "Datumaro 3D 1.0",
    "ICDAR Recognition 1.0",
    "ICDAR Localization 1.0",
    "ICDAR Segmentation 1.0",
    "ImageNet 1.0",
    "KITTI 1.0",
    "LabelMe 3.0",
    "LFW 1.0",
    "Market-1501 1.0",
    "Segmentation mask 1.1",
    "MOT 1.1",
    "MOTS PNG 1.0",
    "Open Images V6 1.0",
    "PASCAL VOC 1.1",
    "Sly Point Cloud Format 1.0",
    "Kitti Raw Format 1.0",
    "VGGFace2 1.0",
    "WiderFace 1.0",
    "YOLO 1.1",
    "Ultralytics YOLO Detection 1.0",
    "Ultralytics YOLO Detection Track 1.0",
    "Ultralytics YOLO Oriented Bounding Boxes 1.0",
    "Ultralytics YOLO Segmentation 1.0",
    "Ultralytics YOLO Pose 1.0",
    "Ultralytics YOLO Classification 1.0",
)
_THREE_D = ("Datumaro 3D 1.0", "Sly Point Cloud Format 1.0", "Kitti Raw Format 1.0")
_IMPORT_KINDS = {
    "COCO 1.0": "JSON, ZIP",
    "COCO Keypoints 1.0": "JSON, ZIP",
    "CVAT 1.1": "XML, ZIP",
    "Datumaro 1.0": "JSON, ZIP",
    "Datumaro 3D 1.0": "JSON, ZIP",
    "Kitti Raw Format 1.0": "ZIP, XML",
}


def _entry(name: str, kind: str) -> dict[str, object]:
    return {
        "name": name,
        "ext": kind,
        "version": name.rsplit(" ", 1)[1],
        "enabled": True,
        "dimension": "3d" if name in _THREE_D else "2d",
    }


def formats(request: Request, site: Site) -> Answer:
    return json_answer(
        {
            "importers": [_entry(name, _IMPORT_KINDS.get(name, "ZIP")) for name in _IMPORTED],
            "exporters": [_entry(name, "ZIP") for name in EXPORTED],
        }
    )
