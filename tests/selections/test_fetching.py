"""Getting the bytes of every kind of task, with whatever rights one has there."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from selections.archives import building
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect
from tests.selections.builds import (
    assert_whole,
    built,
    data_requests,
    manifest_of,
    pictures_of,
    request,
    select,
)

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

# Every task of the samples that has pictures, and what of it (None: all).
TASKS = {
    1: None,
    2: None,
    3: range(93, 103),  # of two jobs and chunks
    4: None,
    5: None,
    6: None,
    7: None,
    8: [0, 1, 2, 3, 999, 1000, 1001, 19_999],
    10: None,
    11: range(13, 23),
    12: None,
    13: None,
    15: None,
}


FILMS = (3, 11)


@pytest.mark.parametrize(
    "task_id",
    [pytest.param(each, marks=pytest.mark.slow if each in FILMS else ()) for each in TASKS],
)
def test_every_kind_of_task(task_id: int, connection: Connection, standin: StandIn) -> None:
    assert_whole(built(select(connection, (task_id, TASKS[task_id]))), standin)


def test_a_few_frames_of_every_task(connection: Connection, standin: StandIn) -> None:
    wanted = [(task_id, [0, 1, 2, 7, 13, 22]) for task_id in (1, 2, 4, 5, 7, 12, 13, 15)]
    archive = built(select(connection, *wanted))
    assert_whole(archive, standin)


def test_a_project(connection: Connection, standin: StandIn) -> None:
    archive = built(select(connection, (12, None), (13, None)))
    assert_whole(archive, standin)
    assert archive.frames_done == 60


def test_without_rights_on_the_task_through_the_job(standin: StandIn, alice: User) -> None:
    connection = connect(alice, standin, "carol")
    archive = built(select(connection, (1, None)))
    assert_whole(archive, standin)
    standin.requests.clear()
    # One at a time as well: the task is asked once, and answers 403.
    assert_whole(built(select(connection, (1, [100, 120, 138]))), standin)
    refused = [seen for seen in data_requests(standin) if seen.status == 403]
    assert 1 <= len(refused) <= 4
    answered = [seen for seen in data_requests(standin) if seen.status == 200]
    assert all("/jobs/" in seen.path for seen in answered)
    assert len(answered) == 3


def test_without_a_broker_it_builds(
    connection: Connection, standin: StandIn, settings: object
) -> None:
    archive = request(select(connection, (2, None)))
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    building.build(archive.pk)
    archive.refresh_from_db()
    assert_whole(archive, standin)


def test_compressed(connection: Connection, standin: StandIn) -> None:
    archive = built(select(connection, (4, None)), quality="compressed")
    assert archive.status == "ready"
    task = standin.world.tasks[4]
    for (_, frame), content in pictures_of(archive).items():
        assert content == standin.world.chunks.frame(task, frame, "compressed").body
    paths = [row["path"] for row in manifest_of(archive)["frames"]]
    assert all(path.endswith(".jpg") for path in paths)
    assert paths[:2] == ["a scan.jpg", "b.jpg"]
