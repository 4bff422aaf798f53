"""Bad input is told, not guessed: status, code and shape of every error of the API."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from selector.models import Connection
from standin.server import StandIn
from tests.conftest import api_of, connect

FOUR = ["test-connection", "load-images", "random-select", "download-images"]
RESOURCES = ["connections", "tokens", "selections", "archives"]


def told(answer, status: int, code: str, *words: str) -> str:
    """The message of a specified error, which must have the right shape."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"success", "message", "code"}
    assert body["success"] is False
    assert body["code"] == code
    for word in words:
        assert word in body["message"]
    assert "Traceback" not in body["message"]
    return body["message"]


def told_by_resource(answer, status: int, code: str, *words: str) -> dict:
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert set(body) <= {"detail", "code", "fields"}
    assert body["code"] == code
    for word in words:
        assert word in body["detail"]
    return body


def test_it_works(api: APIClient, connection: Connection) -> None:
    answer = api.post("/api/random-select", {"task_id": 1, "count": 10, "random_seed": 1})
    assert answer.status_code == 200
    assert answer.json()["success"] is True


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "whole number, 1 or more"),
        (-3, "whole number, 1 or more"),
        ("abc", "whole number, 1 or more"),
        ("", "whole number, 1 or more"),
        (1.5, "whole number, 1 or more"),
        ("1.5", "whole number, 1 or more"),
        ("1_0", "whole number, 1 or more"),
        (True, "whole number, 1 or more"),
        (None, "whole number, 1 or more"),
        ([5], "whole number, 1 or more"),
        ({}, "whole number, 1 or more"),
        (10**9, "1,000,000 at most"),
        (10**400, "whole number"),
        ("9" * 2000, "whole number"),
    ],
)
def test_count_that_is_none(
    api: APIClient, connection: Connection, standin: StandIn, count: object, words: str
) -> None:
    standin.requests.clear()
    answer = api.post("/api/random-select", {"task_id": 1, "count": count})
    told(answer, 400, "invalid", "count: how many frames to take must be a", words)
    assert len(standin.requests) == 0  # CVAT is not bothered with it


def test_count_is_needed(api: APIClient, connection: Connection) -> None:
    told(api.post("/api/random-select", {"task_id": 1}), 400, "invalid", "say how many frames")


@pytest.mark.parametrize("count", ["10", 10, 10.0])
def test_count_that_is_one(api: APIClient, connection: Connection, count: object) -> None:
    assert api.post("/api/random-select", {"task_id": 1, "count": count}).json()["count"] == 50


@pytest.mark.parametrize("seed", [-1, 2**32, "x", 0.5, True])
def test_seed_that_is_none(api: APIClient, connection: Connection, seed: object) -> None:
    answer = api.post("/api/random-select", {"task_id": 1, "count": 1, "random_seed": seed})
    told(answer, 400, "invalid", "the seed must be a whole number, 0 to 4294967295")


@pytest.mark.parametrize("share", [0, -1, 1.1, True, "x", None])
def test_share_that_is_none(api: APIClient, connection: Connection, share: object) -> None:
    answer = api.post("/api/random-select", {"task_id": 1, "frames_per_job_share": share})
    told(answer, 400, "invalid", "share above 0 and at most 1")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"job_ids": []}, "job_ids"),
        ({"job_ids": "x"}, "job_ids"),
        ({"job_ids": [0]}, "job_ids"),
        ({"job_ids": [True]}, "job_ids"),
        ({"job_ids": [2], "job_id": 2}, "Give either job_id or job_ids."),
        ({"job_ids": [2], "task_id": None}, "Name the task of job_ids by task_id."),
        ({"job_ids": list(range(1, 10_002))}, "10000"),
    ],
)
def test_jobs_to_draw_from_that_are_none(
    api: APIClient, connection: Connection, standin: StandIn, given: dict, words: str
) -> None:
    standin.requests.clear()
    told(api.post("/api/random-select", {"task_id": 1, "count": 1} | given), 400, "invalid", words)
    kept = {"frame_selection_method": "random_per_job", "frames_per_job_count": 1}
    told_by_resource(api.post("/api/selections", {"task_id": 1} | kept | given), 400, "invalid")
    assert len(standin.requests) == 0


