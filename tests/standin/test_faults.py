"""Trouble on demand, and only where it was asked for."""

import threading
import time
from contextlib import suppress

import pytest
import requests

from standin.faults import Faults
from standin.samples import sample_world
from standin.server import StandIn
from tests.standin.conftest import asker
from tests.standin.replaying import checksum

FRAME = "/api/tasks/1/data?type=frame&number=0&quality=original"
CHUNK = "/api/jobs/1/data?type=chunk&index=0&quality=original"


def test_a_path_fails_so_many_times(standin: StandIn, ask) -> None:
    rule = standin.faults.fail(r"type=chunk", status=502, body="bad gateway", times=2)
    assert [ask(CHUNK).status_code for _ in range(3)] == [502, 502, 200]
    assert ask(FRAME).status_code == 200
    assert rule.hits == 2


def test_a_failure_looks_as_told(standin: StandIn, ask) -> None:
    headers = {"Retry-After": "10"}
    standin.faults.fail("/data", status=429, body=b"", times=1, headers=headers)
    answer = ask(CHUNK)
    assert (answer.status_code, answer.content) == (429, b"")
    assert answer.headers["Retry-After"] == "10"
    assert "Content-Type" not in answer.headers
    standin.faults.fail("/api/tasks/1$", status=400, body={"detail": "no"}, times=1)
    assert ask("/api/tasks/1").json() == {"detail": "no"}
    standin.faults.fail("/api/tasks/1$", status=500, body="<h1>oops</h1>", times=1)
    assert ask("/api/tasks/1").headers["Content-Type"].startswith("text/html")


def test_a_rule_can_be_stopped(standin: StandIn, ask) -> None:
    rule = standin.faults.fail("/api/tasks", status=503)
    assert ask("/api/tasks").status_code == 503
    rule.stop()
    assert ask("/api/tasks").status_code == 200


def test_a_delay(standin: StandIn, ask) -> None:
    standin.faults.delay("/api/users/self", 0.1, times=1)
    begun = time.monotonic()
    assert ask("/api/users/self").status_code == 200
    assert time.monotonic() - begun >= 0.1


def test_a_cut_connection(standin: StandIn, ask) -> None:
    whole = ask(CHUNK).content
    standin.faults.damage("type=chunk", "cut")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(CHUNK)
    assert ask(CHUNK).content == whole


def test_a_short_and_a_changed_chunk_do_not_match_their_checksum(standin: StandIn, ask) -> None:
    whole = ask(CHUNK)
    standin.faults.damage("type=chunk", "short")
    short = ask(CHUNK)
    assert len(short.content) == len(whole.content) // 2
    standin.faults.damage("type=chunk", "checksum")
    changed = ask(CHUNK)
    assert len(changed.content) == len(whole.content)
    for answer in (short, changed):
        assert answer.headers["X-Checksum"] == whole.headers["X-Checksum"]
        assert checksum(answer.content) != answer.headers["X-Checksum"]


def test_down_and_up_again(standin: StandIn, ask) -> None:
    assert ask("/api/users/self").ok
    standin.faults.down()
    with pytest.raises(requests.ConnectionError):
        ask("/api/users/self")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{standin.url}/api/server/about", timeout=10)
    standin.faults.up()
    assert ask("/api/users/self").ok


def test_holding_a_request(standin: StandIn, ask) -> None:
    hold = standin.faults.hold("type=chunk")
    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(ask(CHUNK).status_code))
    thread.start()
    assert hold.wait_for_request()
    assert asker(standin)(FRAME).status_code == 200
    assert answers == []
    hold.release()
    thread.join(30)
    assert answers == [200]
    assert ask(CHUNK).status_code == 200


def test_stopping_lets_held_requests_go() -> None:
    standin = StandIn(sample_world()).start()
    hold = standin.faults.hold("about")
    url = f"{standin.url}/api/server/about"

    def try_it() -> None:
        with suppress(requests.RequestException):  # the answer may still be quicker than the end
            requests.get(url, timeout=60)

    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    assert hold.wait_for_request()
    standin.stop()
    thread.join(30)
    assert not thread.is_alive()


def test_random_trouble_hits_data_alone_and_is_the_same_again() -> None:
    def outcome(seed: int) -> list[object]:
        faults = Faults(seed=seed, rate=0.5, kinds={"429", "502", "cut", "short", "checksum"})
        with StandIn(sample_world(), faults=faults) as standin:
            ask = asker(standin)
            assert all(ask("/api/tasks/1").ok for _ in range(20))
            return [_tried(ask) for _ in range(30)]

    first = outcome(1)
    assert outcome(1) == first != outcome(2)
    assert {"cut", 429, 502, "damaged", "whole"} == set(first)


def _tried(ask) -> object:
    try:
        answer = ask(CHUNK)
    except requests.RequestException:
        return "cut"
    if not answer.ok:
        return answer.status_code
    whole = checksum(answer.content) == answer.headers["X-Checksum"]
    return "whole" if whole else "damaged"


def test_random_trouble_never_spoils_frames_unnoticed() -> None:
    faults = Faults(seed=3, rate=1.0, kinds={"short", "checksum"})
    with StandIn(sample_world(), faults=faults) as standin:
        exact = standin.world.original_bytes(1, 0)
        assert all(asker(standin)(FRAME).content == exact for _ in range(10))
