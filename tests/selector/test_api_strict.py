"""Unknown query parameters and body fields are refused by every operation of the schema."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from portal.services import teams
from selections.draws import Draw
from standin.server import StandIn
from tests.making import connected, make_archive, make_publication, make_selection, make_upload

FOUR = {"/api/test-connection", "/api/load-images", "/api/random-select", "/api/download-images"}
FRAME = {"task_id": 1, "frame": 0}
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def api(alice: User) -> APIClient:
    """alice, by session: tokens cannot be managed by token."""
    client = APIClient()
    client.force_login(alice)
    return client


@pytest.fixture
def operations(
    api: APIClient, alice: User, standin: StandIn, api_document: dict
) -> list[Operation]:
    """Every operation of the schema, with paths that lead to something of alice's."""
    connection = connected(alice, standin)
    selection = make_selection(alice, connection)
    archive = make_archive(alice, selection, "ready")
    team = teams.create_team(user=alice, name="Night shift")
    recipe = alice.recipes.create(
        connection=connection, url=connection.url, name="Weekly", draw=Draw(task_id=1).to_json()
    )
    ids = {
        "/api/selections": selection.pk,
        "/api/selections/{selection_id}/shares": selection.shares.create(team=team).pk,
        "/api/archives": archive.pk,
        "/api/connections": connection.pk,
        "/api/publications": make_publication(alice, selection).pk,
        "/api/recipes": recipe.pk,
        "/api/recipes/{recipe_id}/shares": recipe.shares.create(team=team).pk,
        "/api/teams": team.pk,
        "/api/teams/{team_id}/members": team.memberships.get().pk,
        "/api/uploads": make_upload(alice).pk,
        "/api/works/{kind}": archive.pk,
    }
    found = []
    for path, methods in api_document["paths"].items():
        place = path
        for name in ("task_id", "job_id", "project_id", "frame", "chunk"):
            place = place.replace(f"{{{name}}}", "1")
        place = place.replace("{id}", str(ids.get(path.partition("/{id}")[0], 1)))
        place = place.replace("{selection_id}", str(selection.pk))
        place = place.replace("{recipe_id}", str(recipe.pk))
        place = place.replace("{connection_id}", str(connection.pk))
        place = place.replace("{team_id}", str(team.pk))
        place = place.replace("{kind}", "archive")
        found += [(method, place, operation) for method, operation in methods.items()]
    assert len(found) > 30
    return found


def asked(api: APIClient, method: str, path: str, body: Any = None) -> Any:
    return getattr(api, method)(path, body, format="json") if body else getattr(api, method)(path)


def assert_named(answer: Any, path: str, name: str) -> None:
    assert answer.status_code == 400, (path, answer.status_code, answer.content[:200])
    told = answer.json()
    assert told["code"] == "invalid"
    if path in FOUR:
        assert told["success"] is False
        assert name in told["message"]
    else:
        assert name in told["detail"]
        assert list(told["fields"]) == [name]


def test_every_operation_refuses_an_unknown_query_parameter(
    api: APIClient, operations: list[Operation]
) -> None:
    for method, path, _ in operations:
        assert_named(asked(api, method, f"{path}?nonsense=1"), path, "nonsense")


def test_every_operation_refuses_an_unknown_field_of_the_body(
    api: APIClient, operations: list[Operation]
) -> None:
    for method, path, operation in operations:
        content = operation.get("requestBody", {}).get("content", {})
        if method != "get" and "application/octet-stream" not in content:
            assert_named(asked(api, method, path, {"nonsense": 1}), path, "nonsense")


def test_every_operation_refuses_a_parameter_given_twice(
    api: APIClient, operations: list[Operation]
) -> None:
    for method, path, operation in operations:
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                name = parameter["name"]
                answer = asked(api, method, f"{path}?{name}=1&{name}=2")
                if parameter["schema"]["type"] == "array":
                    assert b"more than once" not in answer.content, path
                else:
                    assert_named(answer, path, name)


