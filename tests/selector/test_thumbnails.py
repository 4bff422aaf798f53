"""Packs: what is in them, made once, kept within bounds, shown to nobody else."""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from PIL import Image

from selector import access, single_flight, thumbnails
from selector.asking import answer_key
from selector.cvat.exceptions import CvatBroken, CvatForbidden, CvatNoData, CvatUnreachable
from selector.exceptions import Busy, NotFound
from selector.models import Connection
from selector.thumbnails import drawing, store
from standin.pictures import encode, numbered, read_bars
from standin.server import StandIn
from tests.conftest import BASE_DIR, connect, eventually

HD = (640, 360)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.THUMBNAILS_DIR = tmp_path / "thumbnails"
    return settings.THUMBNAILS_DIR


def pack_of(connection: Connection, job_id: int, chunk: int = 0) -> dict[int, Any]:
    """Task frame -> its picture, or the word for what is wrong with it."""
    found = thumbnails.find(connection, access.job_access(connection, job_id), chunk)
    with thumbnails.open_pack(found) as pack:
        body = pack.read()
    return read_pack(body)


def read_pack(body: bytes) -> dict[int, Any]:
    (length,) = struct.unpack(">I", body[:4])
    header, contents = json.loads(body[4 : 4 + length]), body[4 + length :]
    assert sum(entry["length"] for entry in header["frames"]) == len(contents)
    found: dict[int, Any] = {}
    for entry in header["frames"]:
        content = contents[entry["offset"] : entry["offset"] + entry["length"]]
        found[entry["frame"]] = entry["status"]
        if entry["status"] == "ok":
            image = Image.open(io.BytesIO(content))
            assert image.format == "JPEG"
            assert image.size == (entry["width"], entry["height"])
            found[entry["frame"]] = image
        else:
            assert content == b""
    return found


def numbers(pack: dict[int, Any]) -> dict[int, int]:
    """Task frame -> the number that its picture shows."""
    return {frame: read_bars(image) for frame, image in pack.items()}


def chunk_requests(standin: StandIn) -> list[Any]:
    return [seen for seen in standin.requests if seen.query.get("type") == "chunk"]


# --- what is in a pack -------------------------------------------------------------------------


def test_each_picture_is_at_its_place(connection: Connection, standin: StandIn) -> None:
    task = standin.world.tasks[1]
    for job in task.jobs[:2]:  # they overlap by five frames
        for chunk in range(3):
            first = job.start + chunk * 18
            expected = list(range(first, min(first + 18, job.stop + 1)))
            pack = pack_of(connection, job.id, chunk)
            assert numbers(pack) == {frame: frame for frame in expected}
            assert {image.size for image in pack.values()} == {(256, 144)}
    assert len(chunk_requests(standin)) == 6
    assert {seen.query["quality"] for seen in chunk_requests(standin)} == {"compressed"}


def test_small_pictures_are_not_enlarged(connection: Connection, standin: StandIn) -> None:
    pack = pack_of(connection, standin.world.tasks[8].jobs[3].id, 1)
    assert list(pack) == list(range(3072, 3144))
    assert {image.size for image in pack.values()} == {(64, 48)}


def test_start_and_step(connection: Connection, standin: StandIn) -> None:
    """The film shows source numbers: 10, 15, 20 ..."""
    job = standin.world.tasks[11].jobs[1]
    pack = pack_of(connection, job.id, 0)
    assert numbers(pack) == {frame: 10 + 5 * frame for frame in range(15, 25)}


def test_video(connection: Connection, standin: StandIn) -> None:
    job = standin.world.tasks[3].jobs[1]
    pack = pack_of(connection, job.id, 2)
    assert numbers(pack) == {frame: frame for frame in range(167, 195)}
    assert pack[170].size == (256, 144)
    assert len(chunk_requests(standin)) == 1


def test_video_cut_into_pictures(connection: Connection, standin: StandIn) -> None:
    task = standin.world.add_task(
        "zip chunks", owner="demo", video=True, count=20, size=HD, use_zip_chunks=True
    )
    assert numbers(pack_of(connection, task.jobs[0].id)) == {n: n for n in range(20)}


