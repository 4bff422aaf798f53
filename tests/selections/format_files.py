"""The files that a format writes: of given pictures, and of recorded tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from hypothesis import strategies as st

from cvat.annotations import Label, Labels, Shape
from cvat.overlapping import objects_by_frame
from selections.archives.entries import WantedFrame
from selections.archives.naming import FramePaths
from selections.formats import FORMATS
from selections.formats.format import AnnotatedImage, AnnotatedTask
from tests.annotated import ALL, Case

CASES = {folder.name: folder for folder in ALL}


def bits(count: int) -> st.SearchStrategy[list[bool]]:
    """Lists of `count` bits, each drawn as bytes: hypothesis takes long to draw bit by bit."""
    length = -(-count // 8)
    return st.binary(min_size=length, max_size=length).map(
        lambda drawn: [bool(drawn[at // 8] >> at % 8 & 1) for at in range(count)]
    )


class Written:
    """The files of a part, and why objects are not in them."""

    def __init__(
        self,
        key: str,
        images: Iterable[AnnotatedImage],
        folder: Path,
        tasks: Sequence[AnnotatedTask],
    ) -> None:
        form, images = FORMATS[key], list(images)
        self.files: dict[str, bytes] = {}
        self.left_out: list[str] = []
        with closing(form.writer(tasks, folder)) as writer:
            for image in images:
                self.left_out += writer.add(image)
            for file in writer.files(""):
                content = file.content.read(file.size)
                assert len(content) == file.size
                assert file.path not in self.files
                self.files[file.path] = content
        rooms = [form.part_room(tasks), *map(form.image_room, images)]
        assert len(self.files) <= sum(room.files for room in rooms)
        assert sum(map(len, self.files.values())) <= sum(room.bytes for room in rooms)

    def text(self, path: str) -> str:
        return self.files[path].decode()

    def lines(self, path: str) -> list[str]:
        return self.text(path).split("\n")[:-1]


def written(
    key: str, images: Iterable[AnnotatedImage], folder: Path, *labels: Label, subset: str = ""
) -> Written:
    """Of pictures of task 7."""
    task = AnnotatedTask(7, "task", subset, False, Labels(labels))
    return Written(key, images, folder, [task])


def written_in_place(
    key: str, pictures: Mapping[str, Sequence[Shape]], folder: Path, *labels: Label
) -> tuple[Written, list[str]]:
    """Of pictures of 40 by 30 pixels, which stand where the format wants them; and all their
    paths, none of which is there twice."""
    form = FORMATS[key]
    tasks = [AnnotatedTask(7, "task", "", False, Labels(labels))]
    paths_of = form.picture_paths(tasks) if form.picture_paths else lambda image: [image.path]
    start = form.layout.folders([""])[""]
    images: list[AnnotatedImage] = []
    paths: list[str] = []
    for number, (name, shapes) in enumerate(pictures.items()):
        image = AnnotatedImage(f"{start}/{name}", 40, 30, 7, number, shapes)
        first, *copies = paths_of(image)
        images.append(image._replace(path=first))
        paths += [first, *copies]
    assert len(set(paths)) == len(paths)
    return Written(key, images, folder, tasks), paths


def of_case(key: str, name: str, into: Path) -> Written:
    """Of all frames of a recorded task."""
    case = Case(CASES[name])
    task = AnnotatedTask(7, "task", case.task["subset"], False, case.labels)
    return Written(key, images_of(case, key, task), into, [task])


def images_of(case: Case, key: str, task: AnnotatedTask) -> list[AnnotatedImage]:
    """The pictures, where the format wants them."""
    form = FORMATS[key]
    folder = form.layout.folders([task.subset])[task.subset]
    paths_of = form.picture_paths([task]) if form.picture_paths else None
    paths = FramePaths(
        task_folders=False,
        quality="original",
        root=lambda frame: folder,
        layout=form.layout,
    )
    by_frame = objects_by_frame(
        case.exported_jobs, case.frames, case.load, deleted=case.meta.deleted_frames
    )
    images = []
    for frame, shapes in by_frame:
        number, is_video = case.source_number(frame), len(case.meta.frames) == 1
        info = case.meta.frames[0 if is_video else frame]
        name = f"frame_{number:06d}.png" if is_video else info.name
        path = paths.take(WantedFrame(7, 1, frame, name), "")
        held = [
            shape
            for shape in shapes
            if not form.unsupported_reason(shape) and not form.broken_reason(shape)
        ]
        image = AnnotatedImage(path, info.width, info.height, 7, number, held, task.subset)
        images.append(image._replace(path=paths_of(image)[0]) if paths_of else image)
    return images