def test_selections_to_leave_out(api: APIClient, connection: Connection) -> None:
    asked = {"task_id": 1, "count": 10, "random_seed": 7}
    first = api.post("/api/random-select", asked).json()
    kept = api.post("/api/selections", {"frames": first["images"]}).json()["id"]
    without = api.post("/api/random-select", asked | {"exclude_selections": [kept]}).json()
    assert without["count"] == 50
    assert without["total_available"] == 227 - 50
    assert not {row["frame"] for row in first["images"]} & {
        row["frame"] for row in without["images"]
    }
    for given, words in (([kept + 1], "cannot be left out"), (["x"], ""), ([1] * 101, "100")):
        answer = api.post("/api/random-select", asked | {"exclude_selections": given})
        told(answer, 400, "invalid", words)


def test_jobs_to_draw_from(api: APIClient, connection: Connection) -> None:
    """As JSON and as a form; each job once however often it is named."""
    for data in ({"job_ids": [3, 2, 3]}, "task_id=1&count=10&random_seed=1&job_ids=3&job_ids=2"):
        if isinstance(data, str):
            form = "application/x-www-form-urlencoded"
            answer = api.generic("POST", "/api/random-select", data, form).json()
        else:
            named = {"task_id": 1, "count": 10, "random_seed": 1} | data
            answer = api.post("/api/random-select", named).json()
        assert [job["job_id"] for job in answer["job_summary"]] == [2, 3]
        assert (answer["count"], answer["jobs_count"]) == (20, 2)
        assert answer["total_available"] == 89
    answer = api.post("/api/random-select", {"task_id": 1, "count": 1, "job_ids": [77777]})
    told(answer, 400, "invalid", "no annotation job 77777")


def test_neither_task_nor_job(api: APIClient, connection: Connection) -> None:
    for path in ("load-images", "random-select"):
        answer = api.post(f"/api/{path}", {"count": 1} if path == "random-select" else {})
        told(answer, 400, "invalid", "Name a task by task_id, or a job by job_id.")


@pytest.mark.parametrize("task_id", ["abc", 0, -1, 1.5, True, 2**70])
def test_task_id_that_is_none(api: APIClient, connection: Connection, task_id: object) -> None:
    told(api.post("/api/load-images", {"task_id": task_id}), 400, "invalid", "task_id: ")


@pytest.mark.parametrize(
    ("source", "status", "code", "words"),
    [
        ({"task_id": 999}, 404, "cvat_not_found", "Task 999 does not exist"),
        ({"task_id": 2**62}, 404, "cvat_not_found", "does not exist"),
        ({"job_id": 999}, 404, "cvat_not_found", "Job 999 does not exist"),
        ({"task_id": 2, "job_id": 1}, 400, "cvat_rejected", "Job 1 belongs to task 1"),
        ({"task_id": 9}, 409, "cvat_no_data", "9"),
        ({"task_id": 14}, 409, "cvat_no_data", "14"),
    ],
)
@pytest.mark.parametrize("path", ["load-images", "random-select"])
def test_what_cannot_be_chosen_from(
    api: APIClient,
    connection: Connection,
    path: str,
    source: dict,
    status: int,
    code: str,
    words: str,
) -> None:
    answer = api.post(f"/api/{path}", {**source, "count": 1} if "random" in path else source)
    told(answer, status, code, words)


def test_task_being_created(api: APIClient, connection: Connection, standin: StandIn) -> None:
    standin.world.add_task("Still uploading", task_id=50, owner="demo", readiness="creating")
    told(api.post("/api/load-images", {"task_id": 50}), 409, "cvat_no_data", "50")


def test_task_one_may_not_see(bob: User, standin: StandIn) -> None:
    connect(bob, standin, "carol")
    told(api_of(bob).post("/api/load-images", {"task_id": 15}), 403, "cvat_forbidden", "15")


def test_cvat_that_is_down(api: APIClient, connection: Connection, standin: StandIn) -> None:
    standin.faults.down()
    answer = api.post("/api/load-images", {"task_id": 1})
    told(answer, 502, "cvat_unreachable")