def test_a_film_that_ends_early(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = standin.world.tasks[3].jobs[0]
    film = standin.world.chunks.job_chunk(job, 0, "compressed").body
    six = list(drawing.film(io.BytesIO(film)))[:6]
    assert len(six) == 6
    monkeypatch.setattr("selector.thumbnails.making.film", lambda _: iter(six))
    pack = pack_of(connection, job.id)
    assert numbers({n: pack[n] for n in range(6)}) == {n: n for n in range(6)}
    assert {pack[n] for n in range(6, 36)} == {"missing"}


def test_mixed_formats(connection: Connection, standin: StandIn) -> None:
    shown: dict[int, int] = {}
    for job in standin.world.tasks[4].jobs:
        for chunk in range(-(-12 // 5)):
            shown |= numbers(pack_of(connection, job.id, chunk))
    assert shown == {n: n for n in range(24)}


def test_deleted_frames_are_there(connection: Connection, standin: StandIn) -> None:
    """CVAT serves them, and whoever restores one wants to see it."""
    assert numbers(pack_of(connection, standin.world.tasks[1].jobs[0].id))[17] == 17


def test_list_of_ground_truth(connection: Connection, standin: StandIn) -> None:
    job = standin.world.tasks[5].jobs[-1]
    assert job.type == "ground_truth"
    assert numbers(pack_of(connection, job.id, 0)) == {3: 3}
    assert numbers(pack_of(connection, job.id, 1)) == {8: 8}
    assert numbers(pack_of(connection, job.id, 7)) == {59: 59}
    assert pack_of(connection, job.id, 3) == {}


def test_honeypots_and_their_pool(connection: Connection, standin: StandIn) -> None:
    task = standin.world.tasks[6]
    for job in (task.jobs[0], task.jobs[-1]):
        pack = pack_of(connection, job.id, 0)
        assert numbers(pack) == {frame: task.order[frame] for frame in pack}


def test_replicas(connection: Connection, standin: StandIn) -> None:
    job = next(j for j in standin.world.tasks[7].jobs if j.type == "consensus_replica")
    assert numbers(pack_of(connection, job.id)) == {n: n for n in range(12)}


@pytest.mark.parametrize("chunk", [3, 99, 2**31 - 1])
def test_no_such_chunk(connection: Connection, standin: StandIn, chunk: int) -> None:
    with pytest.raises(NotFound, match="no chunk"):
        pack_of(connection, standin.world.tasks[1].jobs[0].id, chunk)
    assert chunk_requests(standin) == []


def test_point_clouds_have_no_pictures(connection: Connection, standin: StandIn) -> None:
    with pytest.raises(CvatNoData, match="no pictures"):
        pack_of(connection, standin.world.tasks[14].jobs[0].id)


# --- what cannot be drawn ----------------------------------------------------------------------


def with_one_bad(standin: StandIn, content: bytes, name: str = "bad.jpg") -> int:
    """The job of a task whose second picture is this."""
    files = {f"{n}.jpg": encode(numbered(n, HD), "jpg") for n in range(4)}
    given = dict([*list(files.items())[:1], (name, content), *list(files.items())[2:]])
    return standin.world.add_task("one is bad", owner="demo", images=given).jobs[0].id


@pytest.mark.parametrize(
    "content",
    [
        b"no picture at all",
        b"\xff\xd8\xff\xe0 and no more",
        b"<svg onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
    ],
)
def test_a_broken_one_is_marked(connection: Connection, standin: StandIn, content: bytes) -> None:
    """CVAT fails on the compressed chunk (500); the original one has the other three."""
    pack = pack_of(connection, with_one_bad(standin, content))
    assert pack.pop(1) == "broken"
    assert numbers(pack) == {0: 0, 2: 2, 3: 3}


def test_one_by_one_where_no_chunk_can_be_had(connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("type=chunk", status=500)
    standin.faults.fail("type=frame&number=2", status=500)
    job = standin.world.tasks[2].jobs[0]
    pack = pack_of(connection, job.id)
    assert pack.pop(2) == "broken"
    assert numbers(pack) == {n: n for n in (0, 1, 3, 4, 5, 6, 7)}


def test_a_member_too_few(connection: Connection, standin: StandIn) -> None:
    job = standin.world.tasks[1].jobs[0]
    short = standin.world.chunks.job_chunk(job, 2, "compressed").body
    rule = standin.faults.fail("type=chunk", status=200, body=short)
    rule.answer.content_type = "application/zip"
    pack = pack_of(connection, job.id)
    assert [frame for frame, image in pack.items() if image == "missing"] == [14, 15, 16, 17]


def test_a_zip_that_is_none(connection: Connection, standin: StandIn) -> None:
    """As from a proxy that says 200: then the frames, one by one."""
    rule = standin.faults.fail("type=chunk", status=200, body=b"something else")
    rule.answer.content_type = "application/zip"
    assert len(numbers(pack_of(connection, standin.world.tasks[2].jobs[0].id))) == 8


def picture(mode: str, suffix: str, **options: Any) -> io.BytesIO:
    image = numbered(77, HD).convert("L")
    if mode.startswith("I"):
        image = image.point(lambda level: level * 100 + 5000, "I").convert(mode)
    elif mode == "RGBA":
        image = image.convert("RGBA")
        image.putalpha(120)
    else:
        image = image.convert(mode)
    out = io.BytesIO()
    image.save(out, suffix, **options)
    out.seek(0)
    return out


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *(("I;16", "PNG"), ("I;16", "TIFF"), ("I", "TIFF"), ("F", "TIFF")),
        *(("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("P", "GIF"), ("1", "PNG"), ("L", "JPEG")),
        *(("CMYK", "JPEG"), ("CMYK", "TIFF"), ("RGBA", "WEBP"), ("RGB", "BMP"), ("L", "PNG")),
    ],
)
def test_every_kind_of_pixels(mode: str, suffix: str) -> None:
    drawn = drawing.thumbnail(picture(mode, suffix))
    assert (drawn.width, drawn.height) == (256, 144)
    assert read_bars(Image.open(io.BytesIO(drawn.content))) == 77


@pytest.mark.parametrize("suffix", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_turned_by_exif(suffix: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = numbered(77, HD).transpose(Image.Transpose.ROTATE_90)
    out = io.BytesIO()
    turned.save(out, suffix, exif=exif)
    out.seek(0)
    drawn = drawing.thumbnail(out)
    image = Image.open(io.BytesIO(drawn.content))
    assert image.size == (256, 144)
    assert read_bars(image) == 77
    assert not image.getexif()


def test_extreme_sides() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4000, 2)).save(out, "PNG")
    assert drawing.thumbnail(io.BytesIO(out.getvalue())).height == 1


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MAX_PIXELS", 640 * 360 - 1)
    with pytest.raises(drawing.Undrawable, match="640 x 360"):
        drawing.thumbnail(picture("L", "PNG"))
    huge = b"P5 60000 60000 255 "
    with pytest.raises(drawing.Undrawable):
        drawing.thumbnail(io.BytesIO(huge))


def test_a_playlist_is_no_film(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    playlist = f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n".encode()
    with pytest.raises(drawing.Undrawable):
        list(drawing.film(io.BytesIO(playlist)))


# --- made once ---------------------------------------------------------------------------------


def test_many_threads_one_request(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[1].id
    seen = access.job_access(connection, job_id)
    hold = standin.faults.hold("type=chunk")
    with ThreadPoolExecutor(12) as pool:
        asked = [
            pool.submit(lambda: thumbnails.open_pack(thumbnails.find(connection, seen, 0)).read())
            for _ in range(12)
        ]
        assert hold.wait_for_request()
        hold.release()
        bodies = {one.result() for one in asked}
    assert len(bodies) == 1
    assert len(read_pack(bodies.pop())) == 18
    assert len(chunk_requests(standin)) == 1


SCRIPT = """
import sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
settings.THUMBNAILS_DIR = Path(sys.argv[1])
from selector import access, thumbnails
from selector.cvat.types import Job
from selector.models import Connection
url, token, job_id = sys.argv[2:5]
connection = Connection(pk=int(sys.argv[5]), url=url, credential=token,
                        credential_kind="access_token")
seen = access.job_access(connection, int(job_id))
print("asks", flush=True)
with thumbnails.open_pack(thumbnails.find(connection, seen, 0)) as pack:
    print(len(pack.read()), flush=True)
"""


def process(folder: Path, connection: Connection, job_id: int) -> subprocess.Popen[bytes]:
    things = (folder, connection.url, connection.credential, job_id, connection.pk)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *map(str, things)],
        cwd=BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
    )


def test_many_processes_one_request(connection: Connection, standin: StandIn, folder: Path) -> None:
    hold = standin.faults.hold("type=chunk")
    job_id = standin.world.tasks[1].jobs[1].id
    started = [process(folder, connection, job_id) for _ in range(4)]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == b"asks\n"
    assert hold.wait_for_request()
    hold.release()
    lengths = {one.communicate(timeout=60)[0] for one in started}
    assert len(lengths) == 1
    assert int(lengths.pop()) > 1000
    assert len(chunk_requests(standin)) == 1
    # Eight questions whether they may at most, two of them needed.
    assert len(standin.requests.matching(f"/api/jobs/{job_id}$")) == 1


def test_a_maker_that_is_killed(connection: Connection, standin: StandIn, folder: Path) -> None:
    hold = standin.faults.hold("type=chunk")
    job_id = standin.world.tasks[1].jobs[1].id
    maker = process(folder, connection, job_id)
    assert hold.wait_for_request(30)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(pack_of, connection, job_id)
        os.kill(maker.pid, signal.SIGKILL)
        maker.communicate(timeout=20)
        eventually(lambda: len(chunk_requests(standin)) == 2, seconds=10)
        hold.release()
        assert len(waiting.result(30)) == 18


def test_waiting_has_an_end(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        single_flight.one_at_a_time("x"),
        pytest.raises(Busy),
        single_flight.one_at_a_time("x", patience=0.05),
    ):
        pass


def test_so_many_requests_to_cvat(
    connection: Connection, standin: StandIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THUMBNAILS_CVAT_REQUESTS = 3
    job_id = standin.world.tasks[8].jobs[0].id
    access.job_access(connection, job_id)
    hold = standin.faults.hold("type=chunk")
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(pack_of, connection, job_id, chunk) for chunk in range(8)]
        eventually(lambda: hold.waiting == 3)
        time.sleep(0.2)
        assert len(chunk_requests(standin)) == 3
        hold.release()
        assert sum(len(one.result()) for one in asked) == 8 * 72


def test_busy_when_turns_do_not_come(
    connection: Connection, standin: StandIn, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THUMBNAILS_CVAT_REQUESTS = 1
    monkeypatch.setattr("selector.thumbnails.making.PATIENCE", 0.05)
    job_id = standin.world.tasks[8].jobs[0].id
    hold = standin.faults.hold("type=chunk")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(pack_of, connection, job_id, 0)
        assert hold.wait_for_request()
        with pytest.raises(Busy):
            pack_of(connection, job_id, 1)
        hold.release()
        slow.result()
    assert len(pack_of(connection, job_id, 1)) == 72


def test_failures_are_not_repeated_by_everybody(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[1].id
    access.job_access(connection, job_id)
    standin.faults.fail("type=chunk", status=502)
    standin.requests.clear()
    for _ in range(5):
        with pytest.raises(CvatBroken, match="down or restarting"):
            pack_of(connection, job_id)
    assert len(chunk_requests(standin)) == 3  # one question, asked three times


def test_cvat_down(connection: Connection, standin: StandIn) -> None:
    standin.faults.down()
    with pytest.raises(CvatUnreachable):
        pack_of(connection, standin.world.tasks[1].jobs[0].id)


# --- on disk -----------------------------------------------------------------------------------


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("??/*"))


def test_read_from_disk_afterwards(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    first = pack_of(connection, job_id)
    standin.requests.clear()
    assert list(pack_of(connection, job_id)) == list(first)
    assert len(standin.requests) == 0


def test_redrawn_pictures_are_not_stale(connection: Connection, standin: StandIn) -> None:
    task = standin.world.tasks[6]
    job = task.jobs[0]
    honeypot = next(frame for frame in task.honeypots if frame <= 7)
    before = numbers(pack_of(connection, job.id))[honeypot]
    other = next(
        frame
        for frame in range(task.jobs[-1].start, task.size)
        if task.order[frame] != task.order[honeypot]
    )
    standin.world.redraw_honeypots(task.id, {honeypot: other})
    cache.delete(answer_key(connection, "job", job.id))  # two minutes later
    after = numbers(pack_of(connection, job.id))[honeypot]
    assert after == task.order[other] != before


@pytest.mark.parametrize("damage", [b"", b"\0\0", b"\xff\xff\xff\xff{}", b"\0\0\0\2[]", None])
def test_damaged_packs_are_made_anew(
    connection: Connection, standin: StandIn, folder: Path, damage: bytes | None
) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    pack_of(connection, job_id)
    [pack] = files(folder)
    pack.write_bytes(pack.read_bytes()[:-1] if damage is None else damage)
    assert len(numbers(pack_of(connection, job_id))) == 18
    assert len(chunk_requests(standin)) == 2


def test_the_bound_is_kept(
    connection: Connection, standin: StandIn, folder: Path, settings: Any
) -> None:
    settings.THUMBNAILS_MAX_BYTES = 400_000
    job = standin.world.tasks[8].jobs[0]
    most = 0
    for chunk in range(14):
        pack_of(connection, job.id, chunk)
        most = max(most, sum(path.stat().st_size for path in files(folder)))
    assert 200_000 < most <= 400_000


def test_the_least_recently_used_go_first(
    connection: Connection, standin: StandIn, folder: Path, settings: Any
) -> None:
    job = standin.world.tasks[8].jobs[0]
    keys = []
    for chunk in range(4):
        found = thumbnails.find(connection, access.job_access(connection, job.id), chunk)
        keys.append(found.key)
        thumbnails.open_pack(found).close()
        then = time.time() - 10_000 + chunk
        os.utime(store.path_of(found.key), (then, then))
    pack_of(connection, job.id, 0)  # used again
    size = store.path_of(keys[0]).stat().st_size
    settings.THUMBNAILS_MAX_BYTES = int(size * 2.5 / store.KEPT_SHARE)
    store.tidy()
    assert [store.path_of(key).exists() for key in keys] == [True, False, False, True]


def test_leftovers_of_killed_writers_go(
    connection: Connection, standin: StandIn, folder: Path
) -> None:
    pack_of(connection, standin.world.tasks[1].jobs[0].id)
    [pack] = files(folder)
    old, new = pack.with_name("old.tmp"), pack.with_name("new.tmp")
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    store.tidy()
    assert (old.exists(), new.exists(), pack.exists()) == (False, True, True)


def test_only_one_tidies(
    folder: Path, connection: Connection, standin: StandIn, settings: Any
) -> None:
    pack_of(connection, standin.world.tasks[1].jobs[0].id)
    settings.THUMBNAILS_MAX_BYTES = 1
    with store._alone() as is_alone:
        assert is_alone
        store.tidy()
        assert len(files(folder)) == 1
    store.tidy()
    assert files(folder) == []


def test_a_pack_larger_than_the_bound_is_shown_all_the_same(
    connection: Connection, standin: StandIn, settings: Any
) -> None:
    settings.THUMBNAILS_MAX_BYTES = 1000
    assert len(pack_of(connection, standin.world.tasks[1].jobs[0].id)) == 18


# --- rights ------------------------------------------------------------------------------------


@pytest.fixture
def carol(bob: User, standin: StandIn) -> Iterator[Connection]:
    """Assignee of the third job of task 1, and nothing else."""
    return connect(bob, standin, "carol")


def test_only_the_own_job(connection: Connection, carol: Connection, standin: StandIn) -> None:
    jobs = standin.world.tasks[1].jobs
    for job in jobs:
        pack_of(connection, job.id)
    assert len(numbers(pack_of(carol, jobs[2].id))) == 18
    for job in (*jobs[:2], *jobs[3:], standin.world.tasks[2].jobs[0]):
        with pytest.raises(CvatForbidden):
            pack_of(carol, job.id)


def test_no_is_remembered_shortly(carol: Connection, standin: StandIn) -> None:
    standin.requests.clear()
    for _ in range(10):
        with pytest.raises(CvatForbidden):
            pack_of(carol, standin.world.tasks[1].jobs[0].id)
    assert len(standin.requests) == 1
    assert single_flight.ERROR_SECONDS <= 10 < access.YES_SECONDS <= 120


def test_rights_are_asked_once(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    for chunk in range(3):
        pack_of(connection, job_id, chunk)
    assert len(standin.requests.matching(f"/api/jobs/{job_id}$")) == 1
    assert len(standin.requests.matching(f"/api/jobs/{job_id}/data/meta$")) == 1


def test_connecting_again_is_asked_anew(
    alice: User, connection: Connection, standin: StandIn
) -> None:
    """As another account: the connection is the same row."""
    job_id = standin.world.tasks[1].jobs[0].id
    pack_of(connection, job_id)
    again = connect(alice, standin, "carol")
    assert again.pk == connection.pk
    with pytest.raises(CvatForbidden):
        pack_of(again, job_id)
