"""Which of the uploaded files are pictures for CVAT, and why the others are not."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from publishing import jpeg_end, stored_files, uploaded_pictures
from publishing.file_range import FileRange, TooMuch
from publishing.stored_files import (
    BrokenFile,
    StoredFile,
    StoredFiles,
    read_heads,
    read_pictures,
)
from publishing.uploaded_pictures import BadUpload, Contents, sort_files

PLENTY = 10**9


def picture(kind: str = "png", size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def folder(path: Path, files: dict[str, bytes]) -> StoredFiles:
    """The files, stored one after the other in the file at `path`."""
    listed, start = [], 0
    for name, content in files.items():
        listed.append(StoredFile(name, len(content), start))
        start += len(content)
    path.write_bytes(b"".join(files.values()))
    return StoredFiles(path, tuple(listed))


def packed(path: Path, files: dict[str, bytes], **how: int) -> StoredFiles:
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return in_zip(path)


def in_zip(path: Path) -> StoredFiles:
    return StoredFiles(path, (StoredFile("day.zip", path.stat().st_size, 0),), is_zip=True)


def left_out(contents: Contents) -> dict[str, str]:
    return dict(contents.left_out)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one.upload"


@pytest.mark.parametrize("is_zip", [False, True])
def test_pictures_and_all_else_are_told_apart(path: Path, *, is_zip: bool) -> None:
    files = {
        "b/2.png": picture(),
        "b/10.JPG": picture("jpeg"),
        "a.webp": picture("webp"),
        "b/.DS_Store": b"x",
        "__MACOSX/b/._2.png": b"x",
        "b/._2.png": b"x",
        "Thumbs.db": b"x",
        "notes.txt": b"x",
        "README": b"x",
        "clip.MP4": b"x",
        "more.zip": b"PK",
        "empty.png": b"",
        "lies.png": b"no picture at all",
        "b/related_images/2_png/left.png": picture(),
        " b/3.png": picture(),
    }
    stored = packed(path, files) if is_zip else folder(path, files)
    contents = sort_files(stored, most_bytes=PLENTY)
    assert [each.path for each in contents.pictures] == ["a.webp", "b/10.JPG", "b/2.png"]
    reasons = left_out(contents)
    assert reasons.keys() == files.keys() - {each.path for each in contents.pictures}
    assert "macOS" in reasons["__MACOSX/b/._2.png"]
    assert "macOS" in reasons["b/._2.png"]
    assert "Windows" in reasons["Thumbs.db"]
    assert "“.txt”" in reasons["notes.txt"]
    assert "without an extension" in reasons["README"]
    assert "is a video" in reasons["clip.MP4"]
    assert reasons["empty.png"] == "is empty"
    assert "which CVAT drops" in reasons[" b/3.png"]
    assert "context of other pictures" in reasons["b/related_images/2_png/left.png"]
    assert "not the content" in reasons["lies.png"]
    unpacked = {each.path: file.read() for each, file in read_pictures(stored, contents.pictures)}
    assert unpacked == {name: files[name] for name in ("a.webp", "b/10.JPG", "b/2.png")}
    assert contents.size == sum(map(len, unpacked.values()))


def photo() -> bytes:
    """A JPEG of more than a block, with a whole one as the thumbnail in its header."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x9286] = b"thumbnail" + picture("jpeg")  # the user's comment takes any bytes
    Image.effect_noise((1500, 1500), 90).save(file, "jpeg", quality=95, exif=exif)
    content = file.getvalue()
    assert len(content) > 2**20
    return content


