"""The description of the API says in words what everything means, and its examples work."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from portal.models import Team
from portal.services import teams
from publishing.models import Publication
from selections import services
from selections.api.glossary import OPERATIONS, WORDS
from selections.draws import Draw
from selections.models import Archive, Recipe, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.making import make_publication, make_selection, make_upload


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_parameter_and_property_is_described(api_document: dict[str, Any]) -> None:
    silent = [
        f"{method} {path}"
        for method, path, each in operations(api_document)
        if not each["description"]
    ]
    silent += [
        f"{method} {path} {parameter['name']}"
        for method, path, operation in operations(api_document)
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    silent += [
        f"{name}.{field}"
        for name, shape in api_document["components"]["schemas"].items()
        for field, schema in shape.get("properties", {}).items()
        if not schema.get("description")
    ]
    assert silent == []


def test_descriptions_are_for_users_of_the_api(api_document: dict[str, Any]) -> None:
    for _, path, operation in operations(api_document):
        assert "@takes" not in operation["description"], path
        assert "View" not in operation["description"], path


def test_no_number_is_beyond_javascript(api_document: dict[str, Any]) -> None:
    def numbers(node: Any) -> list[int]:
        if isinstance(node, dict):
            return [number for value in node.values() for number in numbers(value)]
        if isinstance(node, list):
            return [number for value in node for number in numbers(value)]
        return [node] if isinstance(node, int) else []

    assert max(map(abs, numbers(api_document))) <= 2**53


def test_ids_are_integers_and_fields_have_types(api_document: dict[str, Any]) -> None:
    for _, path, operation in operations(api_document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and parameter["name"] != "kind":
                assert parameter["schema"]["type"] == "integer", path
    fields = api_document["components"]["schemas"]["Selection"]["properties"]
    assert fields["tasks"]["type"] == "array"
    assert fields["tasks"]["items"]["$ref"].endswith("SavedTask")
    assert "DrawParameters" in str(fields["parameters"])


def test_the_state_of_an_index_is_not_that_of_a_job(api_document: dict[str, Any]) -> None:
    shapes = api_document["components"]["schemas"]
    for name in ("LabelsAnswer", "FramesAnswer"):
        told = shapes[name]["properties"]["state"]["description"]
        assert "`ready`" in told
        assert "State of the job" not in told


def test_files_are_binary(api_document: dict[str, Any]) -> None:
    files = [
        media["schema"]
        for _, _, operation in operations(api_document)
        for answer in operation["responses"].values()
        for kind, media in answer.get("content", {}).items()
        if kind.startswith(("image/", "application/zip", "application/octet-stream"))
    ]
    assert len(files) >= 7
    assert all(schema == {"type": "string", "format": "binary"} for schema in files)


def test_the_introduction_explains_what_is_common(api_document: dict[str, Any]) -> None:
    text = api_document["info"]["description"]
    for word in ("Authorization: Bearer", "/api/me", "Idempotency-Key", '"success": false'):
        assert word in text
    for status in Archive.Status:
        assert f"| `{status.value}` | {status.label} |" in text


def test_the_glossary_has_no_word_that_nobody_uses(api_document: dict[str, Any]) -> None:
    used = {
        name
        for s in api_document["components"]["schemas"].values()
        for name in s.get("properties", {})
    }
    used |= {
        each["name"] for _, _, o in operations(api_document) for each in o.get("parameters", [])
    }
    assert WORDS.keys() - used == set()
    assert {(method, path) for method, path, _ in operations(api_document)} >= OPERATIONS.keys()


def _place(path: str, selection: Selection, team: Team) -> str:
    """The path with ids: {id} is that of a selection, but for teams, members, recipes,
    publications and uploads."""
    ids = {
        "connection_id": selection.connection_id,
        "selection_id": selection.pk,
        "team_id": team.pk,
        "id": selection.pk,
    }
    if path.startswith("/api/teams/{team_id}"):
        ids["id"] = team.memberships.get(manages=True).pk
    elif path.startswith("/api/teams/"):
        ids["id"] = team.pk
    elif path.startswith("/api/recipes/{recipe_id}"):
        Recipe.objects.update(owner=selection.owner)  # handed over by the example before
        ids["recipe_id"] = Recipe.objects.get().pk
    elif path.startswith("/api/recipes/"):  # the one that the example before has made
        ids["id"] = Recipe.objects.get().pk
    elif path.startswith("/api/publications/"):
        ids["id"] = _with_results(selection).pk
    elif path.startswith("/api/uploads/"):
        ids["id"] = make_upload(selection.owner, {"a.png": b"\x89PNG\r\n\x1a\n"}).pk
    return path.format(**ids)


def _with_results(selection: Selection) -> Publication:
    """A publication whose new task is, to make it simple, the task of its frame."""
    publication = make_publication(selection.owner, selection, "ready")
    publication.target, publication.result_task_id = Publication.Target.TASK, 1
    publication.save()
    publication.published_frames.create(new_frame=0, task_id=1, frame=0, path="0.jpg")
    return publication


def test_the_examples_work(
    alice: User, connection: Connection, standin: StandIn, settings: Any
) -> None:
    """As "Try it out" sends them: example bodies, and the example's 1 for an id."""
    client = APIClient()
    client.force_login(alice)
    document = client.get("/api/schema?format=json").json()  # names the address of the stand-in
    User.objects.create_user("bob")
    team = teams.create_team(user=alice, name="Evening shift")
    examples = {
        name: shape["example"]
        for name, shape in document["components"]["schemas"].items()
        if "example" in shape and name.endswith("Request")
    }
    tried = set()
    for method, path, operation in operations(document):
        if method not in {"post", "patch"} or "requestBody" not in operation:
            continue
        media = operation["requestBody"]["content"].get("application/json")
        if media is None:
            continue  # bytes
        shape = media["schema"]["$ref"].rpartition("/")[2]
        drawn = make_selection(
            alice,
            connection,
            frame_selection_method="random_uniform",
            draw=Draw(method="random_uniform", task_id=1, count=3, seed=1).to_json(),
        )
        place = _place(path, drawn, team)
        body = dict(examples[shape])
        if path.endswith("go-back"):  # as after the example of a change
            services.edit_frames(user=alice, selection=drawn, revision=1, remove=[(1, 0)])
        if path.endswith("/issues"):
            services.mark_frames(user=alice, selection=drawn, frames=[(1, 0)], verdict="faulty")
        if path.startswith("/api/publications/") and path.endswith("hand-over"):
            job = standin.world.tasks[1].jobs[0]
            job.stage, job.state = "annotation", "completed"
        if "source_connection" in body:
            body |= {"source_connection": connection.pk, "connection": connection.pk}
        if "selections" in body:
            body["selections"] = [drawn.pk, make_selection(alice, connection).pk]
        answer = getattr(client, method)(place, body, format="json")
        assert answer.status_code in {200, 201, 202, 204}, (method, path, answer.content)
        tried.add(shape)
    assert tried == examples.keys()
    assert Selection.objects.exists()
