"""What the manifest and the archive page say of each file: size, origin, differences from the
upload."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image

from selections import services
from selections.archives import remarks_in_words
from selections.models import Archive
from selector.models import Connection
from selector.services.catalogs import load_catalog
from standin.model import Job, Task
from standin.server import StandIn
from tests.conftest import connect
from tests.selections.builds import (
    Folders,
    built,
    manifest_of,
    no_chunks,
    only_path,
    pictures_of,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

ORIENTATION = 0x0112


def saved(kind: str, *, orientation: int = 1, pages: int = 1, **options: Any) -> bytes:
    image = Image.effect_noise((60, 40), 60).convert("RGB")
    if orientation != 1:
        options["exif"] = Image.Exif()
        options["exif"][ORIENTATION] = orientation
    if pages > 1:
        options |= {"save_all": True, "append_images": [image.copy()] * (pages - 1)}
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


FILES = {
    "plain.jpg": saved("JPEG"),
    "finest.jpg": saved("JPEG", quality=100),
    "turned.jpg": saved("JPEG", orientation=6),
    "turned.png": saved("PNG", orientation=6),
    "turned.webp": saved("WEBP", orientation=3),
    "plain.tif": saved("TIFF"),
    "pages.TIFF": saved("TIFF", pages=3),
    "really_a_tiff.jpg": saved("TIFF"),
    "a.bmp": saved("BMP"),
    "b.gif": saved("GIF"),
    "really_a_png.jpg": saved("PNG", dpi=(72, 72)),
    "half.jpg": saved("JPEG")[:60],
}
TIFFS = {"plain.tif", "pages.TIFF", "really_a_tiff.jpg"}
TURNED = {"turned.jpg", "turned.png", "turned.webp"}


@pytest.fixture
def formats(standin: StandIn) -> Task:
    return standin.world.add_task("Formats", owner="demo", images=FILES, chunk_size=4)


def lines_of(archive: Archive) -> dict[str, dict[str, Any]]:
    return {line["filename"]: line for line in manifest_of(archive)["frames"]}


def assert_true_to_the_files(archive: Archive) -> None:
    """Sizes are those of the pictures in the ZIP; a line without a mark is the upload."""
    with zipfile.ZipFile(only_path(archive)) as opened:
        for name, line in lines_of(archive).items():
            content = opened.read(line["path"])
            if name == "half.jpg":
                assert (line["width"], line["height"]) == (None, None)
            else:
                assert (line["width"], line["height"]) == Image.open(io.BytesIO(content)).size
            if "differs" not in line and "may_differ" not in line:
                assert content == FILES[name], name
            if "differs" in line:
                assert content != FILES[name], name


def test_each_line_says_in_what_the_file_differs(mine: Connection, formats: Task) -> None:
    archive = built(select(mine, (formats.id, None)))
    lines = lines_of(archive)
    assert_true_to_the_files(archive)
    assert {name for name, line in lines.items() if line.get("differs")} == TIFFS
    assert all(lines[name]["differs"] == ["reencoded_tiff"] for name in TIFFS)
    unsure = {name for name, line in lines.items() if line.get("may_differ") == ["turned"]}
    assert unsure == TURNED | {"finest.jpg"}
    assert archive.remarks["exact"] == len(FILES) - len(TIFFS) - len(unsure)
    assert archive.remarks["differs"] == {"reencoded_tiff": 3}
    assert archive.remarks["may_differ"] == {"turned": 4}


def test_frames_fetched_one_by_one_are_described_alike(
    mine: Connection, formats: Task, standin: StandIn
) -> None:
    whole = built(select(mine, (formats.id, None)))
    no_chunks(standin)
    alone = built(select(mine, (formats.id, None)))
    assert_true_to_the_files(alone)
    assert lines_of(whole) == lines_of(alone)


def test_the_page_says_byte_for_byte_only_where_it_holds(
    mine: Connection, formats: Task, client: Client
) -> None:
    numbers = {name: number for number, name in enumerate(FILES)}
    client.force_login(mine.owner)

    def page(names: Iterable[str]) -> str:
        archive = built(select(mine, (formats.id, [numbers[name] for name in names])))
        return client.get(archive.get_absolute_url()).text

    assert "2 files are as uploaded, byte for byte." in page(["plain.jpg", "a.bmp"])
    tiff = page(["plain.tif"])
    assert "1 file is in the format TIFF, which CVAT saves again" in tiff
    assert "byte for byte" not in tiff
    turned = page(["turned.png"])
    assert "EXIF data ask to turn it" in turned
    assert "byte for byte" not in turned


def test_compressed_pictures_are_said_to_be_compressed(mine: Connection, formats: Task) -> None:
    archive = built(select(mine, (formats.id, [0, 3, 5])), quality="compressed")
    assert all(line["differs"] == ["compressed"] for line in lines_of(archive).values())


# --- ground-truth jobs ---


@pytest.fixture
def task_of_twelve(standin: StandIn) -> Task:
    return standin.world.add_task(
        "Twelve", owner="demo", count=12, pattern="g{:02d}.png", start_frame=0
    )


@pytest.mark.parametrize("count", [12, 6])
def test_a_ground_truth_job_over_all_frames_recompresses_as_well(
    count: int, task_of_twelve: Task, alice: User, standin: StandIn, client: Client
) -> None:
    """Its range tells nothing: only its meta says that it was made from a list."""
    job = standin.world.add_ground_truth(task_of_twelve, range(count))
    archive = _of_validation_job(job, alice, standin)
    for line in manifest_of(archive)["frames"]:
        assert line["path"] == line["filename"].replace(".png", ".jpg")
        assert line["recompressed"]
        assert line["differs"] == ["recompressed"]
    client.force_login(alice)
    page = client.get(archive.get_absolute_url()).text
    assert "3 files are not what was uploaded: through a ground-truth job" in page
    assert "byte for byte" not in page


def test_a_ground_truth_job_over_a_video_recompresses_as_well(
    alice: User, standin: StandIn
) -> None:
    film = standin.world.add_task(
        "Film", owner="demo", video=True, video_name="a.mp4", count=4, chunk_size=4
    )
    job = standin.world.add_ground_truth(film, range(4))
    for line in manifest_of(_of_validation_job(job, alice, standin))["frames"]:
        assert line["differs"] == ["recompressed", "video_frame"]
        assert line["path"].endswith(".png")
        assert line["video"] == "a.mp4"


def test_the_owner_of_the_task_gets_the_uploads(
    task_of_twelve: Task, mine: Connection, standin: StandIn
) -> None:
    job = standin.world.add_ground_truth(task_of_twelve, range(12))
    choices = [services.Choice(task_of_twelve.id, frame, job.id) for frame in range(3)]
    archive = built(services.create_selection(owner=mine.owner, connection=mine, choices=choices))
    assert [line["path"] for line in manifest_of(archive)["frames"]] == [
        "g00.png",
        "g01.png",
        "g02.png",
    ]
    assert not any("differs" in line for line in manifest_of(archive)["frames"])


def test_the_catalogue_of_such_a_job_says_that_it_recompresses(
    task_of_twelve: Task, alice: User, standin: StandIn
) -> None:
    job = standin.world.add_ground_truth(task_of_twelve, range(12))
    job.assignee = standin.world.user("carol")
    catalog = load_catalog(connection=connect(alice, standin, "carol"), job_id=job.id)
    assert [each.recompresses for each in catalog.jobs] == [True]


def _of_validation_job(job: Job, alice: User, standin: StandIn) -> Archive:
    """Built by somebody who may see that job and nothing else of the task."""
    job.assignee = standin.world.user("carol")
    hers = connect(alice, standin, "carol")
    choices = [services.Choice(job.task.id, frame, job.id) for frame in list(job.frames)[:3]]
    return built(services.create_selection(owner=alice, connection=hers, choices=choices))


# --- numbers and videos ---


@pytest.mark.parametrize("video", [False, True])
def test_each_line_has_the_source_number(video: bool, mine: Connection, standin: StandIn) -> None:
    task = standin.world.add_task(
        "Every third",
        owner="demo",
        video=video,
        video_name="b é.mp4",
        count=30,
        pattern="n_{:02d}.png",
        start_frame=5,
        step=3,
        segment_size=3,
        overlap=0,
    )
    archive = built(select(mine, (task.id, [0, 4, 8])))
    lines = manifest_of(archive)["frames"]
    assert [(line["frame"], line["source_frame"]) for line in lines] == [(0, 5), (4, 17), (8, 29)]
    if video:
        assert all(line["video"] == "b é.mp4" for line in lines)
        assert all(line["differs"] == ["video_frame"] for line in lines)
    else:
        assert [line["path"] for line in lines] == ["n_05.png", "n_17.png", "n_29.png"]
        assert not any("video" in line for line in lines)


@pytest.mark.parametrize("account", ["demo", "carol"])
def test_source_numbers_of_many_jobs(account: str, alice: User, standin: StandIn) -> None:
    """Of the meta of the task, and for those who may see its jobs alone of the metas of these."""
    task = standin.world.add_task(
        "Many jobs", owner="demo", count=30, start_frame=2, step=2, segment_size=2
    )
    for job in task.jobs:
        job.assignee = standin.world.user("carol")
    theirs = connect(alice, standin, account)
    lines = manifest_of(built(select(theirs, (task.id, range(1, 14, 2)))))["frames"]
    assert [line["source_frame"] for line in lines] == [2 + 2 * n for n in range(1, 14, 2)]


def test_frames_of_two_videos_say_which_they_are_from(mine: Connection, standin: StandIn) -> None:
    films = [
        standin.world.add_task("F", owner="demo", video=True, video_name=name, count=5)
        for name in ("a.mp4", "b é.mp4")
    ]
    archive = built(select(mine, *((film.id, range(3)) for film in films)))
    lines = manifest_of(archive)["frames"]
    assert [line["video"] for line in lines] == ["a.mp4"] * 3 + ["b é.mp4"] * 3


# --- frames deleted in CVAT ---


def test_a_frame_deleted_after_saving_is_marked(
    mine: Connection, standin: StandIn, client: Client, folders: Folders
) -> None:
    selection = select(mine, (2, range(4)))
    name = standin.world.filename(2, 1)
    standin.world.set_deleted(2, [1])
    archive = built(selection)
    assert archive.status == "ready"
    assert [line.get("deleted", False) for line in manifest_of(archive)["frames"]] == [
        False,
        True,
        False,
        False,
    ]
    client.force_login(mine.owner)
    page = client.get(archive.get_absolute_url()).text
    assert f"1 frame was deleted in CVAT after the selection was saved: 1 ({name}). It is" in page


def test_a_frame_deleted_after_saving_is_left_out_when_asked(
    mine: Connection, standin: StandIn, client: Client
) -> None:
    selection = select(mine, (2, range(4)))
    standin.world.set_deleted(2, [1])
    archive = built(selection, deleted_frames="leave_out")
    assert (archive.status, archive.frames_done, archive.problems_count) == ("ready", 3, 0)
    manifest = manifest_of(archive)
    assert [line["frame"] for line in manifest["frames"]] == [0, 2, 3]
    assert [line["frame"] for line in manifest["left_out"]] == [1]
    assert not standin.requests.matching("type=frame&number=1&")
    client.force_login(mine.owner)
    page = client.get(archive.get_absolute_url()).text
    assert "3 of 4 frames" in page
    assert "It was left out, as asked for" in page


def test_a_selection_of_deleted_frames_alone_is_no_empty_archive(
    mine: Connection, standin: StandIn
) -> None:
    selection = select(mine, (2, [1]))
    standin.world.set_deleted(2, [1])
    archive = built(selection, deleted_frames="leave_out")
    assert archive.status == "failed"
    assert "was deleted in CVAT" in archive.error


# --- ZIPs of several selections in one folder ---


def names_in(archive: Archive) -> list[str]:
    with zipfile.ZipFile(only_path(archive)) as opened:
        return opened.namelist()


def test_zips_of_two_videos_can_be_unpacked_into_one_folder(
    mine: Connection, standin: StandIn, client: Client
) -> None:
    films = [
        standin.world.add_task("F", owner="demo", video=True, video_name=name, count=5)
        for name in ("a.mp4", "b é.mp4")
    ]
    selections = [select(mine, (film.id, range(3))) for film in films]
    client.force_login(mine.owner)
    as_usual = [built(selection) for selection in selections]
    assert names_in(as_usual[0]) == names_in(as_usual[1])
    page = client.get(as_usual[0].get_absolute_url()).text
    assert "unpacked into one folder, they would overwrite each other" in page
    before = client.get(selections[0].get_absolute_url()).text
    assert "ZIPs of several videos can be unpacked into one place" in before

    apart = [built(selection, task_folders=True) for selection in selections]
    assert not set(names_in(apart[0])) & set(names_in(apart[1]))
    assert names_in(apart[0]) == [
        *(f"task_{films[0].id}/frame_{number:06d}.png" for number in range(3)),
        f"manifest_selection_{selections[0].pk}.json",
    ]
    assert "overwrite each other" not in client.get(apart[0].get_absolute_url()).text


# --- what Windows and old programs cannot unpack ---


def test_a_path_too_long_for_windows_is_told_before_and_after(
    mine: Connection, standin: StandIn, client: Client
) -> None:
    long = "/".join(["d" * 100] * 5) + "/" + "x" * 56 + ".jpg"
    task = standin.world.add_task("Long", owner="demo", images=[long, "short.jpg"])
    selection, short = select(mine, (task.id, [0])), select(mine, (task.id, [1]))
    client.force_login(mine.owner)
    words = "565 characters long. Windows has room for about 240"
    assert words in client.get(selection.get_absolute_url()).text
    assert words in client.get(built(selection).get_absolute_url()).text
    assert "Windows has room" not in client.get(short.get_absolute_url()).text
    selection.longest_filename = None  # as rows from before have it
    selection.save()
    assert words in client.get(selection.get_absolute_url()).text


def test_many_files_in_one_zip_are_told_and_can_be_split(
    mine: Connection, standin: StandIn, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remarks_in_words, "MOST_OLD_ENTRIES", 150)
    selection = select(mine, (1, range(20, 100)))
    larger = select(mine, (1, range(20, 100)), (12, None), (13, None), (2, None))
    client.force_login(mine.owner)
    assert "old programs see no more" not in client.get(selection.get_absolute_url()).text
    page = client.get(larger.get_absolute_url()).text
    assert "188 files in one ZIP: old programs see no more than 150." in page
    assert "ZIPs of at most 65,000 files" in page
    whole = built(larger)
    assert "188 files in one ZIP" in client.get(whole.get_absolute_url()).text
    split = built(larger, part_files=100)
    assert split.parts.count() == 2
    assert split.remarks["most_entries"] == 100
    assert len(pictures_of(split)) == 187
    assert "files in one ZIP" not in client.get(split.get_absolute_url()).text
