"""The OpenAPI schema is true: it validates, and answers to whatever it allows conform to it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from config.wsgi import application
from portal.api.schema import MadeOnce
from portal.models import ApiToken
from selections.archives.remarks import Remarks
from standin.server import StandIn
from tests.conftest import connect
from tests.making import connected, make_archive, make_selection

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


@pytest.fixture
def authorization(transactional_db: None, alice: User) -> dict[str, str]:
    _, value = ApiToken.objects.issue(owner=alice, name="fuzzing")
    return {"Authorization": f"Bearer {value}"}


def test_answers_conform(
    authorization: dict[str, str], alice: User, bob: User, standin: StandIn
) -> None:
    """The portal with something in it, through WSGI, as alice. Always the same cases."""
    connection = connected(alice, standin)
    connect(bob, standin)
    selection = make_selection(alice, connection, visibility="shared")
    make_archive(alice, selection, "ready", remarks=remarks())
    make_archive(alice, make_selection(alice, connection), "failed")
    schema = schemathesis.openapi.from_wsgi(
        "/api/schema?format=json", application, headers=authorization
    )
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    # What deletes comes last, or there is nothing left to ask for.
    for operation in sorted(operations, key=lambda each: each.method == "delete"):
        fuzz(operation, authorization)


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
    # Without body and query there is nothing to vary but the few ids that aim() leaves.
    varied = bool(operation.body) or bool(operation.query)

    @given(case=operation.as_strategy())
    @settings(
        max_examples=15 if varied else 6,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: schemathesis.Case) -> None:
        aim(case)
        case.headers["Accept-Encoding"] = "identity"  # WSGI is asked directly: nobody unpacks
        case.call_and_validate(headers=headers, checks=CHECKS)

    check()


def aim(case: schemathesis.Case) -> None:
    """At things that exist: of all ids there are, few are those of the test."""
    for name, value in case.path_parameters.items():
        if isinstance(value, int) or str(value).isdecimal():
            case.path_parameters[name] = int(value) % 4
    for sent in (case.query, case.body):
        if isinstance(sent, dict):
            sent.pop("connection", None)
            if isinstance(sent.get("task_id"), int):
                sent["task_id"] %= 16
