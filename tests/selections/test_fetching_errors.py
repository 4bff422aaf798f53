"""Whatever a fetching thread raises ends the build, soon, and leaves no thread behind."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from cvat.client import CvatClient
from selections.archives.block_fetching import BlockFetcher
from selections.archives.entries import WantedFrame
from selections.archives.planning import Plan
from selector.models import Connection
from standin.server import StandIn
from tests.selections.builds import Folders, assert_whole, built, request, select

pytestmark = pytest.mark.usefixtures("transactional_db", "folders", "messages", "hasty")

SOON = 20  # seconds; never, before


def fetch_threads() -> list[str]:
    names = [each.name for each in threading.enumerate()]
    return [name for name in names if name.startswith(("fetch", "origins"))]


@pytest.mark.parametrize("what", [RuntimeError, MemoryError, ValueError, SystemExit, KeyError])
@pytest.mark.parametrize("where", ["fetch_chunk", "fetch_frame"])
def test_what_nobody_thought_of_in_a_thread(
    what: type[BaseException],
    where: str,
    connection: Connection,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetch = getattr(BlockFetcher, where)
    calls = []

    def fail(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise what("secret details")
        return fetch(*arguments, **options)

    monkeypatch.setattr(BlockFetcher, where, fail)
    if where == "fetch_frame":
        standin.faults.fail("type=chunk", status=500)
    selection = select(connection, (2, None))
    begun = time.monotonic()
    archive = built(selection)
    assert time.monotonic() - begun < SOON
    assert archive.status == "failed"
    assert "unexpected" in archive.error
    assert "secret" not in archive.error
    assert fetch_threads() == []
    monkeypatch.undo()


def test_threads_have_ended_before_their_session_is_closed(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while one of them waits for an answer that does not come."""
    close = CvatClient.close
    under_way: list[list[str]] = []

    def watched_close(client: CvatClient) -> None:
        under_way.append(fetch_threads())
        close(client)

    selection = select(connection, (2, None))
    hold = standin.faults.hold("type=chunk&index=1&")
    standin.faults.fail("type=chunk&index=0&", status=401, body={"detail": "Invalid token."})
    monkeypatch.setattr(CvatClient, "close", watched_close)
    begun = time.monotonic()
    archive = built(selection)
    assert time.monotonic() - begun < SOON
    hold.release()
    assert archive.status == "failed"
    assert under_way == [[], []]  # of the client for pictures and of the other one


def test_a_picture_under_the_name_of_another_frame_ends_the_build(
    connection: Connection, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_of = Plan.number_of

    def mixed_up(plan: Plan, frame: WantedFrame) -> int:
        return number_of(plan, frame) + (frame.frame == 5)

    monkeypatch.setattr(Plan, "number_of", mixed_up)
    archive = built(select(connection, (2, range(16))))
    assert archive.status == "failed"
    assert "unexpected" in archive.error
    assert folders.stored() == []


def test_another_try_goes_on_where_a_thread_failed(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = BlockFetcher.fetch_chunk

    def fail(*arguments: Any, **options: Any) -> Any:
        if arguments[1].chunk == 2:
            raise RuntimeError
        return fetch(*arguments, **options)

    selection = select(connection, (1, None))
    with monkeypatch.context() as patch:
        patch.setattr(BlockFetcher, "fetch_chunk", fail)
        assert built(selection).status == "failed"
    again = request(selection)
    assert again.continues is not None
    assert_whole(built(selection), standin)
