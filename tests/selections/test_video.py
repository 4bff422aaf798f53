"""Frame n of a film is frame n: the pictures carry their numbers in bars that survive H.264."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from portal.exceptions import InvalidInput
from selections.archives import building, video
from selections.archives.concurrency import VIDEO_START
from selections.archives.video import FrameFileType, Undecodable, pictures
from selections.models import Archive
from selector.models import Connection
from standin.chunks import Chunk, numbered_zip
from standin.model import Task
from standin.pictures import read_bars
from standin.server import StandIn
from standin.video import encode_mp4
from tests.conftest import eventually
from tests.selections.builds import (
    Folders,
    built,
    data_requests,
    in_thread,
    killed,
    manifest_of,
    only_path,
    pictures_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("folders", "messages", "hasty")

SIZE = (96, 64)  # the bars survive H.264


def picture(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def assert_numbers(archive: Archive, number: Callable[[int], int] = lambda frame: frame) -> None:
    """Every picture shows the source number of its frame."""
    assert (archive.status, archive.error) == ("ready", "")
    found = pictures_of(archive)
    assert len(found) == archive.frames_total
    for (_, frame), content in found.items():
        assert read_bars(picture(content)) == number(frame)


def film(standin: StandIn, **options: object) -> Task:
    fields = {"owner": "demo", "video": True, "size": SIZE, "count": 90, "chunk_size": 12}
    return standin.world.add_task("film", **{**fields, **options})


def test_a_film_in_jobs_that_overlap(transactional_db: None, connection: Connection) -> None:
    archive = built(select(connection, (3, range(85, 105))))
    assert_numbers(archive)
    paths = [f"frame_{frame:06d}.png" for frame in range(85, 105)]
    assert _paths(archive) == paths


def _paths(archive: Archive) -> list[str]:
    return [row["path"] for row in manifest_of(archive)["frames"]]


def test_the_origin_is_read_while_cvat_makes_the_first_chunks(
    transactional_db: None, connection: Connection, standin: StandIn
) -> None:
    task = film(standin)
    archive = request(select(connection, (task.id, None)))
    hold = standin.faults.hold("type=chunk")
    thread = in_thread(archive)
    eventually(lambda: hold.waiting == VIDEO_START)
    eventually(lambda: standin.requests.matching("/data/meta", "GET"))
    assert len(data_requests(standin)) == VIDEO_START
    hold.release()
    thread.join(timeout=60)
    archive.refresh_from_db()
    assert_numbers(archive)


def test_start_frame_and_step(transactional_db: None, connection: Connection) -> None:
    frames = (0, 1, *range(14, 22), 47, 48)  # of the first two jobs, which overlap, and the last
    assert_numbers(built(select(connection, (11, frames))), lambda frame: 10 + 5 * frame)


@pytest.mark.parametrize("overlap", [0, 5])
@pytest.mark.parametrize(("start", "step"), [(0, 1), (7, 3)])
def test_every_frame_of_short_last_chunks(
    transactional_db: None,
    connection: Connection,
    standin: StandIn,
    overlap: int,
    start: int,
    step: int,
) -> None:
    task = film(standin, segment_size=20, overlap=overlap, start_frame=start, step=step)
    archive = built(select(connection, (task.id, None)))
    assert_numbers(archive, lambda frame: start + step * frame)
    assert {seen.query["type"] for seen in data_requests(standin)} == {"chunk"}


def test_lonely_frames_come_out_of_chunks_too(
    transactional_db: None, connection: Connection, standin: StandIn
) -> None:
    task = film(standin)
    archive = built(select(connection, (task.id, [0, 11, 12, 47, 89])))
    assert_numbers(archive)
    assert len(data_requests(standin)) == 4


def test_pictures_are_what_the_server_would_send(
    transactional_db: None, connection: Connection, standin: StandIn
) -> None:
    task = film(standin)
    for (_, frame), content in pictures_of(built(select(connection, (task.id, None)))).items():
        served = picture(standin.world.original_bytes(task.id, frame))
        assert picture(content).convert("RGB").tobytes() == served.convert("RGB").tobytes()


def test_as_jpeg(transactional_db: None, connection: Connection, standin: StandIn) -> None:
    task = film(standin)
    selection = select(connection, (task.id, [3, 4, 30]))
    sizes = []
    for quality in (95, 20):
        archive = built(selection, video_format="jpeg", video_quality=quality)
        assert_numbers(archive)
        assert _paths(archive)[0] == "frame_000003.jpg"
        found = pictures_of(archive)
        assert {picture(content).format for content in found.values()} == {"JPEG"}
        sizes.append(sum(map(len, found.values())))
    assert sizes[1] < sizes[0]


def test_a_film_cut_as_pictures(
    transactional_db: None, connection: Connection, standin: StandIn
) -> None:
    task = film(standin, use_zip_chunks=True)
    archive = built(select(connection, (task.id, range(5, 30))), quality="compressed")
    assert_numbers(archive)
    assert _paths(archive)[0] == "frame_000005.jpg"
    assert {seen.query["type"] for seen in data_requests(standin)} == {"chunk"}


def test_compressed_films(transactional_db: None, connection: Connection) -> None:
    assert_numbers(built(select(connection, (3, range(95, 130, 3))), quality="compressed"))


def served_as(monkeypatch: pytest.MonkeyPatch, standin: StandIn, chunk: Chunk) -> None:
    monkeypatch.setattr(standin.world.chunks, "job_chunk", lambda *_, **__: chunk)


def short_film(count: int) -> bytes:
    return encode_mp4((Image.new("RGB", SIZE, (number, 0, 0)) for number in range(count)), 18)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"no film at all" * 100, "video/mp4"),
        (b"PK" + bytes(500), "application/zip"),
        (short_film(12)[:-700], "video/mp4"),
        (short_film(5), "video/mp4"),
        (numbered_zip([("jpeg", b"\xff\xd8\xff")] * 3).body, "application/zip"),
        (numbered_zip([]).body, "application/zip"),
    ],
)
def test_instead_of_a_broken_chunk_the_frames(
    transactional_db: None,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes,
    kind: str,
) -> None:
    task = film(standin, count=12)
    # Drawn before: the server takes its frames out of the same chunk.
    assert standin.world.original_bytes(task.id, 0)
    served_as(monkeypatch, standin, Chunk(body, kind))
    archive = built(select(connection, (task.id, [0, 6, 11])))
    assert_numbers(archive)
    for (_, frame), content in pictures_of(archive).items():
        assert content == standin.world.original_bytes(task.id, frame)


def test_the_same_bytes_when_it_is_resumed(
    transactional_db: None,
    connection: Connection,
    standin: StandIn,
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = film(standin)
    undisturbed = built(select(connection, (task.id, None)))
    decode, left = video.pictures, [3]

    def stumbling(*arguments: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            # The threads decode side by side: nothing need be done when the fourth begins.
            eventually(lambda: list(folders.spool.rglob("task*_chunk*.zip")), seconds=60)
            raise MemoryError
        return decode(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(video, "pictures", stumbling)
        archive = killed(request(undisturbed.selection))
    standin.requests.clear()
    building.build(archive.pk)
    archive.refresh_from_db()
    assert_numbers(archive)
    assert 0 < len(data_requests(standin)) < 8
    assert only_path(archive).read_bytes() == only_path(undisturbed).read_bytes()


def test_positions_are_those_of_the_film(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(short_film(12))
    found = dict(pictures(path, [11, 0, 5], FrameFileType()))
    assert list(found) == [0, 5, 11]
    with pytest.raises(Undecodable, match="ends before picture 12"):
        list(pictures(path, [3, 12], FrameFileType()))
    path.write_bytes(b"")
    with pytest.raises(Undecodable):
        list(pictures(path, [3], FrameFileType()))


def test_the_services_know_the_formats(transactional_db: None, connection: Connection) -> None:
    selection = select(connection, (3, [1]))
    with pytest.raises(InvalidInput, match="png, jpeg"):
        request(selection, video_format="gif")
    with pytest.raises(InvalidInput, match="1 to 100"):
        request(selection, video_format="jpeg", video_quality=0)


def test_a_script_that_names_other_files_is_no_film(tmp_path: Path) -> None:
    other, script = tmp_path / "other.mp4", tmp_path / "script.part"
    other.write_bytes(encode_mp4([Image.new("RGB", (32, 24), "red")], 18))
    script.write_text("ffconcat version 1.0\nfile other.mp4\n")
    assert list(video.pictures(other, [0], video.FrameFileType()))
    with pytest.raises(video.Undecodable):
        list(video.pictures(script, [0], video.FrameFileType()))
