"""A task that several people open: its meta is read once, and CVAT judges each of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from cvat.client import CvatClient
from cvat.exceptions import CvatBroken, CvatForbidden, CvatNotFound, CvatUnauthorized
from cvat.types import Job
from portal.caching import redis_client
from selector.models import Connection
from selector.services import catalogs, thumbnails
from selector.services.catalogs import PackedCatalog
from standin.samples import sample_world
from standin.server import StandIn
from tests.conftest import connect, eventually

SHARED = 2  # demo owns it, alice is its assignee
Opening = Future[PackedCatalog]
META = f"/api/tasks/{SHARED}/data/meta$"


@pytest.fixture
def assignee(bob: User, standin: StandIn) -> Connection:
    """bob's, with the account alice."""
    return connect(bob, standin, "alice")


def opened(connection: Connection, task_id: int = SHARED) -> PackedCatalog:
    return catalogs.load_packed(connection=connection, task_id=task_id)


def numbers(connection: Connection, task_id: int = SHARED) -> list[int]:
    return [frame.frame for frame in opened(connection, task_id).catalog().frames]


def test_the_next_person_costs_two_cheap_requests(
    connection: Connection, assignee: Connection, standin: StandIn
) -> None:
    first = opened(connection)
    standin.requests.clear()
    assert opened(assignee) == first
    assert [seen.path for seen in standin.requests] == [f"/api/tasks/{SHARED}", "/api/jobs"]
    own = f"Bearer {assignee.credential}"
    assert {seen.headers["Authorization"] for seen in standin.requests} == {own}
    standin.requests.clear()
    assert opened(assignee) == first
    assert [seen.path for seen in standin.requests] == [f"/api/tasks/{SHARED}"]


def test_a_minute_later_only_the_jobs_are_listed_anew(
    connection: Connection, standin: StandIn
) -> None:
    first = opened(connection)
    assert expire_after(catalogs.JOBS_SECONDS) == 1
    standin.requests.clear()
    assert opened(connection) == first
    assert [seen.path for seen in standin.requests] == [f"/api/tasks/{SHARED}", "/api/jobs"]


def expire_after(seconds: int) -> int:
    """Remove the answers of CVAT that are cached for at most so long; how many they were."""
    redis = redis_client()
    due = [key for key in redis.scan_iter(cache.make_key("cvat:*")) if redis.ttl(key) <= seconds]
    return redis.delete(*due) if due else 0


def test_pictures_need_no_further_question(
    connection: Connection, assignee: Connection, standin: StandIn
) -> None:
    opened(connection)
    opened(assignee)
    standin.requests.clear()
    job = standin.world.tasks[SHARED].jobs[0]
    thumbnails.open_pack(
        thumbnails.find_chunk(connection=assignee, job_id=job.id, number=0)
    ).file.close()
    assert [seen.query.get("type") for seen in standin.requests] == ["chunk"]


# --- CVAT is the judge -------------------------------------------------------------------------


def test_a_stranger_is_refused(connection: Connection, bob: User, standin: StandIn) -> None:
    opened(connection)
    with pytest.raises(CvatForbidden):
        opened(connect(bob, standin, "carol"))


def test_a_deleted_task_is_gone_for_everybody(
    connection: Connection, assignee: Connection, standin: StandIn
) -> None:
    opened(connection)
    standin.world.remove_task(standin.world.tasks[SHARED])
    for each in (connection, assignee):
        with pytest.raises(CvatNotFound):
            opened(each)


def test_who_lost_the_task_is_refused(
    connection: Connection, assignee: Connection, standin: StandIn
) -> None:
    opened(connection)
    opened(assignee)
    standin.world.tasks[SHARED].assignee = None
    opened(connection)  # as the task is now
    with pytest.raises(CvatForbidden):
        opened(assignee)


def test_whose_token_is_revoked_is_refused(
    connection: Connection, assignee: Connection, standin: StandIn
) -> None:
    opened(connection)
    for token in standin.world.access_tokens.values():
        token.revoked = token.owner.username == "alice"
    with pytest.raises(CvatUnauthorized):
        opened(assignee)
    opened(connection)


def test_who_was_left_a_job_sees_that_job(
    connection: Connection, assignee: Connection, standin: StandIn
) -> None:
    opened(connection)
    task = standin.world.tasks[SHARED]
    task.assignee, task.jobs[0].assignee = None, standin.world.user("alice")
    opened(connection)
    own = opened(assignee)
    assert own.shell.through_jobs
    assert [job.id for job in own.shell.jobs] == [task.jobs[0].id]


