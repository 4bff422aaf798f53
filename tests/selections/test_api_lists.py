"""Lists of the API: filters, search, order, pages, and as many queries for 30 rows as for 1."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from portal.models import ApiToken
from selections.models import Archive, Selection
from standin.server import StandIn
from tests.conftest import api_of, connect
from tests.making import connected, make_archive, make_connection, make_selection

PROBLEM = {"task_id": 1, "job_id": 1, "frame": 1, "filename": "a.jpg", "reason": "Gone."}


@pytest.fixture
def client(alice: User) -> APIClient:
    client = APIClient()
    client.force_login(alice)
    return client


def names(client: APIClient, query: str = "") -> list[str]:
    answer = client.get(f"/api/selections?{query}")
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


@pytest.fixture
def three(alice: User, bob: User) -> None:
    make_selection(alice, name="b first", note="rainy nights")
    make_selection(
        alice, name="a second", frame_selection_method="random_per_job", visibility="shared"
    )
    third = make_selection(bob, name="c third", visibility="shared")
    third.tasks.update(task_id=2)
    third.frames.update(task_id=2)
    make_selection(bob, name="hidden")


def test_it_works(client: APIClient, three: None) -> None:
    answer = client.get("/api/selections").json()
    assert answer["count"] == 3
    assert (answer["next"], answer["previous"]) == (None, None)
    newest = answer["results"][0]
    assert (newest["name"], newest["owner"], newest["frames_count"]) == ("c third", "bob", 3)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["c third", "a second", "b first"]),
        ("mine=true", ["a second", "b first"]),
        ("mine=false", ["c third"]),
        ("task_id=2", ["c third"]),
        ("task_id=1", ["a second", "b first"]),
        ("task_id=9223372036854775807", []),
        ("visibility=shared", ["c third", "a second"]),
        ("frame_selection_method=random_per_job", ["a second"]),
        ("search=rainy", ["b first"]),
        ("search=SECOND", ["a second"]),
        ("search=%25", []),
        ("ordering=name", ["a second", "b first", "c third"]),
        ("ordering=-created_at", ["c third", "a second", "b first"]),
        ("created_after=2000-01-01T00:00:00Z", ["c third", "a second", "b first"]),
        ("created_before=2000-01-01T00:00:00Z", []),
        ("mine=true&visibility=private&search=first", ["b first"]),
    ],
)
def test_filters(client: APIClient, three: None, query: str, found: list[str]) -> None:
    assert names(client, query) == found


def test_pages(client: APIClient, alice: User) -> None:
    """In an order in which all are equal, each is on one page."""
    for _ in range(7):
        make_selection(alice, name="same")
    seen, address = [], "/api/selections?ordering=name&page_size=3"
    while address:
        page = client.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert sorted(seen) == sorted(Selection.objects.values_list("pk", flat=True))
    assert len(seen) == 7


def test_frames_of_a_selection(client: APIClient, alice: User) -> None:
    selection = make_selection(alice, frames=5)
    selection.frames.create(task_id=7, job_id=70, frame=2)
    address = f"/api/selections/{selection.pk}/frames"
    rows = client.get(address).json()["results"]
    assert [(row["task_id"], row["frame"]) for row in rows] == [
        (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (7, 2),
    ]  # fmt: skip
    assert client.get(f"{address}?task_id=7").json()["count"] == 1
    assert client.get(f"{address}?job_id=1").json()["count"] == 5
    assert len(client.get(f"{address}?page_size=2&page=3").json()["results"]) == 2


def test_archives(client: APIClient, alice: User) -> None:
    ready = make_archive(alice, make_selection(alice), "ready")
    make_archive(alice, make_selection(alice), "failed", problems=[PROBLEM] * 1000)
    assert client.get("/api/archives").json()["count"] == 2
    [row] = client.get("/api/archives?status=ready").json()["results"]
    assert row["id"] == ready.pk
    assert row["parts"][0]["sha256"] == "0" * 64
    assert client.get(f"/api/archives?selection={ready.selection_id}").json()["count"] == 1
    failed = client.get("/api/archives?status=failed").json()["results"][0]
    assert "problems" not in failed  # they may be as many as the frames
    assert failed["problems_count"] == 1000
    # The manifest has all, the row and this answer the first 200.
    assert len(client.get(f"/api/archives/{failed['id']}").json()["problems"]) == 200


def test_download_and_cancel(client: APIClient, alice: User) -> None:
    ready = make_archive(alice, make_selection(alice), "ready")
    queued = make_archive(alice, make_selection(alice))
    answer = client.get(client.get(f"/api/archives/{ready.pk}").json()["download_url"])
    assert b"".join(answer.streaming_content) == b"zip"
    assert f'filename="{ready.download_name}"' in answer.headers["Content-Disposition"]
    cancelled = client.post(f"/api/archives/{queued.pk}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    for path in ("cancel", "download"):
        answer = getattr(client, "post" if path == "cancel" else "get")(
            f"/api/archives/{queued.pk}/{path}"
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert client.get(f"/api/archives/{ready.pk}/download?part=2").status_code == 404


def test_expired_archive(client: APIClient, alice: User) -> None:
    archive = make_archive(alice, make_selection(alice), "ready")
    Archive.objects.update(expires_at=timezone.now() - timedelta(days=1))
    archive.expire()
    assert client.get(f"/api/archives/{archive.pk}").json()["download_url"] is None
    answer = client.get(f"/api/archives/{archive.pk}/download")
    assert answer.status_code == 409
    assert "expired" in answer.json()["detail"]


def test_copy_and_change(client: APIClient, three: None) -> None:
    [shared] = client.get("/api/selections?mine=false").json()["results"]
    copied = client.post(f"/api/selections/{shared['id']}/copy")
    assert copied.status_code == 201
    mine = copied.json()
    assert (mine["owner"], mine["name"], mine["visibility"]) == (
        "alice", "Copy of c third", "private",
    )  # fmt: skip
    assert mine["frames_count"] == 3
    address = f"/api/selections/{mine['id']}"
    refused = client.patch(address, {"name": "Mine", "random_seed": 5})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["random_seed"])
    assert client.patch(address, {"name": "Mine"}).json()["name"] == "Mine"
    assert client.patch(address, {"name": " "}).status_code == 400
    for body in ("5", "null", "[]", '"visibility"'):
        answer = client.patch(address, body, content_type="application/json")
        assert answer.status_code == 400, body
    assert client.put(address, {"name": "x"}).status_code == 405
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "path", ["selections", "archives", "connections", "tokens", "selections/{0}/archives",
             "selections/{0}/frames"],
)  # fmt: skip
def test_as_many_queries_for_30_rows_as_for_1(client: APIClient, alice: User, path: str) -> None:
    first = make_selection(alice, make_connection(alice))
    address = f"/api/{path.format(first.pk)}"

    def count() -> int:
        with CaptureQueriesContext(database) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    def add(number: int) -> None:
        owner = User.objects.create_user(f"user{number}")
        make_selection(owner, visibility="shared")
        make_archive(alice, make_selection(alice), "ready")
        make_archive(alice, first, "ready")
        make_connection(alice, f"https://cvat{number}.example.com")
        ApiToken.objects.issue(owner=alice, name=str(number))
        first.frames.create(task_id=5, job_id=5, frame=number)

    add(0)
    before = count()
    for number in range(1, 31):
        add(number)
    assert client.get(address).json()["count"] >= 30
    assert count() == before


# --- what CVAT has -------------------------------------------------------------------------------


def test_tasks(client: APIClient, alice: User, standin: StandIn) -> None:
    connected(alice, standin)
    page = client.get("/api/tasks?page_size=4").json()
    assert page["count"] == 15
    assert [row["id"] for row in page["results"]] == [15, 14, 13, 12]
    following = client.get(page["next"]).json()
    assert [row["id"] for row in following["results"]] == [11, 10, 9, 8]
    assert client.get(following["previous"]).json() == page
    assert client.get("/api/tasks?page_size=4&page=4").json()["next"] is None
    found = client.get("/api/tasks?search=video").json()
    assert {row["id"] for row in found["results"]} == {3, 11}
    project = client.get("/api/tasks?project_id=2").json()
    assert {row["id"] for row in project["results"]} == {12, 13}
    assert client.get("/api/tasks/1").json()["name"] == "Night drive, north loop"
    assert client.get("/api/tasks?page=99").status_code == 404
    assert client.get("/api/tasks/999").status_code == 404


def test_projects(client: APIClient, alice: User, standin: StandIn) -> None:
    connected(alice, standin)
    page = client.get("/api/projects").json()
    assert (page["count"], page["results"][0]["name"]) == (2, "Crossings")
    assert client.get("/api/projects?search=acme").json()["count"] == 1


def test_jobs_of_a_task(client: APIClient, alice: User, bob: User, standin: StandIn) -> None:
    connected(alice, standin)
    first = client.get("/api/tasks/1/jobs?page_size=3").json()
    assert [job["type"] for job in first["results"]] == ["annotation"] * 3
    assert first["count"] == 5
    second = client.get(first["next"]).json()
    assert (len(second["results"]), second["next"]) == (2, None)
    assert client.get("/api/tasks/9/jobs").json()["results"] == []
    assert client.get("/api/tasks/999/jobs").json()["code"] == "cvat_not_found"
    carol = connected(bob, standin, "carol")
    client.force_login(bob)
    seen = client.get("/api/tasks/1/jobs").json()["results"]
    assert [job["assignee"] for job in seen] == ["carol"]
    assert client.get(f"/api/tasks/15/jobs?connection={carol.pk}").status_code == 403


def test_projects_come_a_page_at_a_time(client: APIClient, alice: User, standin: StandIn) -> None:
    connected(alice, standin)
    whole = client.get("/api/projects").json()
    first = client.get("/api/projects?page_size=1").json()
    assert first["results"] == whole["results"][:1]
    assert client.get(first["next"]).json()["results"] == whole["results"][1:2]


def test_me(client: APIClient, alice: User, standin: StandIn) -> None:
    me = client.get("/api/me").json()
    assert (me["username"], me["default_connection"]) == ("alice", None)
    connection = connected(alice, standin)
    me = client.get("/api/me").json()
    assert (me["connections_count"], me["default_connection"]) == (1, connection.pk)


def test_answers_name_the_connection(client: APIClient, alice: User, standin: StandIn) -> None:
    first, second = connect(alice, standin), connect(alice, standin, "carol")
    for path, body in {
        "load-images": {"task_id": 1},
        "random-select": {"task_id": 1, "count": 1},
    }.items():
        assert client.post(f"/api/{path}", body).json()["connection"] == second.pk
        named = client.post(f"/api/{path}", {**body, "connection": first.pk}).json()
        assert named["connection"] == first.pk


def test_a_deletion_is_taken_back(client: APIClient, alice: User, bob: User) -> None:
    selection = make_selection(alice)
    address = f"/api/selections/{selection.pk}"
    client.delete(address)
    assert client.get(address).status_code == 404
    assert api_of(bob).post(f"{address}/restore").status_code == 404
    assert client.post(f"{address}/restore").json()["id"] == selection.pk
    assert client.get(address).status_code == 200
    assert client.post(f"{address}/restore").status_code == 404


def test_draw_again_compares(client: APIClient, alice: User, standin: StandIn) -> None:
    connected(alice, standin)
    draw = {"frame_selection_method": "random_uniform", "task_id": 1, "frame_count": 5}
    drawn = client.post("/api/selections", draw).json()
    again = client.post(f"/api/selections/{drawn['id']}/draw-again")
    assert again.status_code == 201
    same = again.json()
    assert (same["count"], same["count_before"], same["same"], same["new"]) == (5, 5, 5, 0)
    assert same["selection"]["random_seed"] == drawn["random_seed"]
    other = client.post(f"/api/selections/{drawn['id']}/draw-again", {"new_seed": True}).json()
    assert other["selection"]["random_seed"] != drawn["random_seed"]
    assert other["same"] + other["new"] == 5
