"""FramePaths inside the ZIP: CVAT's own where they are harmless, never two alike, safe anywhere."""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from selections.archives.entries import Entry, WantedFrame
from selections.archives.naming import FramePaths, manifest_name
from selections.archives.zipping import ZipWriter
from selections.formats.format import Layout

NASTY = [
    "../evil.jpg",
    "../../../../etc/passwd",
    "a/../../b.jpg",
    "/etc/passwd",
    "//server/share/x.jpg",
    "\\\\server\\share\\x.jpg",
    "C:\\Windows\\x.jpg",
    "C:/x.jpg",
    "c:x.jpg",
    "..",
    ".",
    "...",
    "/",
    "",
    "a//b.jpg",
    "./a.jpg",
    "a/./b.jpg",
    "CON",
    "con.jpg",
    "aux/x.jpg",
    "lpt1.tar.gz",
    "COM¹.jpg",
    "NUL .jpg",
    "nul.",
    "trailing./x.jpg",
    "trailing /x.jpg",
    "x.jpg.",
    "x.jpg ",
    " x.jpg",
    "a\x00b.jpg",
    "new\nline.jpg",
    "tab\t.jpg",
    "\x7f.jpg",
    "\x85.jpg",
    'a"b<c>d|e?f*g:h.jpg',
    "\u202egpj.exe",
    "lone\ud800.jpg",
    "\udfff",
    "manifest.json",
    "MANIFEST.JSON",
    "manifest_part1.json",
    "manifest.json/x.jpg",
    "x" * 300 + ".jpg",
    "한" * 200 + ".jpg",
    "a" * 199 + ". bcdefghijklmnopqrstuvwxyz",
    "." * 250,
    "x." + "y" * 300,
]

names = st.text(
    alphabet=st.sampled_from("aAbB.. /\\:*? \t\x00_ﬁéßſ한\u0301\u0345\ud800\u202e0139conCONjpg"),
    max_size=24,
) | st.text(max_size=40).filter(lambda text: len(text) < 40)
hostile = st.sampled_from(NASTY) | names


def taken(
    filenames: list[str], *, several_tasks: bool = False, quality: str = "original"
) -> list[str]:
    namer = FramePaths(task_folders=several_tasks, quality=quality)
    frames = [WantedFrame(1, 1, number, name) for number, name in enumerate(filenames)]
    for frame in frames:
        namer.reserve(frame)
    return [namer.take(frame, ".jpg") for frame in frames]


