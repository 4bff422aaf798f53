"""Every recording of a real CVAT that the stand-in claims to cover, sent to it and compared."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from standin.server import StandIn
from tests.recorded import Recording, recordings
from tests.standin.cases import (
    ASKER,
    BEFORE,
    HEADERS,
    LEFT_OUT,
    LEFT_OUT_AREAS,
    OTHER_NUMBERS,
    READ_ONLY,
)
from tests.standin.recorded_world import PASSWORD, recorded_world
from tests.standin.replaying import assert_same

RECORDED = recordings()
REPLAYED = [
    case for case in RECORDED if case not in LEFT_OUT and not case.startswith(tuple(LEFT_OUT_AREAS))
]


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with StandIn(recorded_world()) as running:
        yield running


def send(recording: Recording, standin: StandIn) -> requests.Response:
    headers = dict(recording.headers)
    asker = ASKER.get(recording.case, "alice")
    if "Authorization" in headers:
        scheme = headers["Authorization"].split(" ")[0]
        headers["Authorization"] = HEADERS.get(recording.case) or credentials(
            standin, asker, scheme, recording.case
        )
    if "Cookie" in headers:
        standin.world.sessions["session"] = standin.world.user(asker)
        headers["Cookie"] = "csrftoken=proof; sessionfresh=1; sessionid=session"
    if headers.get("X-CSRFToken") == "<csrftoken>":
        right = recording.case != "session-cookie-post-wrong-csrf-403"
        headers["X-CSRFToken"] = "proof" if right else "wrong"
    body: dict[str, Any] = {}
    if isinstance(recording.body, str):
        size = re.fullmatch(r"<(\d+) bytes>", recording.body)
        body["data"] = bytes(int(size[1])) if size else recording.body
    elif recording.body is not None:
        body["json"] = recording.body
    headers.setdefault("Accept-Encoding", "identity")
    return requests.request(
        recording.method,
        standin.url + recording.path,
        params=recording.query,
        headers=headers,
        allow_redirects=False,
        timeout=10,
        **body,
    )


def credentials(standin: StandIn, asker: str, scheme: str, case: str) -> str:
    if scheme == "Token":
        return f"Token {standin.world.login_token(asker)}"
    if scheme == "Basic":
        return "Basic " + base64.b64encode(f"{asker}:{PASSWORD}".encode()).decode()
    if case == "users-self-bearer-with-legacy-token-401":
        return f"Bearer {standin.world.login_token(asker)}"
    return f"Bearer {standin.world.access_token(asker, read_only=case in READ_ONLY).value}"


def without(value: Any, names: set[str]) -> Any:
    """The same JSON with the values of some keys on its first two levels left out."""
    if not isinstance(value, dict):
        return value
    return {
        name: without(part, names & {"url"}) if isinstance(part, dict) else part
        for name, part in value.items()
        if name not in names
    }


@pytest.mark.parametrize("case", REPLAYED)
def test_answers_as_recorded(case: str, standin: StandIn) -> None:
    recording = RECORDED[case]
    standin.world = recorded_world()
    standin.throttle.forget()
    BEFORE.get(case, lambda standin: None)(standin)
    answer = send(recording, standin)
    if case in OTHER_NUMBERS:
        recording, answer = _without_numbers(recording, answer, OTHER_NUMBERS[case])
    assert_same(recording, answer, standin.url)


def _without_numbers(
    recording: Recording, answer: requests.Response, names: set[str]
) -> tuple[Recording, requests.Response]:
    recording.response["body"] = without(recording.response["body"], names)
    shortened = without(answer.json(), names)
    answer.json = lambda **_: shortened  # type: ignore[method-assign]
    return recording, answer


def test_nearly_all_recordings_are_replayed() -> None:
    assert len(REPLAYED) >= 230
    assert not [case for case in LEFT_OUT if case in REPLAYED]
