"""A downloaded selection as a data set of FiftyOne or supervision, if these are installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from cvat_select.errors import Error
from cvat_select.unpacking import Part, Zips, unpack

COCO = ("coco", "coco_keypoints")
YOLO = ("yolo_detection", "yolo_segmentation", "yolo_oriented_boxes")


def to_supervision(zips: Zips, folder: str | Path | None = None) -> Any:
    """The pictures and objects of a selection as a supervision.DetectionDataset.

    `zips` are what `Portal.download` returned. They are unpacked into `folder`, by default beside
    the first, and the data set reads its pictures from there. A selection built as coco,
    coco_keypoints, yolo_detection, yolo_segmentation or yolo_oriented_boxes comes with its objects,
    as far as supervision has a place for them; one built without annotations has pictures alone.

    Raises ImportError where supervision is not installed; Error; OSError.
    """
    library = _installed("supervision")
    parts = _readable(unpack(zips, folder))
    read = [each for part in parts for each in _read_by_supervision(part, library)]
    if any(each.classes != read[0].classes for each in read):
        read = [library.DetectionDataset.merge(read)]
    annotations = {path: one for each in read for path, one in each.annotations.items()}
    paths = _all_paths(parts, annotations, "supervision")
    return library.DetectionDataset(read[0].classes, images=paths, annotations=annotations)


def to_fiftyone(zips: Zips, folder: str | Path | None = None, *, name: str | None = None) -> Any:
    """The pictures and objects of a selection as a fiftyone.Dataset, with this name.

    As `to_supervision`, and each sample has `task_id`, `job_id`, `frame` and `filename` of the
    manifest, and its subset as a tag. The objects are in `detections`, `segmentations` and
    `keypoints` of what was built as COCO, in `ground_truth` of what was built as YOLO.

    Raises ImportError where fiftyone is not installed; Error; OSError.
    """
    library = _installed("fiftyone")
    parts = _readable(unpack(zips, folder))
    data_set = library.Dataset(name)
    for part in parts:
        _read_by_fiftyone(part, library, data_set)
    _all_paths(parts, data_set.values("filepath"), "FiftyOne")
    lines = {path: line for part in parts for path, line in part.frames.items()}
    for sample in data_set.iter_samples(autosave=True):
        line = lines[sample.filepath]
        for key in ("task_id", "job_id", "frame", "filename"):
            sample[key] = line[key]
        if "split" in line:
            sample.tags.append(line["split"])
    return data_set


def _installed(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"{name} is not installed. Run: pip install {name}") from error


def _readable(parts: list[Part]) -> list[Part]:
    for part in parts:
        if part.annotations not in (*COCO, *YOLO, "none"):
            raise Error(
                f"{part.annotations} is not read by these libraries. Build the selection with the "
                f"annotations {', '.join((*COCO, *YOLO))} or none."
            )
    return parts


def _all_paths(parts: list[Part], read: Iterable[str], library: str) -> list[str]:
    """The paths of all pictures, in the order of the manifests. Raises Error if the library left
    one out."""
    paths = [path for part in parts for path in part.frames]
    if missing := sorted({*paths}.difference(read)):
        raise Error(f"{library} cannot read {len(missing)} pictures, such as {missing[0]}.")
    return paths


def _read_by_supervision(part: Part, library: Any) -> Iterator[Any]:
    """A DetectionDataset of each list of COCO, or each folder of YOLO."""
    data_set = library.DetectionDataset
    if part.annotations in COCO:
        for name in part.lists(".json"):
            yield data_set.from_coco(str(part.folder), str(part.folder / name))
    elif part.annotations in YOLO:
        # It reads one folder, without those below.
        for pictures in sorted({Path(line["path"]).parent for line in part.frames.values()}):
            labels = part.folder / "labels" / pictures.relative_to("images")
            yield data_set.from_yolo(
                str(part.folder / pictures),
                str(labels),
                str(part.folder / f"data{part.suffix}.yaml"),
                is_obb=part.annotations == "yolo_oriented_boxes",
            )
    else:
        nothing = {path: library.Detections.empty() for path in part.frames}
        yield data_set([], images=list(nothing), annotations=nothing)


def _read_by_fiftyone(part: Part, library: Any, data_set: Any) -> None:
    """Add samples to the Dataset."""
    if part.annotations in COCO:
        for name in part.lists(".json"):
            data_set.add_dir(
                dataset_type=library.types.COCODetectionDataset,
                data_path=str(part.folder),
                labels_path=str(part.folder / name),
                label_types=["detections", "segmentations", "keypoints"],
            )
    elif part.annotations in YOLO:
        has_boxes = part.annotations == "yolo_detection"
        for name in part.lists(".txt"):
            data_set.add_dir(
                dataset_type=library.types.YOLOv5Dataset,
                yaml_path=str(part.folder / f"data{part.suffix}.yaml"),
                split=name.removesuffix(f"{part.suffix}.txt"),
                label_type="detections" if has_boxes else "polylines",
                label_field="ground_truth",
                include_all_data=True,
            )
    else:
        data_set.add_samples([library.Sample(filepath=path) for path in part.frames])
