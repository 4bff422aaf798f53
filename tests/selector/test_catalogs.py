"""Catalogues: compact, right to the last name, kept for a moment and never believed blindly."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as RedisConnectionError

from cvat.exceptions import CvatForbidden, CvatUnauthorized
from cvat.types import Frame, FrameCatalog, Job
from selector import catalog_document
from selector.cvat_requests import cvat_client
from selector.models import Connection
from selector.services import catalogs, thumbnails
from standin.server import StandIn
from tests.conftest import connect

TASKS = [1, 2, 3, 4, 5, 6, 7, 11, 15]


def decoded(document: dict[str, Any]) -> list[Frame]:
    """By the rule that the API documents, and by nothing of the product's."""
    columns = document["frames"]

    def runs(name: str, width: int) -> list[list[int]]:
        flat = columns[name]
        return [flat[at : at + width] for at in range(0, len(flat), width)]

    jobs = [document["jobs"][at]["id"] for at, count in runs("job", 2) for _ in range(count)]
    numbers = [first + n for first, count in runs("number", 2) for n in range(count)]
    sizes = [(w, h) for w, h, count in runs("size", 3) for _ in range(count)]
    names = columns["name"]
    rest = names["rest"] or [""] * len(numbers)
    assert len(jobs) == len(numbers) == len(sizes) == len(rest)
    for job in document["jobs"]:
        held = [
            number
            for at, number in enumerate(numbers)
            if job["start"] <= number <= job["stop"]
            and (not job["recompresses"] or jobs[at] == job["id"])
        ]
        assert job["frames_count"] == len(held)
    return [
        Frame(document["task"]["id"], jobs[at], number, names["prefix"] + part + names["suffix"],
              *sizes[at])
        for at, (number, part) in enumerate(zip(numbers, rest, strict=True))
    ]  # fmt: skip


def document_of(connection: Connection, **what: int) -> dict[str, Any]:
    packed = catalogs.load_packed(connection=connection, **what)
    return json.loads(gzip.decompress(packed.body))


def meta_requests(standin: StandIn) -> int:
    return len(standin.requests.matching("/data/meta$"))


# --- what is in it -----------------------------------------------------------------------------


@pytest.mark.parametrize("task_id", TASKS)
def test_task(connection: Connection, standin: StandIn, task_id: int) -> None:
    with cvat_client(connection) as client:
        expected = client.frame_catalog(task_id)
    document = document_of(connection, task_id=task_id)
    assert tuple(decoded(document)) == expected.frames
    assert (document["deleted"], document["honeypots"]) == (
        expected.deleted_count,
        expected.honeypot_count,
    )
    for _ in range(2):  # read, and kept
        found = catalogs.load_catalog(connection=connection, task_id=task_id)
        assert found == expected


@pytest.mark.parametrize("task_id", [1, 3, 5, 6, 7])
def test_jobs(connection: Connection, standin: StandIn, task_id: int) -> None:
    for job in standin.world.tasks[task_id].jobs:
        with cvat_client(connection) as client:
            expected = client.frame_catalog(job_id=job.id)
        document = document_of(connection, job_id=job.id)
        assert tuple(decoded(document)) == expected.frames
        assert catalogs.load_catalog(connection=connection, job_id=job.id) == expected


def test_what_the_page_needs(connection: Connection, standin: StandIn) -> None:
    document = document_of(connection, task_id=12)
    url = f"{standin.url}/tasks/12"
    project = standin.world.tasks[12].project
    assert document["task"] == {
        "id": 12,
        "name": "Crossing, day",
        "mode": "annotation",
        "project_id": project.id if project else None,
        "cvat_url": url,
        "start_frame": 0,
        "step": 1,
        "video": "",
    }
    first = standin.world.tasks[12].jobs[0]
    assert document["jobs"][0] == {
        "id": first.id,
        "start": 0,
        "stop": 14,
        "stage": "annotation",
        "state": "new",
        "assignee": "",
        "type": "annotation",
        "chunk_size": 72,
        "frames_count": 15,
        "recompresses": False,
        "cvat_url": f"{url}/jobs/{first.id}",
    }
    assert document["version"]
    assert document["through_jobs"] is False


def test_through_jobs(bob: User, standin: StandIn) -> None:
    carol = connect(bob, standin, "carol")
    document = document_of(carol, task_id=1)
    own = standin.world.tasks[1].jobs[2]
    assert document["through_jobs"] is True
    assert [job["id"] for job in document["jobs"]] == [own.id]
    assert {frame.frame for frame in decoded(document)} == set(own.frames) - {104}


