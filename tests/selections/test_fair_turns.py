"""What one person may take of the portal, and that others get their turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connections
from rest_framework.test import APIClient

from portal.exceptions import LimitReached, TooManyBuilds
from selections import services
from selections.archives import building
from selections.models import Archive, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import api_of, eventually, finished
from tests.making import connected, make_archive, make_connection, make_selection
from tests.selections.builds import Folders, again, assert_whole, request, select
from tests.selections.workers import own_worker

FRAMES = [{"task_id": 1, "frame": 0}]


def queued(user: User, count: int) -> list[Archive]:
    return [make_archive(user, make_selection(user)) for _ in range(count)]


# --- how many -------------------------------------------------------------------------------------


def test_no_more_builds_than_allowed_wait_and_run(
    alice: User, bob: User, standin: StandIn, settings: object, messages: list[int]
) -> None:
    settings.ARCHIVE_ACTIVE_PER_PERSON = 3
    connected(alice, standin)
    connected(bob, standin)
    api = api_of(alice)
    for _ in range(3):
        assert api.post("/api/download-images", {"frames": FRAMES}).status_code == 202
    saved = Selection.objects.count()
    answer = api.post("/api/download-images", {"frames": FRAMES})
    assert answer.status_code == 429
    assert "cancel one under Archives" in answer.json()["message"]
    assert int(answer.headers["Retry-After"]) > 0
    assert Selection.objects.count() == saved  # nothing is saved for a build that is refused
    assert api_of(bob).post("/api/download-images", {"frames": FRAMES}).status_code == 202
    services.cancel_archive(archive=Archive.objects.filter(requested_by=alice).latest("pk"))
    assert api.post("/api/download-images", {"frames": FRAMES}).status_code == 202


def test_the_page_says_how_many_builds_may_wait(
    client: object, alice: User, settings: object, messages: list[int]
) -> None:
    settings.ARCHIVE_ACTIVE_PER_PERSON = 1
    own = make_connection(alice)
    queued(alice, 1)
    selection = make_selection(alice, own)
    client.force_login(alice)
    answer = client.post(f"/selections/{selection.pk}/build", {"quality": "original"})
    assert answer.status_code == 429
    assert "cancel one under Archives" in answer.text


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_do_not_exceed_the_limit(
    alice: User, settings: object, messages: list[int]
) -> None:
    settings.ARCHIVE_ACTIVE_PER_PERSON = 2
    own = make_connection(alice)
    selections = [make_selection(alice, own) for _ in range(6)]
    together = threading.Barrier(6)

    def ask(selection: Selection) -> None:
        try:
            together.wait()
            services.request_archive(user=alice, selection=selection)
        except TooManyBuilds:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=[each]) for each in selections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Archive.objects.active().count() == 2


# --- how much -------------------------------------------------------------------------------------


def test_archives_of_a_person_may_take_only_so_much_room(
    alice: User, bob: User, settings: object, messages: list[int], folders: Folders
) -> None:
    settings.ARCHIVE_BYTES_PER_PERSON = 3_000_000
    own = make_connection(alice)
    make_archive(alice, make_selection(alice, name="small one"), "ready", size=1_000_000)
    assert request(make_selection(alice, own)).status == "queued"
    large = make_archive(alice, make_selection(alice, name="large one"), "ready", size=2_000_000)
    make_archive(bob, make_selection(bob), "ready", size=5_000_000)
    one_more = make_selection(alice, own)
    with pytest.raises(LimitReached, match="of “large one”"):
        request(one_more)
    api = APIClient()
    api.force_authenticate(alice)
    refused = api.post(f"/api/selections/{one_more.pk}/archives", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "limit_reached")
    large.delete()
    assert request(make_selection(alice, own)).status == "queued"


@pytest.mark.usefixtures("transactional_db")  # the thread of the heartbeat must see the row
def test_a_build_that_outgrows_the_room_of_its_person_ends_with_the_reason(
    connection: Connection, settings: object, folders: Folders, messages: list[int], hasty: None
) -> None:
    settings.ARCHIVE_BYTES_PER_PERSON = 20_000
    archive = request(select(connection, (1, None)))
    building.build(archive.pk)
    row = again(archive)
    assert row.status == "failed"
    assert "20 kB that each person may keep" in row.error
    assert folders.stored() == []
    assert [path for path in folders.spooled() if path.is_file()]


# --- with a real worker ---------------------------------------------------------------------------


Asking = Callable[[User, int], list[Archive]]


@pytest.fixture
def asking(standin: StandIn, transactional_db: None, folders: Folders) -> Asking:
    """Requests of so many archives of one frame each."""

    def ask(user: User, count: int) -> list[Archive]:
        own = connected(user, standin)
        return [request(select(own, (1, [number]))) for number in range(count)]

    return ask


@contextmanager
def worker(
    environment: dict[str, str],
    folders: Folders,
    monkeypatch: pytest.MonkeyPatch,
    log: Path,
    processes: int,
    url: str,
) -> Iterator[None]:
    own = {
        "SPOOL_DIR": str(folders.spool),
        "ARCHIVES_DIR": str(folders.archives),
        "ARCHIVE_RUNNING_PER_PERSON": "1",
        "TEST_CVAT_ALLOWED_URLS": url,
    }
    with own_worker(environment | own, monkeypatch, log=log, processes=processes):
        yield


@pytest.mark.worker
@pytest.mark.parametrize("processes", [1, 2])
def test_a_small_build_of_another_person_does_not_wait_for_all_of_the_first(
    asking: Asking,
    alice: User,
    bob: User,
    broker: None,
    standin: StandIn,
    folders: Folders,
    worker_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    settings: object,
    tmp_path: Path,
    processes: int,
) -> None:
    settings.ARCHIVE_RUNNING_PER_PERSON = 1
    settings.ARCHIVE_ACTIVE_PER_PERSON = 100
    log = tmp_path / "worker.log"
    with worker(worker_environment, folders, monkeypatch, log, processes, standin.url):
        hold = standin.faults.hold("type=")
        of_alice = asking(alice, 4)
        assert hold.wait_for_request()
        [of_bob] = asking(bob, 1)
        if processes == 1:
            eventually(lambda: again(of_alice[0]).status == "running")
        else:
            eventually(lambda: again(of_bob).status == "running")
        hold.release()
        assert_whole(finished(of_bob), standin)
        for archive in of_alice:
            assert_whole(finished(archive), standin)
    begun = list(Archive.objects.order_by("started_at"))
    # With one process, right after the build that ran when bob came.
    assert begun.index(of_bob) <= 1 + processes
