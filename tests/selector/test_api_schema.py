"""The OpenAPI schema is true: it validates, and answers to whatever it allows conform to it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import schemathesis
from django.conf import settings as project
from django.contrib.auth.models import User
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from config.wsgi import application
from portal.api.schema import MadeOnce
from portal.models import ApiToken
from portal.services import teams
from selections import services
from selections.archives.remarks import Remarks
from selections.draws import Draw
from selector.models import Connection
from selector.services import saved_searches
from selector.task_search import TaskSearch
from standin.server import StandIn
from tests.conftest import connect
from tests.making import (
    connected,
    make_archive,
    make_permission,
    make_publication,
    make_selection,
    make_upload,
)

CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]
FOUR = {"/api/test-connection", "/api/load-images", "/api/random-select", "/api/download-images"}


def test_it_works(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert "openapi: 3" in capsys.readouterr().out


def test_requests_at_once_make_the_document_once(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    made = []

    def make(*_: object, **__: object) -> dict[str, str]:
        made.append(1)
        time.sleep(0.2)  # for the others to come
        return {"openapi": "3.0.3"}

    monkeypatch.setattr(SchemaGenerator, "get_schema", make)
    settings.STANDIN_URL = "http://standin.example"  # a document of this test's own
    ready = threading.Barrier(4)

    def ask() -> dict[str, object]:
        ready.wait()
        return MadeOnce().get_schema()

    with ThreadPoolExecutor(4) as pool:
        answers = [asked.result() for asked in [pool.submit(ask) for _ in range(4)]]
    assert answers == [{"openapi": "3.0.3"}] * 4
    assert made == [1]


def test_every_operation_documents_its_errors(api_document: dict) -> None:
    for path, operations in api_document["paths"].items():
        for method, operation in operations.items():
            for status in ("400", "401", "403", "404", "429"):
                [media] = operation["responses"][status]["content"].values()
                shape = media["schema"]["$ref"].rpartition("/")[2]
                wanted = "SpecifiedError" if path in FOUR else "Error"
                assert shape == wanted, (method, path, status)


def test_the_four_take_json_and_forms(api_document: dict) -> None:
    for path in FOUR:
        taken = api_document["paths"][path]["post"]["requestBody"]["content"]
        assert set(taken) == {"application/json", "application/x-www-form-urlencoded"}


def test_no_answer_has_a_secret(api_document: dict) -> None:
    shapes = api_document["components"]["schemas"]
    for name, shape in shapes.items():
        if not name.endswith("Request"):
            secret = {"password", "credential", "access_token", "digest"} & shape.get(
                "properties", {}
            ).keys()
            assert not secret, name


# --- fuzzing -----------------------------------------------------------------------------------


# Tokens and cookies that are made up would be replaced by those of `authorization`.
AS_ALICE = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})


@pytest.fixture
def authorization(django_db_reset_sequences: None, alice: User) -> dict[str, str]:
    """A token of alice. The ids of rows begin with 1, which aim() relies on."""
    _, value = ApiToken.objects.issue(owner=alice, name="fuzzing")
    return {"Authorization": f"Bearer {value}"}


def test_answers_conform(
    authorization: dict[str, str], alice: User, bob: User, standin: StandIn
) -> None:
    """The portal with something in it, through WSGI, as alice. Always the same cases."""
    make_rows(alice, bob, connected(alice, standin))
    connect(bob, standin)
    schema = schemathesis.openapi.from_wsgi(
        "/api/schema?format=json", application, config=AS_ALICE, headers=authorization
    )
    name_all_fields(schema.raw_schema)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    # What deletes comes last, or there is nothing left to ask for.
    for operation in sorted(operations, key=lambda each: each.method == "delete"):
        fuzz(operation, authorization)


def name_all_fields(document: dict) -> None:
    """Make up bodies without unknown fields, for which most would be refused. Those of PATCH stay
    free."""
    for name, shape in document["components"]["schemas"].items():
        is_body = name.endswith("Request") and not name.startswith("Patched")
        if is_body and "properties" in shape:
            shape.setdefault("additionalProperties", False)


def make_rows(alice: User, bob: User, connection: Connection) -> None:
    """Make one row of each model: few made-up bodies are good enough to make one."""
    selection = make_selection(alice, connection, visibility="shared")
    selection.shares.create(person=bob)
    make_archive(alice, selection, "ready", remarks=remarks())
    make_archive(alice, make_selection(alice, connection), "failed")
    make_permission(connection)
    make_publication(alice, selection)
    make_upload(alice, {"a.png": b"\x89PNG\r\n\x1a\n"})
    teams.add_member(team=teams.create_team(user=alice, name="Night shift"), username=bob.username)
    draw = Draw(task_id=1, method="random_uniform", count=1)
    recipe = services.create_recipe(user=alice, connection=connection, draw=draw, name="Rounds")
    recipe.shares.create(person=bob)
    saved_searches.save_search(
        user=alice, connection=connection, criteria=TaskSearch(subset="train"), name="Train"
    )


def remarks() -> dict:
    """Of a ZIP with annotations, without the keys that do not apply to it."""
    problem = {"task_id": 1, "job_id": 1, "frame": 3, "object_id": 5, "reason": "It is broken."}
    annotations = {
        "format": "coco",
        "objects_count": 4,
        "left_out": {},
        "attributes_left_out": {},
        "problems_count": 2,
        "problems": [problem, {"task_id": 1, "reason": "CVAT refuses."}],
    }
    return Remarks().to_json(most_entries=3, has_task_folders=False, annotations=annotations)


def fuzz(operation: schemathesis.APIOperation, headers: dict[str, str]) -> None:
    asked: set[str] = set()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples_of(operation),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case) -> None:
        aim(case)
        if is_new(case, asked):
            case.headers["Accept-Encoding"] = "identity"  # WSGI is asked directly: nobody unpacks
            case.call_and_validate(headers=headers, checks=CHECKS)

    check()


def examples_of(operation: schemathesis.APIOperation) -> int:
    """The number of examples for an operation: few where only an id varies."""
    if operation.path.startswith("/api/tokens"):
        return 1  # refused to every token, whatever is sent
    query = {parameter.name for parameter in operation.query} - {"connection"}
    return 10 if operation.body or query else 6


def is_new(case: schemathesis.Case, asked: set[str]) -> bool:
    """Whether the request writes, or reads what was not read before."""
    if case.method != "GET":
        return True
    same = repr((case.path_parameters, case.query, dict(case.headers)))
    is_first = same not in asked
    asked.add(same)
    return is_first


ACCOUNT = {"username": "demo", "password": "demo-password"}
FRAME = {"task_id": 1, "frame": 0}
# What a body needs to be more than refused, and the schema does not say so.
NEEDED: dict[str, dict[str, object]] = {
    "/api/connections": ACCOUNT,
    "/api/test-connection": ACCOUNT,
    "/api/load-images": {"task_id": 1},
    "/api/random-select": {"task_id": 1, "count": 2},
    "/api/download-images": {"frames": [FRAME]},
    "/api/selections": {"frames": [FRAME]},
    "/api/selections/{id}/frames": {"revision": 1, "add": [FRAME]},
    "/api/copy-annotations": {"connection": 1, "source_connection": 1, "source_task_id": 2},
    "/api/selections/{selection_id}/marks": {"verdict": "faulty"},
    "/api/recipes": {
        "task_id": 1,
        "frame_selection_method": "random_uniform",
        "frame_count": 2,
    },
}
# Of all names and ids there are, few are those of the test.
NAMES = {"connection": 1, "ordering": "created_at", "person": "bob"}
BOUNDS = {
    "task_id": 16,
    "job_id": 16,
    "project_id": 4,
    "frame": 16,
    "page": 2,
    "page_size": 1002,
    "revision": 3,
}


def aim(case: schemathesis.Case) -> None:
    """Replace ids and names by those of rows that exist."""
    for name, value in case.path_parameters.items():
        if isinstance(value, int) or str(value).isdecimal():
            case.path_parameters[name] = int(value) % 4
    if isinstance(case.body, dict):
        case.body = NEEDED.get(case.operation.path, {}) | case.body
    aim_values(case.query)
    aim_values(case.body)


def aim_values(sent: object) -> None:
    if isinstance(sent, list):
        for each in sent:
            aim_values(each)
    if not isinstance(sent, dict):
        return
    for name, value in sent.items():
        if name in NAMES:
            sent[name] = NAMES[name]
        elif name == "url":
            sent[name] = project.STANDIN_URL
        elif name in BOUNDS and isinstance(value, int):
            sent[name] = value % BOUNDS[name]
        aim_values(value)
