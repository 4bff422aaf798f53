"""No address under /api/ answers an error in HTML, whatever went wrong and wherever."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client

from selector.services import connections
from tests.making import make_archive, make_selection
from tests.selector.api_errors import FOUR, told, told_by_resource

SECRET_OF_A_BUG = "a sentence that only a traceback has"


@pytest.fixture(params=[False, True], ids=["DEBUG off", "DEBUG on"], autouse=True)
def debug(request: pytest.FixtureRequest, settings: Any) -> bool:
    settings.DEBUG = request.param
    return bool(request.param)


@pytest.fixture
def client(alice: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    return client


def test_unknown_address(client: Client) -> None:
    for path in ("/api/", "/api/selectionz", "/api/selections/", "/api/selections/x", "/api/a/b/"):
        told_by_resource(client.get(path), 404, "not_found")


def test_wrong_method(client: Client) -> None:
    told_by_resource(client.put("/api/selections"), 405, "method_not_allowed")
    told_by_resource(client.post("/api/schema"), 405, "method_not_allowed")
    answer = client.post("/api/docs")
    told_by_resource(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]
    for path in FOUR:
        told(client.get(f"/api/{path}"), 405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/api/tasks", "/api/projects", "/api/load-images"])
def test_a_bug(client: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError(SECRET_OF_A_BUG)

    monkeypatch.setattr(connections, "find_connection", broken)
    if path == "/api/load-images":
        answer = client.post(path, {"task_id": 1}, content_type="application/json")
        told(answer, 500, "server_error", "Try again")
    else:
        answer = client.get(path)
        told_by_resource(answer, 500, "server_error", "Try again")
    assert SECRET_OF_A_BUG not in answer.content.decode()


def test_a_bug_outside_the_view(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(SECRET_OF_A_BUG)

    monkeypatch.setattr("django.contrib.sessions.backends.base.SessionBase.get", broken)
    monkeypatch.setattr("axes.middleware.AxesMiddleware.__call__", broken)
    answer = client.get("/api/archives")
    told_by_resource(answer, 500, "server_error")
    assert SECRET_OF_A_BUG not in answer.content.decode()


def test_another_host(client: Client) -> None:
    answer = client.get("/api/selections", headers={"Host": "evil.example.com"})
    told_by_resource(answer, 400, "bad_request")


def test_csrf(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    body = {"content_type": "application/json"}
    told_by_resource(client.post("/api/selections", {}, **body), 403, "permission_denied", "CSRF")
    told(client.post("/api/load-images", {}, **body), 403, "permission_denied", "CSRF")


def test_expired_session(client: Client) -> None:
    client.session.flush()
    told_by_resource(client.get("/api/selections"), 401, "not_authenticated", "Sign in")


def test_locked_out(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page about too many sign-ins is for browsers."""
    monkeypatch.setattr(HttpRequest, "axes_locked_out", True, raising=False)
    told_by_resource(client.get("/api/selections"), 429, "too_many_attempts", "Wait")


def test_range_beyond_the_end(client: Client, alice: User) -> None:
    archive = make_archive(alice, make_selection(alice), "ready")
    answer = client.get(f"/api/archives/{archive.pk}/download", headers={"Range": "bytes=99-"})
    told_by_resource(answer, 416, "range_not_satisfiable")
    assert answer.headers["Content-Range"] == "bytes */3"


def test_what_a_browser_accepts_changes_nothing(client: Client) -> None:
    for path in ("/api/selections", "/api/selections/999", "/api/nothing"):
        answer = client.get(path, headers={"Accept": "text/html,application/xhtml+xml"})
        assert answer.headers["Content-Type"] == "application/json"


def test_the_pages_keep_their_html(client: Client) -> None:
    answer = client.get("/selections/999999/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
