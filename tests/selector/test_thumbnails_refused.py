"""What CVAT refuses for a moment is not stored as a broken picture."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from portal import caching
from selector import job_access
from selector.models import Connection
from selector.services import thumbnails
from selector.services.images import preview
from standin.server import StandIn
from tests.selector.packs import pack_of, read_pack
from tests.selector.picture_answers import body

pytestmark = pytest.mark.usefixtures("folder")

DATA = "/data\\?"


def second_job(standin: StandIn) -> int:
    return standin.world.tasks[1].jobs[1].id


def address(standin: StandIn) -> str:
    return f"/api/jobs/{second_job(standin)}/thumbnails/0"


def one_frame(standin: StandIn, number: int) -> str:
    return f"type=frame.*number={number}(&|$)|number={number}&.*type=frame"


def test_a_momentary_error_of_everything_is_not_stored(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    frame = standin.world.tasks[1].jobs[1].start
    rule = standin.faults.fail(DATA, status=500)
    first = api.get(f"/api/tasks/1/frames/{frame}/thumbnail")
    assert first.status_code == 502
    assert "CVAT" in first.json()["detail"] or "failed" in first.json()["detail"]
    rule.stop()
    assert api.get(f"/api/tasks/1/frames/{frame}/thumbnail").status_code == 200
    assert set(read_pack(body(api.get(address(standin))))) == set(
        pack_of(connection, second_job(standin))
    )


def test_a_server_that_is_down_is_not_asked_for_every_frame(
    connection: Connection, standin: StandIn
) -> None:
    standin.faults.fail(DATA, status=500)
    with pytest.raises(Exception, match="failed on"):
        pack_of(connection, second_job(standin))
    frames = {seen.query["number"] for seen in standin.requests if "number" in seen.query}
    assert len(frames) == 3


def test_a_momentary_error_of_one_frame_is_not_stored(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    first = standin.world.tasks[1].jobs[1].start
    chunk = standin.faults.fail("type=chunk", status=500)
    frame = standin.faults.fail(one_frame(standin, first + 2), status=500)
    answer = api.get(address(standin))
    pack = read_pack(body(answer))
    assert pack.pop(first + 2) == "failed"
    assert "failed" not in pack.values()
    assert "no-store" in answer["Cache-Control"]
    assert "ETag" not in answer
    single = api.get(f"/api/tasks/1/frames/{first + 2}/thumbnail")
    assert single.status_code == 502
    assert "just now" in single.json()["detail"]
    for rule in (chunk, frame):
        rule.stop()
    caching.cache_set({f"pack:{_key(connection, standin)}:tries": (1, 0.0)}, 60)
    standin.requests.clear()
    whole = api.get(address(standin))
    assert "failed" not in read_pack(body(whole)).values()
    assert "max-age" in whole["Cache-Control"]
    asked = [seen for seen in standin.requests if seen.query.get("type") in ("chunk", "frame")]
    assert len(asked) == 1  # what was there is taken over


def _key(connection: Connection, standin: StandIn) -> str:
    seen = job_access.job_access(connection, second_job(standin))
    return thumbnails.chunk_of(connection, seen, 0).key


def test_a_lasting_refusal_is_not_asked_for_with_every_look(
    connection: Connection, standin: StandIn
) -> None:
    first = standin.world.tasks[1].jobs[1].start
    standin.faults.fail("type=chunk", status=500)
    standin.faults.fail(one_frame(standin, first), status=500)
    for _ in range(8):
        assert pack_of(connection, second_job(standin))[first] == "failed"
    asked = [seen for seen in standin.requests if seen.query.get("number") == str(first)]
    assert len(asked) <= 2 * 3  # three tries, each asked twice


def test_a_project_without_pictures_has_no_preview(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    project = next(iter(standin.world.projects))
    rule = standin.faults.fail(f"projects/{project}/preview", status=500)
    assert api.get(f"/api/projects/{project}/preview").status_code == 404
    rule.stop()
    assert preview(connection=connection, project_id=project).content


def test_a_preview_refused_for_a_moment_is_not_remembered(
    api: APIClient, connection: Connection, standin: StandIn
) -> None:
    rule = standin.faults.fail("tasks/1/preview", status=500)
    assert api.get("/api/tasks/1/preview").status_code == 502
    rule.stop()
    assert api.get("/api/tasks/1/preview").status_code == 200


def test_lists_refused_for_a_moment_are_not_remembered(
    api: APIClient, connection: Connection, standin: StandIn, settings: Any
) -> None:
    rule = standin.faults.fail("/api/jobs", status=500)
    assert api.get("/api/tasks/1/frames/0/thumbnail").status_code == 502
    rule.stop()
    assert api.get("/api/tasks/1/frames/0/thumbnail").status_code == 200