JOBS = [Job(n, 9, "annotation", 0, 9, 10, "", "", "", "", "2d", 5, "", "") for n in (31, 32, 33)]
FRAMES = st.lists(
    st.builds(
        Frame,
        st.just(9),
        st.sampled_from([31, 32, 33]),
        st.integers(0, 500),
        st.text(max_size=8) | st.sampled_from(["a/1.jpg", "a/2.jpg", "a/12.jpg", "é\ud800.png"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=40,
    unique_by=lambda frame: frame.frame,
)


@pytest.mark.slow
@given(FRAMES)
def test_any_frames(frames: list[Frame]) -> None:
    in_order = tuple(sorted(frames, key=lambda frame: frame.frame))
    catalog = FrameCatalog(9, "t", "", tuple(JOBS), in_order, 0, 0, False)
    document = json.loads(json.dumps(catalog_document.document(catalog, "http://cvat.example.com")))
    assert tuple(decoded(document)) == in_order
    assert catalog_document.frames_of(document) == in_order


def large(name: str, jobs: int = 100) -> FrameCatalog:
    frames = tuple(
        Frame(9, 100 + number // 1000, number, name.format(number, number * 2654435761 % 2**32),
              1920, 1080)
        for number in range(jobs * 1000)
        if number % 997
    )  # fmt: skip
    made = tuple(
        replace(JOBS[0], id=100 + at, start_frame=1000 * at, stop_frame=1000 * at + 999)
        for at in range(jobs)
    )
    return FrameCatalog(9, "Large", "annotation", made, frames, 101, 0, False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("frame_{:06d}.jpg", 300_000),
        ("camera_front/2026-11-01/session_4/frame_{:06d}_left.jpg", 300_000),
        ("cam/{1:x}-{0}.png", 1_000_000),  # nothing in common
    ],
)
def test_hundred_thousand_frames_are_small(name: str, most: int) -> None:
    catalog = large(name)
    text = json.dumps(catalog_document.document(catalog, "http://cvat.example.com")).encode()
    assert len(gzip.compress(text, catalogs.GZIP_LEVEL)) < most
    assert catalog_document.frames_of(json.loads(text)) == catalog.frames


# --- kept, and asked about ---------------------------------------------------------------------


def test_meta_is_read_once(connection: Connection, standin: StandIn) -> None:
    document_of(connection, task_id=1)
    standin.requests.clear()
    first = catalogs.load_catalog(connection=connection, task_id=1)
    assert catalogs.load_catalog(connection=connection, task_id=1).frames == first.frames
    # Whether the task is open and unchanged, and nothing else.
    assert [seen.path for seen in standin.requests] == ["/api/tasks/1"] * 2


def test_a_deletion_is_seen_at_once(connection: Connection, standin: StandIn) -> None:
    assert len(decoded(document_of(connection, task_id=1))) == 227
    standin.world.set_deleted(1, [0, 1])
    found = catalogs.load_catalog(connection=connection, task_id=1)
    assert [frame.frame for frame in found.frames[:2]] == [2, 3]
    assert len(decoded(document_of(connection, task_id=1))) == 228
    standin.world.set_deleted(1, [])
    own = standin.world.tasks[1].jobs[0]
    assert len(catalogs.load_catalog(connection=connection, job_id=own.id).frames) == 50


def test_a_revoked_token_is_noticed_at_once(connection: Connection, standin: StandIn) -> None:
    document_of(connection, task_id=1)
    for token in standin.world.access_tokens.values():
        token.revoked = True
    with pytest.raises(CvatUnauthorized):
        catalogs.load_catalog(connection=connection, task_id=1)
    assert Connection.objects.get().needs_reconnect


def test_a_lost_right_is_noticed_at_once(
    bob: User, connection: Connection, standin: StandIn
) -> None:
    """alice is assignee of task 2, then of nothing in it."""
    own = connect(bob, standin, "alice")
    assert len(catalogs.load_catalog(connection=own, task_id=2).frames) == 47
    standin.world.tasks[2].assignee = None
    with pytest.raises(CvatForbidden):
        catalogs.load_catalog(connection=own, task_id=2)


def test_what_is_kept_is_nobody_elses(
    alice: User, bob: User, connection: Connection, standin: StandIn
) -> None:
    carol = connect(bob, standin, "carol")
    assert len(catalogs.load_catalog(connection=connection, task_id=1).frames) == 227
    assert len(catalogs.load_catalog(connection=carol, task_id=1).frames) == 49
    with pytest.raises(CvatForbidden):
        catalogs.load_catalog(connection=carol, task_id=2)
    # The same person, another account: nothing of what demo was shown is left.
    again = connect(alice, standin, "carol")
    assert len(catalogs.load_catalog(connection=again, task_id=1).frames) == 49


def test_through_jobs_nothing_is_kept(bob: User, standin: StandIn) -> None:
    carol = connect(bob, standin, "carol")
    for _ in range(2):
        document_of(carol, task_id=1)
    assert meta_requests(standin) == 2


def test_pictures_need_no_further_question(connection: Connection, standin: StandIn) -> None:
    """What the catalogue has shown may be seen: the first picture costs one request."""
    document_of(connection, task_id=1)
    standin.requests.clear()
    for job in standin.world.tasks[1].jobs:
        thumbnails.open_pack(
            thumbnails.find_chunk(connection=connection, job_id=job.id, number=0)
        ).file.close()
    assert {seen.query.get("type") for seen in standin.requests} == {"chunk"}
    assert len(standin.requests) == 5


def test_odd_names(connection: Connection, standin: StandIn) -> None:
    names = ["\x00.jpg", "\x7f.jpg", "ä.jpg", "日本.jpg", "\u2028.jpg"]
    task = standin.world.add_task("odd", owner="demo", images=names)
    expected = [
        frame.filename
        for frame in catalogs.load_catalog(connection=connection, task_id=task.id).frames
    ]
    assert [
        frame.filename for frame in decoded(document_of(connection, task_id=task.id))
    ] == expected


def test_without_the_cache(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise RedisConnectionError

    monkeypatch.setattr(cache, "get", down)
    monkeypatch.setattr(cache, "set_many", down)
    for _ in range(2):
        assert len(catalogs.load_catalog(connection=connection, task_id=1).frames) == 227
    assert meta_requests(standin) == 2


def test_a_ground_truth_job_that_is_left_out_is_named(
    connection: Connection, standin: StandIn
) -> None:
    judged = next(job for job in standin.world.tasks[5].jobs if job.type == "ground_truth")
    document = document_of(connection, task_id=5)
    assert document["other_jobs"] == [{"id": judged.id, "type": "ground_truth"}]
    assert document_of(connection, task_id=1)["other_jobs"] == []