def test_cvat_that_is_broken(api: APIClient, connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("/api/tasks/1", status=500, body="<h1>Server Error /home/django</h1>")
    message = told(api.post("/api/load-images", {"task_id": 1}), 502, "cvat_broken")
    assert "django" not in message


def test_cvat_that_is_too_slow(api: APIClient, connection: Connection, standin: StandIn) -> None:
    standin.faults.fail("/api/tasks/1", status=429, headers={"Retry-After": "600"})
    told(api.post("/api/load-images", {"task_id": 1}), 504, "cvat_timeout", "600 seconds")


def test_not_connected(api: APIClient) -> None:
    for path, body in (
        ("load-images", {"task_id": 1}),
        ("random-select", {"task_id": 1, "count": 1}),
        ("download-images", {"frames": [{"task_id": 1, "frame": 0}]}),
    ):
        told(api.post(f"/api/{path}", body), 409, "not_connected", "Connect first")
    told_by_resource(api.get("/api/tasks"), 409, "not_connected")


def test_connection_of_someone_else(api: APIClient, bob: User, standin: StandIn) -> None:
    other = connect(bob, standin)
    answer = api.post("/api/load-images", {"task_id": 1, "connection": other.pk})
    told(answer, 404, "not_found", f"You have no connection {other.pk}.")
    told_by_resource(api.get(f"/api/tasks?connection={other.pk}"), 404, "not_found")


# --- our own sign-in -------------------------------------------------------------------------


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
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api.post("/api/download-images", '"' + "x" * 2000 + '"', content_type=kind)
    told(answer, 413, "too_large", "fewer frames")


def test_too_many_frames(api: APIClient, connection: Connection, settings: object) -> None:
    settings.MAX_SELECTION_FRAMES = 3
    frames = [{"task_id": 1, "frame": n} for n in range(4)]
    answer = api.post("/api/download-images", {"frames": frames})
    told(answer, 400, "invalid", "4 frames are more than a selection may hold (3)")


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


def test_too_many_requests(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(UserRateThrottle, "get_rate", lambda self: "1/min")
    api.post("/api/load-images", {})
    answer = api.post("/api/load-images", {})
    told(answer, 429, "throttled")
    assert int(answer.headers["Retry-After"]) <= 60
    told_by_resource(api.get("/api/selections"), 429, "throttled")
    cache.clear()


def test_broker_that_is_down(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise RedisConnectionError("no such socket: /somewhere/private")

    monkeypatch.setattr(UserRateThrottle, "allow_request", fail)
    message = told(api.post("/api/load-images", {}), 503, "broker_down", "Try again")
    assert "private" not in message


# --- places of errors --------------------------------------------------------------------------


def test_the_place_of_an_error_is_named(api: APIClient, connection: Connection) -> None:
    frames = [{"task_id": 1, "frame": 0}, {"task_id": 1, "frame": -1}, {"task_id": "x"}]
    answer = api.post("/api/download-images", {"frames": frames})
    told(answer, 400, "invalid", "frames[1].frame: ")
    answer = api.post("/api/selections", {"frames": frames})
    body = told_by_resource(answer, 400, "invalid", "frames[1].frame: ")
    assert list(body["fields"]) == ["frames"]


@pytest.mark.parametrize(
    "frames",
    ["x", 5, {}, [5], [None], [[]], [{}], [{"task_id": 1}], [{"task_id": 1, "frame": True}]],
)
def test_frames_that_are_none(api: APIClient, connection: Connection, frames: object) -> None:
    told(api.post("/api/download-images", {"frames": frames}), 400, "invalid")


def test_frame_that_does_not_exist(api: APIClient, connection: Connection) -> None:
    frames = [{"task_id": 1, "frame": 17}, {"task_id": 1, "frame": 5000}]
    answer = api.post("/api/download-images", {"frames": frames})
    told(answer, 400, "invalid", "Task 1 offers no frame 17, 5000")


def test_neither_frames_nor_selection(api: APIClient, connection: Connection) -> None:
    for body in ({}, {"frames": []}, {"selection": 1, "frames": [{"task_id": 1, "frame": 0}]}):
        told(api.post("/api/download-images", body), 400, "invalid", "Give either frames")
    answer = api.post("/api/download-images", {"selection": 1, "connection": connection.pk})
    told(answer, 400, "invalid", "A connection goes with frames")


def test_selection_that_does_not_exist(api: APIClient, connection: Connection) -> None:
    told(api.post("/api/download-images", {"selection": 999}), 404, "not_found", "selection 999")


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
