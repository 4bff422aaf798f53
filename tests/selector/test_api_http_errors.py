"""Requests that are wrong whatever they ask for: strangers, bodies, methods, addresses, queries."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.test import APIClient

from portal.api.throttling import CountingThrottle
from portal.caching import redis_client
from selector.models import Connection
from tests.conftest import api_of
from tests.selector.api_errors import FOUR, told, told_by_resource

RESOURCES = ["connections", "tokens", "selections", "archives"]


# --- our own sign-in ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", FOUR)
def test_without_token(path: str, db: None) -> None:
    answer = APIClient().post(f"/api/{path}", {})
    told(answer, 401, "not_authenticated", "Authorization: Bearer")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", RESOURCES)
def test_resource_without_token(path: str, db: None) -> None:
    told_by_resource(APIClient().get(f"/api/{path}"), 401, "not_authenticated")


@pytest.mark.parametrize("value", ["", "x", "cis_", "cis_aaaaaaaa_bbbb", "cis__", "cis_\xff_\xff"])
def test_with_a_token_that_is_none(value: str, db: None) -> None:
    client = APIClient(headers={"Authorization": f"Bearer {value}"})
    answer = client.post("/api/load-images", {})
    told(answer, 401, "authentication_failed", "unknown, expired or revoked")


def test_read_only_token_may_not_write(alice: User, connection: Connection) -> None:
    client = api_of(alice, read_only=True)
    for path in FOUR:
        told(client.post(f"/api/{path}", {}), 403, "permission_denied", "may only read")
    told_by_resource(client.post("/api/selections", {}), 403, "permission_denied")
    told_by_resource(client.delete(f"/api/connections/{connection.pk}"), 403, "permission_denied")
    assert client.get("/api/connections").status_code == 200


def test_session_without_csrf_token(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    told(client.post("/api/load-images", {"task_id": 1}), 403, "permission_denied", "CSRF")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("selections/7", "selection"),
        ("archives/7/download", "archive"),
        ("saved-searches/7", "saved search"),
        ("selections/7/shares", "selection"),
    ],
)
def test_what_is_not_there_is_named(path: str, kind: str, alice: User) -> None:
    answer = api_of(alice).get(f"/api/{path}")
    told_by_resource(answer, 404, "not_found", f"There is no such {kind}, or you may not see it")


# --- HTTP --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FOUR)
def test_malformed_json(api: APIClient, path: str) -> None:
    for body in ("{", "nonsense", '{"count": NaN}', "[" * 100_000, b"\xff\xfe"):
        answer = api.post(f"/api/{path}", body, content_type="application/json")
        told(answer, 400, "parse_error")


@pytest.mark.parametrize("body", [[], [1], "text", 5, None, True])
def test_json_that_is_no_object(api: APIClient, body: object) -> None:
    answer = api.post("/api/load-images", json.dumps(body), content_type="application/json")
    told(answer, 400, "invalid")


@pytest.mark.parametrize("path", FOUR)
def test_wrong_content_type(api: APIClient, path: str) -> None:
    answer = api.post(f"/api/{path}", "task_id: 1", content_type="application/yaml")
    told(answer, 415, "unsupported_media_type", "application/yaml")


def test_form_encoded_just_works(api: APIClient, connection: Connection) -> None:
    form = "application/x-www-form-urlencoded"
    answer = api.post("/api/random-select", "task_id=1&count=10&random_seed=7", content_type=form)
    assert answer.json()["count"] == 50
    answer = api.post("/api/random-select", "task_id=1&count=ten", content_type=form)
    told(answer, 400, "invalid", "count: ")


def test_too_many_form_fields(api: APIClient) -> None:
    body = "&".join(f"a{n}=1" for n in range(2000))
    answer = api.post("/api/load-images", body, content_type="application/x-www-form-urlencoded")
    told(answer, 400, "parse_error")


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_oversized_body(api: APIClient, settings: object, kind: str) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = settings.FRAMES_UPLOAD_MAX_SIZE = 1000
    answer = api.post("/api/download-images", '"' + "x" * 2000 + '"', content_type=kind)
    told(answer, 413, "too_large", "fewer frames")


@pytest.mark.parametrize("path", FOUR)
def test_wrong_method(api: APIClient, path: str) -> None:
    for method in ("get", "put", "delete", "patch"):
        answer = getattr(api, method)(f"/api/{path}")
        told(answer, 405, "method_not_allowed", method.upper())


@pytest.mark.parametrize("accept", ["text/html", "application/zip", "application/xml"])
def test_whatever_is_accepted(api: APIClient, accept: str) -> None:
    answer = api.post("/api/download-images", {}, headers={"Accept": accept})
    told(answer, 400, "invalid", "Give either frames")
    answer = api.get("/api/archives/1/download", headers={"Accept": accept})
    told_by_resource(answer, 404, "not_found")


@pytest.mark.parametrize("path", ["", "nothing", "load-images/", "selections/abc", "tasks/x/jobs"])
def test_address_that_is_none(api: APIClient, path: str) -> None:
    told_by_resource(api.get(f"/api/{path}"), 404, "not_found", "/api/docs")
    told_by_resource(APIClient().post(f"/api/{path}", {}), 404, "not_found")


@pytest.fixture
def nothing_counted(alice: User) -> Iterator[str]:
    """None of alice's requests, nor of those who had her number before and after her. The key of
    her count."""
    key = CountingThrottle.cache_format % {"scope": CountingThrottle.scope, "ident": alice.pk}
    cache.delete(key)
    yield cache.make_key(key)
    assert cache.delete(key)


def test_too_many_requests(
    nothing_counted: str, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CountingThrottle, "get_rate", lambda self: "2/hour")
    for _ in range(2):
        told(api.post("/api/load-images", {}), 400, "invalid")
    answer = api.post("/api/load-images", {})
    told(answer, 429, "throttled")
    assert 60 < int(answer.headers["Retry-After"]) <= 3600
    told_by_resource(api.get("/api/selections"), 429, "throttled")


def test_a_count_without_an_end_gets_one(nothing_counted: str, api: APIClient) -> None:
    """Such as the count of a process that ended before it set the end."""
    redis_client().incr(nothing_counted)
    assert api.get("/api/selections").status_code == 200
    assert 0 < redis_client().ttl(nothing_counted) <= 60


def test_broker_that_is_down(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RedisConnectionError("no such socket: /somewhere/private")

    monkeypatch.setattr(CountingThrottle, "allow_request", fail)
    message = told(api.post("/api/load-images", {}), 503, "broker_down", "Try again")
    assert "private" not in message


# --- queries -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "connections?ordering=credential",
        "connections?needs_reconnect=perhaps",
        "selections?ordering=owner__password",
        "selections?mine=perhaps",
        "selections?task_id=abc",
        "selections?task_id=1.5",
        "selections?visibility=everyone",
        "selections?created_after=yesterday",
        "selections?page_size=0",
        "selections?page_size=1001",
        "selections?page_size=abc",
        "selections?search=%00",
        "archives?status=done",
        "archives?selection=x",
        "tasks?page=0",
        "tasks?page_size=1001",
        "tasks?page=x",
        "tasks?project_id=-1",
        "projects?connection=x",
    ],
)
def test_query_that_is_none(api: APIClient, connection: Connection, query: str) -> None:
    told_by_resource(api.get(f"/api/{query}"), 400, "invalid")


@pytest.mark.parametrize("page", ["0", "2", "x", "9" * 30])
def test_page_that_is_none(api: APIClient, page: str) -> None:
    told_by_resource(api.get(f"/api/selections?page={page}"), 404, "not_found")
