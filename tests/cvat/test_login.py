"""A password exchanged for a token of our own, or for the login key where there are none."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from cvat import login
from cvat.exceptions import (
    CvatBroken,
    CvatError,
    CvatLoginRefused,
    CvatTimeout,
    CvatUnreachable,
)
from cvat.login import Server, make_token
from cvat.types import CredentialKind, Login
from tests.cvat.replaying import (
    FAST,
    Answer,
    Replay,
    html_answer,
    json_answer,
    recorded,
)

PASSWORD = "correct horse"
TOKENS = "/api/auth/access_tokens"
NAME = "Image selector"


def sign_in(cvat: Replay, username: str = "alice", former: int | None = None) -> Login:
    server = Server(cvat.url, retries=FAST)
    key = login.sign_in(server, username, PASSWORD)
    return make_token(server, key, name=NAME, days=90, former_id=former)


def route_login(cvat: Replay) -> None:
    answer = json_answer({"key": "k" * 40}, **{"set-cookie": "sessionid=abc; Path=/"})
    cvat.route("/api/auth/login", answer, method="POST")


def route_token(cvat: Replay, answer: Answer | None = None) -> None:
    made = json_answer({"id": 5, "name": "portal", "value": "12345678.abc"}, 201)
    cvat.route(TOKENS, answer or made, method="POST")


def test_a_token_of_our_own(cvat: Replay) -> None:
    route_login(cvat)
    route_token(cvat)
    before = datetime.now(UTC)
    made = sign_in(cvat)
    after = datetime.now(UTC)
    assert made.credential.kind is CredentialKind.ACCESS_TOKEN
    assert made.credential.value == "12345678.abc"
    assert (made.access_token_id, made.notice) == (5, "")
    asked, posted = cvat.asked
    assert asked.json == {"username": "alice", "password": PASSWORD}
    assert "application/json" in asked.headers["content-type"]
    assert "authorization" not in asked.headers
    assert posted.headers["authorization"] == "Token " + "k" * 40
    assert "cookie" not in posted.headers
    assert posted.json["name"] == "Image selector"
    assert posted.json["read_only"] is True
    expiry = datetime.fromisoformat(posted.json["expiry_date"])
    assert before <= expiry - timedelta(days=90) <= after


def test_with_the_recorded_answers(cvat: Replay) -> None:
    cvat.replay("auth-login-ok", "access-token-create", "access-token-revoke")
    assert sign_in(cvat, former=5).access_token_id == 5


def test_never_logs_out_and_never_basic(cvat: Replay) -> None:
    route_login(cvat)
    route_token(cvat)
    sign_in(cvat, former=4)
    assert not [asked for asked in cvat.asked if "logout" in asked.path]
    headers = [asked.headers.get("authorization", "") for asked in cvat.asked]
    assert not [header for header in headers if header.startswith("Basic")]


@pytest.mark.parametrize(
    "name", ["auth-login-wrong-password-400", "inactive-user-login-400", "task-not-permitted-403"]
)
def test_refused(cvat: Replay, name: str) -> None:
    cvat.route("/api/auth/login", recorded(name), method="POST")
    with pytest.raises(CvatLoginRefused, match="does not accept this user name and password"):
        sign_in(cvat)
    assert len(cvat.asked) == 1


def test_an_address_is_tried_as_name_then_as_address(cvat: Replay) -> None:
    wrong = recorded("auth-login-wrong-password-400")
    cvat.route("/api/auth/login", wrong, json_answer({"key": "k" * 40}), method="POST")
    route_token(cvat)
    sign_in(cvat, username="alice@example.com")
    assert "username" in cvat.asked[0].json
    assert cvat.asked[1].json == {"email": "alice@example.com", "password": PASSWORD}


def test_throttled(cvat: Replay) -> None:
    cvat.replay("throttled-login-429")
    with pytest.raises(CvatTimeout, match="try again in 59 seconds"):
        sign_in(cvat)
    assert len(cvat.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        html_answer(404),
        html_answer(200),
        json_answer({"detail": "Method not allowed."}, 405),
        json_answer({"token": "x"}),
        json_answer(["key"]),
        html_answer(500),
        html_answer(502),
    ],
)
def test_not_a_sign_in_of_cvat(cvat: Replay, answer: Answer) -> None:
    cvat.route("/api/auth/login", answer, method="POST")
    with pytest.raises(CvatBroken):
        sign_in(cvat)
    assert len(cvat.asked) == 1  # a password is not sent twice


def test_a_redirect_gets_no_password(cvat: Replay) -> None:
    location = {"location": "https://cvat.example.com/api/auth/login"}
    cvat.route("/api/auth/login", Answer(307, headers=location), method="POST")
    with pytest.raises(CvatUnreachable, match=r"https://cvat\.example\.com: use that"):
        sign_in(cvat)
    assert len(cvat.asked) == 1


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (html_answer(404), "came with version 2.48"),
        (json_answer({"detail": "Not found."}, 404), "came with version 2.48"),
        (recorded("auth-login-get-405"), "came with version 2.48"),
        (recorded("access-token-readonly-unsafe-403"), "did not let the portal make"),
        (recorded("access-token-create-no-name-400"), "did not let the portal make"),
        (html_answer(500), "did not let the portal make"),
        (json_answer({"id": 7}, 201), "did not let the portal make"),
    ],
)
def test_the_key_where_no_token_can_be_had(cvat: Replay, answer: Answer, text: str) -> None:
    route_login(cvat)
    route_token(cvat, answer)
    made = sign_in(cvat)
    assert made.credential.kind is CredentialKind.LOGIN_TOKEN
    assert made.credential.value == "k" * 40
    assert made.access_token_id is None
    assert text in made.notice


class TestPreviousToken:
    def test_is_revoked_with_the_fresh_key(self, cvat: Replay) -> None:
        route_login(cvat)
        route_token(cvat)
        cvat.route(f"{TOKENS}/4", Answer(204), method="DELETE")
        assert sign_in(cvat, former=4).notice == ""
        deleted = cvat.asked_for(f"{TOKENS}/4")
        assert [asked.headers["authorization"] for asked in deleted] == ["Token " + "k" * 40]
        assert cvat.asked[-1] is deleted[0]  # only once the new one is there

    @pytest.mark.parametrize("answer", [json_answer({}, 404), html_answer(404)])
    def test_may_be_gone(self, cvat: Replay, answer: Answer) -> None:
        route_login(cvat)
        route_token(cvat)
        cvat.route(f"{TOKENS}/4", answer, method="DELETE")
        assert sign_in(cvat, former=4).notice == ""

    @pytest.mark.parametrize("status", [403, 500])
    def test_may_stay_and_it_is_said(self, cvat: Replay, status: int) -> None:
        route_login(cvat)
        route_token(cvat)
        cvat.route(f"{TOKENS}/4", html_answer(status), method="DELETE")
        made = sign_in(cvat, former=4)
        assert made.access_token_id == 5
        assert "could not be revoked" in made.notice

    def test_is_revoked_though_there_is_no_new_one(self, cvat: Replay) -> None:
        route_login(cvat)
        route_token(cvat, recorded("access-token-readonly-unsafe-403"))
        cvat.route(f"{TOKENS}/4", Answer(204), method="DELETE")
        made = sign_in(cvat, former=4)
        assert made.credential.kind is CredentialKind.LOGIN_TOKEN
        assert cvat.asked_for(f"{TOKENS}/4")


@pytest.mark.parametrize(
    "answer",
    [
        json_answer({"non_field_errors": [f"No user with password {PASSWORD}"]}, 400),
        json_answer({"detail": PASSWORD}, 405),
        json_answer({"detail": PASSWORD}, 409),
        html_answer(200, PASSWORD),
        json_answer({"key": f"{PASSWORD} is no key"}),
    ],
)
def test_the_password_is_never_repeated(
    cvat: Replay, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cvat.route("/api/auth/login", answer, method="POST")
    with pytest.raises(CvatError) as caught:
        sign_in(cvat)
    error: BaseException | None = caught.value
    while error is not None:
        assert PASSWORD not in repr(error) + str(error)
        error = error.__context__
    assert PASSWORD not in caplog.text


def test_a_login_does_not_show_its_credential(cvat: Replay) -> None:
    route_login(cvat)
    route_token(cvat)
    assert "12345678.abc" not in repr(sign_in(cvat))