def test_the_parameters_of_the_schema_are_known(
    api: APIClient, operations: list[Operation]
) -> None:
    """What is documented is never called unknown."""
    for method, path, operation in operations:
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query" and method == "get":
                answer = asked(api, method, f"{path}?{parameter['name']}=x")
                assert b"unknown parameter" not in getattr(answer, "content", b"")


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/api/random-select", {"task_id": 1, "count": 1, "seed": 3}, "seed"),
        ("/api/download-images", {"frames": [], "format": "coco"}, "format"),
        ("/api/selections", {"frames": [{"task_id": 1, "frame": 0, "x": 1}]}, "frames"),
        ("/api/download-images", {"frames": [{"task_id": 1, "frame": 0, "x": 1}]}, "frames"),
    ],
)
def test_a_field_that_would_change_the_result_is_not_dropped(
    api: APIClient, connection: object, path: str, body: dict[str, Any], name: str
) -> None:
    answer = api.post(path, body, format="json")
    assert answer.status_code == 400
    assert name in answer.content.decode()


def test_the_known_name_is_suggested(api: APIClient) -> None:
    answer = api.post("/api/random-select", {"task_id": 1, "count": 1, "seed": 3}, format="json")
    assert "Is random_seed meant?" in answer.json()["message"]


def test_forms_are_read_as_strictly(api: APIClient, connection: object) -> None:
    answer = api.post(
        "/api/random-select",
        "task_id=1&count=2&seed=3",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 400
    assert "seed" in answer.json()["message"]
    fine = "task_id=1&count=2&job_ids[0]=1&job_ids[1]=2"
    assert (
        api.post(
            "/api/random-select", fine, content_type="application/x-www-form-urlencoded"
        ).status_code
        == 200
    )


class TestPatchingASelection:
    @pytest.mark.parametrize(
        ("body", "name"),
        [
            ({"visibility": "shared", "shared_with": ["bob"]}, "shared_with"),
            ({"frames": [{"task_id": 1, "frame": 0}]}, "frames"),
            ({"nme": "x"}, "nme"),
            ({"id": 3}, "id"),
            ({"owner": "bob"}, "owner"),
            ({"random_seed": 3, "name": "x"}, "random_seed"),
        ],
    )
    def test_nothing_changes(
        self, api: APIClient, alice: User, standin: StandIn, body: dict[str, Any], name: str
    ) -> None:
        selection = make_selection(alice, connected(alice, standin))
        answer = api.patch(f"/api/selections/{selection.pk}", body, format="json")
        assert_named(answer, "", name)
        before = selection.updated_at
        selection.refresh_from_db()
        assert (selection.visibility, selection.updated_at) == ("private", before)


def test_frames_of_an_answer_can_be_sent_back(api: APIClient, connection: object) -> None:
    loaded = api.post("/api/load-images", {"task_id": 1}, format="json").json()["images"]
    drawn = api.post("/api/random-select", {"task_id": 1, "count": 1}, format="json")
    for frames in (loaded[:2], drawn.json()["images"]):
        kept = api.post("/api/selections", {"frames": frames}, format="json")
        assert kept.status_code == 201, kept.content
        again = api.get(f"/api/selections/{kept.json()['id']}/frames").json()["results"]
        assert api.post("/api/selections", {"frames": again}, format="json").status_code == 201


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/api/test-connection", {"password": "a", "access_token": "b"}, "access_token"),
        ("/api/selections", {"frames": [FRAME], "random_seed": 3}, "random_seed"),
        ("/api/selections", {"frames": [FRAME], "frame_count": 3}, "frame_count"),
        ("/api/selections", {"frames": [FRAME], "task_id": 1}, "task_id"),
        ("/api/download-images", {"selection": 1, "frames": [FRAME]}, "selection"),
        ("/api/download-images", {"selection": 1, "name": "x"}, "name"),
        ("/api/download-images", {"frames": [FRAME], "video_quality": 80}, "video_quality"),
        ("/api/random-select", {"task_id": 1, "count": 1, "job_id": 1, "job_ids": [1]}, "job_ids"),
    ],
)
def test_a_contradiction_is_refused(
    api: APIClient, connection: object, path: str, body: dict[str, Any], name: str
) -> None:
    answer = api.post(path, body, format="json")
    assert answer.status_code == 400
    assert name in answer.content.decode()