def test_who_is_shown_fewer_jobs_gets_their_frames(
    connection: Connection, assignee: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = opened(connection)
    jobs = CvatClient.jobs

    def first(client: CvatClient, task_id: int) -> list[Job]:
        return jobs(client, task_id)[:1]

    with monkeypatch.context() as patched:
        patched.setattr(CvatClient, "jobs", first)
        part = opened(assignee)
    assert [job.id for job in part.shell.jobs] == [whole.shell.jobs[0].id]
    assert len(whole.shell.jobs) > 1
    assert opened(connection) == whole
    assert opened(assignee) == whole


@contextmanager
def two_opening(
    connection: Connection, assignee: Connection, standin: StandIn, asleep: set[int]
) -> Iterator[tuple[Opening, Opening]]:
    """The first one is held while CVAT answers, the second one waits for it, until the block ends.
    Both are done afterwards."""
    with ThreadPoolExecutor(2) as pool:
        hold = standin.faults.hold(META)
        try:
            reading = pool.submit(opened, connection)
            assert hold.wait_for_request()
            waiting = pool.submit(opened, assignee)
            eventually(lambda: len(asleep) == 1)
            yield reading, waiting
        finally:
            hold.release()


def test_closed_to_one_who_waits_for_the_answer_to_another(
    connection: Connection, assignee: Connection, standin: StandIn, asleep: set[int]
) -> None:
    with two_opening(connection, assignee, standin, asleep) as (reading, waiting):
        standin.world.tasks[SHARED].assignee = None
    reading.result()
    with pytest.raises(CvatForbidden):
        waiting.result()


# --- never older than CVAT's task --------------------------------------------------------------


def test_at_the_same_moment_meta_is_read_once(
    connection: Connection, assignee: Connection, standin: StandIn, asleep: set[int]
) -> None:
    with two_opening(connection, assignee, standin, asleep) as (reading, waiting):
        pass
    assert reading.result() == waiting.result()
    assert len(standin.requests.matching(META)) == 1


def test_those_who_waited_are_told_a_failure_at_once(
    connection: Connection, assignee: Connection, standin: StandIn, asleep: set[int]
) -> None:
    with two_opening(connection, assignee, standin, asleep) as (reading, waiting):
        standin.faults.fail(META, status=500)
    for each in (reading, waiting):
        with pytest.raises(CvatBroken):
            each.result()
    assert len(standin.requests.matching(META)) == 1


def test_a_deletion_is_seen_by_the_next_person(
    connection: Connection, assignee: Connection, standin: StandIn
) -> None:
    before = numbers(connection)
    standin.world.set_deleted(SHARED, [before[0]])
    assert numbers(assignee)[0] == before[1]
    standin.world.set_deleted(SHARED, [])
    assert before[0] in numbers(connection)


def test_honeypots_drawn_again_are_seen_by_the_next_person(
    connection: Connection, bob: User, standin: StandIn
) -> None:
    pooled = standin.world.tasks[6]
    pooled.assignee = standin.world.user("alice")
    before = opened(connection, 6).shell.chunks_updated_date
    copy, real = next(iter(pooled.honeypots.items()))
    pool = next(job for job in pooled.jobs if job.type == "ground_truth")
    standin.world.redraw_honeypots(6, {copy: next(n for n in pool.frames if n != real)})
    assert opened(connect(bob, standin, "alice"), 6).shell.chunks_updated_date > before


def test_the_state_of_a_job_is_that_of_the_next_persons_own_answer(
    connection: Connection, assignee: Connection, standin: StandIn
) -> None:
    assert opened(connection).shell.jobs[0].state == "new"
    standin.world.tasks[SHARED].jobs[0].state = "completed"
    assert opened(assignee).shell.jobs[0].state == "completed"


def test_another_server_is_another_task(
    connection: Connection, bob: User, standin: StandIn, settings: object
) -> None:
    """Two servers may number their tasks alike, with the same dates."""
    opened(connection)
    with StandIn(sample_world()) as other:
        settings.CVAT_ALLOWED_URLS = [standin.url, other.url]  # type: ignore[attr-defined]
        opened(connect(bob, other))
        assert len(other.requests.matching(META)) == 1
