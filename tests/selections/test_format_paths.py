"""In every format, no file has the name of another one or of a folder, whatever the names of
pictures and subsets are."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from cvat.annotations import Label, Labels, Shape
from selections.archives.entries import WantedFrame
from selections.archives.naming import FramePaths
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask
from tests.selections.format_files import Written

NAMES = [
    "a.jpg", "a.png", "A.bmp", "s/a.jpg", "s_a.jpg", "gt_a.jpg", "a_GT.jpg", "a_mask_0.jpg",
    "a.jpg/b.jpg", "a.png/b.jpg", "a.txt/b.jpg", "a.xml/b.jpg", "gt_a.txt/b.jpg",
    "a_GT.bmp/b.jpg", "a_gtFine_color.png/b.jpg", "annot/a.jpg", "images/a.jpg", "gt.jpg",
    "z" * 251 + ".jpg", "z" * 251 + ".png", "\N{CJK UNIFIED IDEOGRAPH-753B}" * 83 + ".jpg",
]  # fmt: skip
SUBSETS = [
    "",
    "default",
    "Default",
    "defaultannot",
    "train",
    "images",
    "gt",
    "label_colors",
    "a.txt",
]
LABELS = CAR, DOG = Label(1, "\N{CJK UNIFIED IDEOGRAPH-8ECA}" * 64), Label(2, "task_0")


@pytest.mark.parametrize("key", list(FORMATS))
def test_paths_differ(key: str, tmp_path: Path) -> None:
    form = FORMATS[key]
    kinds = {"rectangle": (1, 1, 5, 5), "polygon": (1, 1, 5, 1, 5, 5), "ellipse": (4, 4, 8, 2)}
    shapes = [Shape(kind, CAR, 0, points) for kind, points in kinds.items()]
    shapes.append(Shape("tag", DOG, 0))
    shapes = [shape for shape in shapes if not form.unsupported_reason(shape)]
    tasks = [AnnotatedTask(n, "t", name, False, Labels(LABELS)) for n, name in enumerate(SUBSETS)]
    folders = form.layout.folders(SUBSETS)
    paths = FramePaths(
        task_folders=True,
        quality="original",
        root=lambda frame: folders[SUBSETS[frame.task_id]],
        layout=form.layout,
    )
    frames = [
        WantedFrame(task, 1, frame, name)
        for task in range(len(SUBSETS))
        for frame, name in enumerate(NAMES)
    ]
    for frame in frames:
        paths.reserve(frame)
    paths_of = form.picture_paths(tasks) if form.picture_paths else lambda image: [image.path]
    images, pictures = [], []
    for each in frames:
        path, subset = paths.take(each, ""), SUBSETS[each.task_id]
        image = AnnotatedImage(path, 9, 9, each.task_id, each.frame, shapes, subset)
        image_paths = paths_of(image)
        images.append(image._replace(path=image_paths[0]))
        pictures += image_paths
    written = Written(key, images, tmp_path, tasks)
    files = [path.casefold() for path in (*pictures, *written.files, "manifest.json")]
    assert len(set(files)) == len(files)
    assert max(len(part.encode()) for path in files for part in path.split("/")) <= 255
    parents = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    assert not parents & set(files)


def test_pictures_differ_in_more_than_the_extension() -> None:
    """Readers of nearly all formats know a picture by its path without extension."""
    others = {key for key, form in FORMATS.items() if not form.layout.unique_stems}
    # Their pictures have an id or a number, or the whole path.
    assert others == {
        "cvat_images", "coco", "coco_keypoints", "mot", "objects_csv", "objects_jsonl",
    }  # fmt: skip
