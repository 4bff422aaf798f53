"""Names that a format of annotations wants its pictures to have."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from selections.archives.entries import WantedFrame
from selections.archives.naming import FramePaths
from selections.formats.format import Layout


def taken(names: FramePaths, frames: Iterable[WantedFrame], extension: str = ".jpg") -> list[str]:
    frames = list(frames)
    for frame in frames:
        names.reserve(frame)
    return [names.take(frame, extension) for frame in frames]


def test_numbered_pictures_count_from_one_in_each_task() -> None:
    names = FramePaths(
        task_folders=True,
        quality="original",
        root=lambda frame: "train",
        layout=Layout(numbered_in="img1"),
    )
    frames = [WantedFrame(7, 1, 20, "s/b.jpg"), WantedFrame(7, 1, 30, "a.jpg")]
    assert taken(names, [*frames, WantedFrame(8, 2, 0, "a.jpg")]) == [
        "train/task_7/img1/000001.jpg",
        "train/task_7/img1/000002.jpg",
        "train/task_8/img1/000001.jpg",
    ]


@pytest.mark.parametrize(
    ("folder", "path"), [("img1", "img1/000001.jpg"), ("", "A_frame_000001.jpg")]
)
def test_a_frame_that_is_left_out_takes_its_name_but_no_number(folder: str, path: str) -> None:
    names = FramePaths(task_folders=False, quality="original", layout=Layout(numbered_in=folder))
    first, second = WantedFrame(7, 1, 0, "a.jpg"), WantedFrame(7, 1, 1, "A.jpg")
    for frame in (first, second):
        names.reserve(frame)
    names.leave_out(first)
    assert names.take(second, ".jpg") == path


@pytest.mark.parametrize(
    ("filename", "path"),
    [
        (" a.jpg", "a.jpg"),
        ("\u3000/ a.jpg", "_/ a.jpg"),
        (" s/ a.jpg", "s/ a.jpg"),
        ("s/ a.jpg", "s/ a.jpg"),
    ],
)
def test_a_path_can_begin_without_the_space_that_cvat_would_strip(filename: str, path: str) -> None:
    layout = Layout(strips_start=True)
    names = FramePaths(task_folders=False, quality="original", layout=layout)
    assert taken(names, [WantedFrame(7, 1, 0, filename)]) == [path]
    names = FramePaths(task_folders=True, quality="original", layout=layout)
    assert taken(names, [WantedFrame(7, 1, 0, filename)]) == [f"task_7/{filename}"]


def test_two_paths_that_differ_in_that_space_stay_two() -> None:
    names = FramePaths(task_folders=False, quality="original", layout=Layout(strips_start=True))
    filenames = [" a.jpg", "a.jpg", " s/b.jpg", "s/b.jpg"]
    frames = [WantedFrame(7, 1, number, name) for number, name in enumerate(filenames)]
    assert taken(names, frames) == ["a_frame_000000.jpg", "a.jpg", "s_/b.jpg", "s/b.jpg"]


def test_a_picture_of_unknown_format_keeps_the_extension_of_its_name() -> None:
    names = FramePaths(task_folders=False, quality="original", layout=Layout(numbered_in="img1"))
    assert taken(names, [WantedFrame(7, 1, 0, "s/a.tif")], "") == ["img1/000001.tif"]


@pytest.mark.parametrize("stem", ["a", "é" * 200])
def test_names_end_as_the_format_wants_also_where_two_are_alike(stem: str) -> None:
    names = FramePaths(
        task_folders=False, quality="original", layout=Layout(name_end="_end", unique_stems=True)
    )
    frames = [WantedFrame(7, 1, n, f"{stem}{suffix}") for n, suffix in enumerate([".jpg", ".png"])]
    first, second, video = taken(names, [*frames, WantedFrame(7, 1, 2, "")])
    assert first.endswith("_end.jpg")
    assert second.endswith("_frame_000001_end.png")
    assert video == "frame_000002_end.jpg"
    assert max(len(path.encode()) for path in (first, second)) <= 255