def alike(name: str) -> str:
    """FramePaths that some file system takes for the same have the same value."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def assert_safe(path: str) -> None:
    assert path
    assert path == path.encode().decode()
    assert not re.search(r"[\x00-\x1f\x7f-\x9f<>:\"|?*\\]", path)
    assert not PureWindowsPath(path).is_absolute()
    assert not PureWindowsPath(path).drive
    assert not PurePosixPath(path).is_absolute()
    for part in path.split("/"):
        assert part not in {"", ".", ".."}
        assert part == part.rstrip(". ")
        assert not PureWindowsPath(part).is_reserved(), part
        assert len(part.encode()) <= 255


@given(hostile)
def test_a_path_is_safe_and_stays_as_it_is(name: str) -> None:
    [path] = taken([name])
    assert_safe(path)
    assert taken([path]) == [path]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names(name: str) -> None:
    [path] = taken([name])
    assert_safe(path)
    assert taken([path]) == [path]


@pytest.mark.parametrize(
    "name",
    [
        "img.jpg",
        "cam_a/img_001.jpg",
        "한글 이름/frame 1.jpg",
        "straße/Überholung.JPG",
        "emoji/🚗.webp",
        ".hidden/.dot.png",
        "console/comma.jpg",
        "dots/..hidden.jpg",
        "no extension",
        "two  spaces/a.b.c.tif",
        " lead.jpg",
        "  two in front/ x.jpg",
        "가" * 80 + ".jpg",
        "名" * 70 + "_1.jpg",
        "x" * 230 + ".jpg",
        "y" * 251 + ".jpg",
        "/".join(["d" * 255] * 5),
    ],
)
def test_harmless_names_are_kept(name: str) -> None:
    assert taken([name]) == [name]


def assert_unpackable_anywhere(paths: list[str]) -> None:
    files = {alike(path) for path in paths}
    assert len(files) == len(paths)
    folders = {alike(str(folder)) for path in paths for folder in PurePosixPath(path).parents}
    assert not files & folders
    assert not {alike(manifest_name(None)), alike(manifest_name(7))} & (files | folders)


@given(st.lists(hostile, max_size=30), st.booleans(), st.sampled_from(["original", "compressed"]))
@example(["a", "a/b.jpg", "A/c.jpg", "a_/d.jpg"], False, "original")
@example(["a/b", "a", "A", "a/B"], False, "original")
@example(["manifest.json", "manifest.json/x", "Manifest.json"], False, "original")
@example(["x.jpg", "x_frame_000002.jpg", "X.jpg", "x.JPG", "x.jpg"], False, "original")
@example(["é.jpg", "e\u0301.jpg", "É.jpg"], False, "original")
@example(["α\u0345\u0301.jpg", "α\u0301\u0345.jpg"], False, "original")
@example(["a.", "a", "a_", "a_/b", "a/c", "a./d"], False, "original")
@example(["x" * 255, "X" * 255, "x" * 256], False, "compressed")
@settings(max_examples=300, deadline=None)
def test_never_two_alike(filenames: list[str], several_tasks: bool, quality: str) -> None:
    paths = taken(filenames, several_tasks=several_tasks, quality=quality)
    for path in paths:
        assert_safe(path)
        assert path.startswith("task_1/") or not several_tasks
    assert_unpackable_anywhere(paths)
    assert paths == taken(filenames, several_tasks=several_tasks, quality=quality)


def test_a_clash_gets_its_frame_number() -> None:
    assert taken(["a/x.jpg", "A/X.JPG", "a/x.jpg"]) == [
        "a/x.jpg",
        "A/X_frame_000001.JPG",
        "a/x_frame_000002.jpg",
    ]


def test_no_folder_of_cvat_has_a_reserved_name() -> None:
    names = ["images/a.jpg", "images_/b.jpg", "x/images/c.jpg", "CON/images/d.jpg", "y/images"]
    namer = FramePaths(
        task_folders=False,
        quality="original",
        root=lambda frame: "images/train",
        layout=Layout(reserved_folders=("images",)),
    )
    frames = [WantedFrame(1, 1, number, name) for number, name in enumerate(names)]
    for frame in frames:
        namer.reserve(frame)
    assert [namer.take(frame, ".jpg") for frame in frames] == [
        "images/train/images__/a.jpg",
        "images/train/images_/b.jpg",
        "images/train/x/images_/c.jpg",
        "images/train/_CON/images_/d.jpg",
        "images/train/y/images",
    ]


def test_a_folder_of_the_name_of_a_file_gets_another_name() -> None:
    assert taken(["a.jpg", "a.jpg/b.jpg", "A.JPG/c.jpg", "a.jpg"]) == [
        "a.jpg",
        "a.jpg_/b.jpg",
        "A.JPG_/c.jpg",
        "a_frame_000003.jpg",
    ]


@pytest.mark.parametrize(
    "filenames",
    [
        ["X.jpg", "x.jpg", "x_frame_000001.jpg"],
        ["a:b.jpg", "a_b.jpg"],
        ["x.jpg.", "x.jpg"],
        ["d/X.jpg", "d/x.jpg", "d/x_frame_000001.jpg", "D/x_frame_000001_2.jpg"],
        ["z" * 300 + ".jpg", "z" * 251 + ".jpg"],
        ["frame_000000.jpg/", "", "frame_000001.jpg"],
        ["end./x.jpg", "end/x.jpg"],
        ["end./X.jpg", "end./x.jpg", "end./x_frame_000001.jpg", "end/x.jpg"],
        ["a.jpg", "a.jpg/b.jpg", "a.jpg_/b.jpg"],
        ["a.jpg", "a.jpg/b.jpg", "a.jpg_"],
        ["manifest.json", "manifest_frame_000000.json"],
    ],
)
def test_a_made_up_name_never_takes_that_of_a_real_file(filenames: list[str]) -> None:
    """Wherever the real file comes in the archive; only the first of several that a file system
    takes for one keeps the name."""
    for order in (filenames, filenames[::-1]):
        paths = taken(order)
        assert_unpackable_anywhere(paths)
        seen: set[str] = set()
        for name, path in zip(order, paths, strict=True):
            is_first = alike(name) not in seen
            seen.add(alike(name))
            if taken([name]) == [name] and is_first and not _blocked(name, order):
                assert path == name


def _blocked(name: str, filenames: list[str]) -> bool:
    """Whether a folder of the path is the name of a file, or the other way round."""
    folders = {str(folder) for folder in PurePosixPath(name).parents}
    inside = {str(folder) for other in filenames for folder in PurePosixPath(other).parents}
    return bool(folders & set(filenames)) or name in inside


def test_compressed_pictures_never_take_the_name_of_a_real_file() -> None:
    assert taken(["a.png", "a.jpg"], quality="compressed") == ["a_frame_000000.jpg", "a.jpg"]


def test_recompressed_pictures_never_take_the_name_of_a_real_file() -> None:
    """Which of the two kinds CVAT will serve is known once it is there: both names are reserved,
    so that the others have the same ones in every build."""
    frames = [WantedFrame(1, 9, n, name) for n, name in enumerate(["a.png", "a.jpg", "A.png"])]

    def paths(*recompressed: int) -> list[str]:
        names = FramePaths(task_folders=False, quality="original", recompressing={9})
        for frame in frames:
            names.reserve(frame)
        return [
            names.take(frame, ".jpg", is_recompressed=frame.frame in recompressed)
            for frame in frames
        ]

    assert paths() == ["a.png", "a.jpg", "A_frame_000002.png"]
    assert paths(0, 1, 2) == ["a_frame_000000.jpg", "a.jpg", "A_frame_000002.jpg"]
    assert paths(0) == ["a_frame_000000.jpg", "a.jpg", "A_frame_000002.png"]


def test_folders_are_not_merged() -> None:
    assert taken([" d/x.jpg", "d/x.jpg"]) == [" d/x.jpg", "d/x.jpg"]
    assert taken(["d./x.jpg", "d/x.jpg", "d ./y.jpg"]) == ["d_/x.jpg", "d/x.jpg", "d__/y.jpg"]


def test_a_changed_folder_keeps_its_name_where_it_is_free() -> None:
    assert taken(["d./x.jpg", "D./y.jpg", "e?/x.jpg"]) == ["d/x.jpg", "D/y.jpg", "e_/x.jpg"]


def test_what_is_too_long_is_cut_inside_no_character_and_stays_apart() -> None:
    long = ["가" * 90 + "_1.jpg", "가" * 90 + "_2.jpg", "d" * 300 + "/x.jpg", "d" * 301 + "/x.jpg"]
    paths = taken(long)
    assert len(set(paths)) == 4
    for path in paths:
        assert_safe(path)
    assert paths[0] == "가" * 83 + ".jpg"
    assert paths[1].endswith("_frame_000001.jpg")


def test_a_long_name_that_clashes_makes_room_for_its_number() -> None:
    kept, cut = taken(["n" * 251 + ".jpg", "N" * 251 + ".jpg"])
    assert kept == "n" * 251 + ".jpg"
    assert cut == "N" * 238 + "_frame_000001.jpg"


def test_sharp_s_and_ligatures_are_told_apart_as_file_systems_fold_them() -> None:
    assert taken(["straße.jpg", "strasse.jpg", "ﬁsh.jpg", "fish.jpg"]) == [
        "straße.jpg",
        "strasse_frame_000001.jpg",
        "ﬁsh.jpg",
        "fish_frame_000003.jpg",
    ]


def test_a_frame_that_is_missing_does_not_rename_the_others() -> None:
    """Else a retry that has it would give the same picture another name."""
    frames = [WantedFrame(1, 1, 0, "X.jpg"), WantedFrame(1, 1, 1, "x.jpg")]
    names = FramePaths(task_folders=False, quality="original")
    for frame in frames:
        names.reserve(frame)
    names.take(frames[0], "")
    assert names.take(frames[1], ".jpg") == "x_frame_000001.jpg"


def test_without_a_name_the_frame_number_serves() -> None:
    names = FramePaths(task_folders=False, quality="original")
    assert names.take(WantedFrame(3, 7, 123, ""), ".png") == "frame_000123.png"
    assert names.take(WantedFrame(3, 7, 124, "///"), ".jpg") == "frame_000124.jpg"
    assert names.take(WantedFrame(3, 7, 125, ""), "") == "frame_000125.png"


def test_several_tasks_have_a_folder_each() -> None:
    names = FramePaths(task_folders=True, quality="original")
    assert names.take(WantedFrame(3, 7, 1, "x.jpg"), ".jpg") == "task_3/x.jpg"
    assert names.take(WantedFrame(4, 8, 1, "x.jpg"), ".jpg") == "task_4/x.jpg"


def test_compressed_pictures_are_named_by_what_they_are() -> None:
    assert taken(["a.png", "b/c.tif", "d"], quality="compressed") == ["a.jpg", "b/c.jpg", "d.jpg"]


@given(filenames=st.lists(hostile, min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_unpacking_gives_just_these_files(
    tmp_path_factory: pytest.TempPathFactory, filenames: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("zip")
    paths = taken(filenames)
    with ZipWriter(folder / "z", part_size=0, about={}) as writer:
        for number, path in enumerate(paths):
            content = b"%d" % number
            entry = {"frame": number, "filename": filenames[number]}
            writer.add(Entry(path, io.BytesIO(content), len(content), entry))
        (part,) = writer.finish([])
    inside = folder / "deep" / "er"
    with zipfile.ZipFile(part.path) as opened:
        assert opened.namelist() == [*paths, "manifest.json"]
        opened.extractall(inside)
    assert {str(path.relative_to(inside)) for path in files_in(folder / "deep")} == {
        *paths,
        "manifest.json",
    }
    for number, path in enumerate(paths):
        assert (inside / path).read_bytes() == b"%d" % number
    rows = json.loads((inside / "manifest.json").read_text())["frames"]
    assert [row["path"] for row in rows] == paths


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_paths_begin_with_the_folder_of_their_task_and_have_stems_of_their_own() -> None:
    names = FramePaths(
        task_folders=True,
        quality="original",
        root=lambda frame: f"in/{frame.task_id}",
        layout=Layout(unique_stems=True),
    )
    frames = [
        WantedFrame(1, 1, number, name)
        for number, name in enumerate(["a/b.jpg", "a/b.png", "a/B.bmp", "a/b.c.jpg", "a.jpg"])
    ]
    for frame in frames:
        names.reserve(frame)
    paths = [names.take(frame, "") for frame in frames]
    assert paths == [
        "in/1/task_1/a/b.jpg",
        "in/1/task_1/a/b_frame_000001.png",
        "in/1/task_1/a/B_frame_000002.bmp",
        "in/1/task_1/a/b.c.jpg",
        "in/1/task_1/a_frame_000004.jpg",
    ]