@pytest.mark.parametrize("method", [None, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_jpegs_that_are_cut_off_are_named(path: Path, method: int | None) -> None:
    whole, small = photo(), picture("jpeg")
    scan = whole.rindex(b"\xff\xda")
    files = {
        "whole.jpg": whole,
        "padded.jpg": small + bytes(5000),
        "moving.jpg": whole + b"\0\0\0\x18ftypmp42" + b"x" * 5000,
        "cut-1.jpg": whole[:-2],
        "cut-2.jpg": whole[:-5000],
        "cut-3.jpg": whole[:scan],
        "cut-4.jpg": whole[: scan + 100] + bytes(5000),
        "cut-5.jpg": small[:20],
        "cut.png": picture()[:-8],  # CVAT refuses such
    }
    stored = folder(path, files) if method is None else packed(path, files, compression=method)
    contents = sort_files(stored, most_bytes=PLENTY)
    assert len(contents.pictures) == len(files)
    assert contents.cut_off == ("cut-1.jpg", "cut-2.jpg", "cut-3.jpg", "cut-4.jpg", "cut-5.jpg")


@pytest.mark.parametrize("is_zip", [False, True])
def test_only_so_much_is_read_to_find_an_end(
    path: Path, monkeypatch: pytest.MonkeyPatch, is_zip: bool
) -> None:
    cut = picture("jpeg")[:-2]
    files = {"a.jpg": cut, "b.jpg": cut, "c.jpg": cut}
    monkeypatch.setattr(jpeg_end, "MOST_READ", 2 * len(cut))
    stored = packed(path, files) if is_zip else folder(path, files)
    assert sort_files(stored, most_bytes=PLENTY).cut_off == ("a.jpg", "b.jpg")


def test_a_header_without_an_end_takes_no_time(path: Path) -> None:
    """A file of nothing but tiny segments."""
    files = {"a.jpg": b"\xff\xd8" + b"\xff\xe0\x00\x02" * 2**20 + b"\xff\xda\xff\xd9."}
    contents = sort_files(folder(path, files), most_bytes=PLENTY)
    assert contents.cut_off == ("a.jpg",)


def test_names_that_formats_confuse_are_named(path: Path) -> None:
    stored = folder(path, dict.fromkeys(["a/x.png", "a/X.png", "b/x.png", "b/x.jpg"], picture()))
    contents = sort_files(stored, most_bytes=PLENTY)
    assert contents.alike == (("a/X.png", "a/x.png"), ("b/x.jpg", "b/x.png"))


def test_a_zip_may_lead_nowhere_else(path: Path) -> None:
    names = ["../up.png", "/root.png", "a//b.png", "ok.png"]
    stored = packed(path, dict.fromkeys(names, picture()))
    contents = sort_files(stored, most_bytes=PLENTY)
    assert [each.path for each in contents.pictures] == ["ok.png"]
    assert "leads out of the folder" in left_out(contents)["../up.png"]
    assert "absolute" in left_out(contents)["/root.png"]


def test_of_two_members_of_one_name_the_first_counts(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", picture())
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.png", picture(size=(9, 9)))
    stored = in_zip(path)
    contents = sort_files(stored, most_bytes=PLENTY)
    assert left_out(contents) == {"a.png": "has the same name as another file"}
    [(_, file)] = read_pictures(stored, contents.pictures)
    assert file.closed
    assert [each.size for each in contents.pictures] == [len(picture())]


def test_encrypted_members_are_left_out(path: Path) -> None:
    stored = packed(path, {"a.png": picture()})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # of the local header, and of the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    contents = sort_files(stored, most_bytes=PLENTY)
    assert "without a password" in left_out(contents)["a.png"]


def test_rare_methods_are_left_out(path: Path) -> None:
    stored = packed(path, {"a.png": picture()}, compression=zipfile.ZIP_LZMA)
    contents = sort_files(stored, most_bytes=PLENTY)
    assert "pack it as an ordinary ZIP" in left_out(contents)["a.png"]


def test_a_zip_that_grows_beyond_the_limit_is_refused(path: Path) -> None:
    stored = packed(path, {"a.bmp": bytes(10**6)}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 10**4
    with pytest.raises(BadUpload, match="Unpacked, the files of the ZIP have more than"):
        sort_files(stored, most_bytes=10**5)


def test_a_zip_of_very_many_files_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded_pictures, "MOST_MEMBERS", 1)
    stored = packed(path, {"a.png": picture(), "b.png": picture()})
    with pytest.raises(BadUpload, match="more than 1 files"):
        sort_files(stored, most_bytes=PLENTY)


def test_no_zip_is_refused(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(BadUpload, match="no ZIP that the portal can read"):
        sort_files(in_zip(path), most_bytes=PLENTY)


def test_a_member_that_is_broken_further_on_is_named(path: Path) -> None:
    content = picture("bmp", (100, 100))
    stored = packed(path, {"a/b.bmp": content})
    damaged = bytearray(path.read_bytes())
    damaged[5000] ^= 0xFF
    path.write_bytes(damaged)
    contents = sort_files(stored, most_bytes=PLENTY)
    with pytest.raises(BrokenFile, match=r"“a/b\.bmp” is broken in the ZIP"):
        list(read_pictures(stored, contents.pictures))


def test_a_member_says_how_long_it_is(path: Path) -> None:
    """A directory that says less than there is does not make the portal write more."""
    stored = packed(path, {"a.bmp": picture("bmp", (50, 50))}, compression=zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    record = content.index(b"PK\x01\x02")
    content[record + 24 : record + 28] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    contents = sort_files(stored, most_bytes=PLENTY)
    assert left_out(contents) == {"a.bmp": "is broken in the ZIP"}


def test_a_part_of_a_file_has_its_own_ends(path: Path) -> None:
    path.write_bytes(b"0123456789")
    with FileRange(path, 3, 4) as file:
        assert (file.read(), file.read()) == (b"3456", b"")
        assert (file.seek(-1, 2), file.read(5)) == (3, b"6")
        with pytest.raises(TooMuch):
            file.read(2**40)


@pytest.mark.parametrize("is_zip", [False, True])
def test_no_picture_is_in_a_folder_of_the_name_of_another(path: Path, *, is_zip: bool) -> None:
    """Nobody could unpack both."""
    files = dict.fromkeys(["a.png", "a.png/b.png", "a.png/c/d.png", "a.png.png"], picture())
    stored = packed(path, files) if is_zip else folder(path, files)
    contents = sort_files(stored, most_bytes=PLENTY)
    assert [each.path for each in contents.pictures] == ["a.png", "a.png.png"]
    reason = "lies in a folder that has the name of a picture"
    assert left_out(contents) == dict.fromkeys(["a.png/b.png", "a.png/c/d.png"], reason)


def test_a_directory_of_very_many_files_is_not_parsed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its files would take half a kilobyte of memory."""
    stored = packed(path, {f"{number}.png": b"x" for number in range(20)})
    monkeypatch.setattr(uploaded_pictures, "MOST_MEMBERS", 19)

    def parsed(*_: object) -> None:
        raise AssertionError("the directory was parsed")

    monkeypatch.setattr(zipfile, "ZipInfo", parsed)
    with pytest.raises(BadUpload, match="more than 19 files"):
        sort_files(stored, most_bytes=PLENTY)


def test_the_header_of_a_packed_picture_is_unpacked_once(path: Path) -> None:
    """A header may lead to and fro between the ends of a member of gigabytes."""
    content = picture("bmp", (1000, 1000))
    stored = packed(path, {"a.bmp": content}, compression=zipfile.ZIP_DEFLATED)
    contents = sort_files(stored, most_bytes=PLENTY)
    [(_, file)] = read_heads(stored, contents.pictures)
    assert file.read() == content[: stored_files.HEAD_BYTES]
    assert len(content) > stored_files.HEAD_BYTES
