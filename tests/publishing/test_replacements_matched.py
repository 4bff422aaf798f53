"""Which uploaded picture replaces which frame's: by names that leave no doubt."""

from __future__ import annotations

import pytest

from publishing.replacing import ReplaceableFrame, Replacements, match
from publishing.stored_files import UploadedPicture


def matched(frames: list[tuple[int, int, str]], *paths: str) -> Replacements:
    pictures = [UploadedPicture(path, 10, number) for number, path in enumerate(paths)]
    return match([ReplaceableFrame(*frame) for frame in frames], pictures)


def pairs(result: Replacements) -> dict[tuple[int, int], str]:
    return {key: picture.path for key, picture in result.pictures.items()}


@pytest.mark.parametrize(
    "path",
    ["cam/a.jpg", "task_5/cam/a.jpg", "blurred/cam/a.jpg", "blurred/task_5/cam/a.jpg", "a.jpg"],
)
def test_a_picture_is_found_by_its_path_or_its_file_name(path: str) -> None:
    result = matched([(5, 0, "cam/a.jpg")], path)
    assert pairs(result) == {(5, 0): path}
    assert (result.remaining, result.unused) == ((), ())


def test_equal_paths_in_two_tasks_are_told_apart_by_the_folders_of_an_archive() -> None:
    frames = [(5, 0, "a.jpg"), (6, 0, "a.jpg")]
    result = matched(frames, "task_6/a.jpg", "task_5/a.jpg")
    assert pairs(result) == {(5, 0): "task_5/a.jpg", (6, 0): "task_6/a.jpg"}


def test_of_equal_file_names_none_is_guessed() -> None:
    frames = [(5, 0, "one/a.jpg"), (5, 1, "two/a.jpg")]
    result = matched(frames, "a.jpg")
    assert pairs(result) == {}
    assert result.unused == ("a.jpg",)
    two_pictures = matched([(5, 0, "a.jpg")], "new/a.jpg", "old/a.jpg")
    assert pairs(two_pictures) == {}


def test_a_path_that_fits_leaves_the_file_name_to_the_other_frame() -> None:
    frames = [(5, 0, "one/a.jpg"), (5, 1, "two/a.jpg")]
    result = matched(frames, "one/a.jpg", "x/a.jpg")
    assert pairs(result) == {(5, 0): "one/a.jpg", (5, 1): "x/a.jpg"}


def test_the_folder_of_all_pictures_may_be_one_of_the_task() -> None:
    frames = [(5, 0, "one/a.jpg"), (5, 1, "two/a.jpg")]
    assert pairs(matched(frames, "two/a.jpg")) == {(5, 1): "two/a.jpg"}


@pytest.mark.parametrize(
    "path", ["frame_000012.png", "frame_000012.jpg", "task_5/frame_000012.png"]
)
def test_frames_of_a_video_have_the_names_that_they_have_in_archives(path: str) -> None:
    assert pairs(matched([(5, 12, "")], path)) == {(5, 12): path}


def test_two_pictures_of_a_frame_of_a_video_are_one_and_an_unused_one() -> None:
    result = matched([(5, 12, "")], "frame_000012.png", "frame_000012.jpg")
    assert (pairs(result), result.unused) == ({(5, 12): "frame_000012.png"}, ("frame_000012.jpg",))


def test_names_are_compared_to_the_letter() -> None:
    result = matched([(5, 0, "A.jpg"), (5, 1, "b.jpg")], "a.jpg", "b.jpg")
    assert pairs(result) == {(5, 1): "b.jpg"}
    assert [frame.filename for frame in result.remaining] == ["A.jpg"]
    assert result.unused == ("a.jpg",)
