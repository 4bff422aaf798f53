"""Annotations and labels are requested through the client, within bounds and within rights."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cvat import annotation_json, bodies
from cvat.annotations import Label, Labels
from cvat.exceptions import CvatBroken, CvatForbidden
from standin.annotated import add_annotated_task
from standin.server import StandIn
from standin.world import World
from tests.annotated import WITH_IMAGES, Case
from tests.cvat.replaying import Replay, client, html_answer, json_answer
from tests.cvat.standin_clients import client as standin_client

CASE = Case(next(folder for folder in WITH_IMAGES if folder.name == "overlap"))


@pytest.fixture
def site() -> Iterator[StandIn]:
    world = World()
    add_annotated_task(world, CASE.folder)
    world.add_user("carol")
    with StandIn(world) as running:
        yield running


def test_the_annotations_of_a_job_are_those_of_cvat(site: StandIn) -> None:
    job = CASE.jobs[0]
    with standin_client(site, "alice") as cvat, io.BytesIO() as file:
        labels = cvat.labels(task_id=CASE.task["id"])
        assert list(labels) == list(CASE.labels) == list(cvat.labels(job_id=job.id))
        assert cvat.job_annotations(job_id=job.id, labels=labels, into=file) == CASE.load(job)


def test_an_assignee_gets_the_annotations_of_the_own_job_and_of_no_other(site: StandIn) -> None:
    own, other = CASE.jobs[:2]
    site.world.jobs[own.id].assignee = site.world.user("carol")
    with standin_client(site, "carol") as cvat:
        labels = cvat.labels(job_id=own.id)
        read = cvat.job_annotations(job_id=own.id, labels=labels, into=io.BytesIO())
        assert read == CASE.load(own)
        with pytest.raises(CvatForbidden, match=f"job {other.id}"):
            cvat.job_annotations(job_id=other.id, labels=labels, into=io.BytesIO())
        with pytest.raises(CvatForbidden):
            cvat.labels(task_id=CASE.task["id"])


def test_a_second_attempt_begins_where_the_first_one_did(cvat: Replay) -> None:
    cut = replace(json_answer({"shapes": ["x" * 500]}), cut_after=100)
    cvat.route("/api/jobs/3/annotations", cut, json_answer({"tags": [], "shapes": []}))
    file = io.BytesIO()
    file.write(b"kept")
    read = client(cvat).job_annotations(job_id=3, labels=Labels(()), into=file)
    assert (read.shapes, file.getvalue()[:4], len(cvat.asked)) == ([], b"kept", 2)


def test_an_answer_that_never_ends_is_given_up(
    cvat: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MAX_ANNOTATIONS", 1000)
    cvat.route("/api/jobs/3/annotations", json_answer({"shapes": ["x" * 5000]}))
    with pytest.raises(CvatBroken, match="far longer"):
        client(cvat).job_annotations(job_id=3, labels=Labels(()), into=io.BytesIO())


def test_a_page_of_a_proxy_is_no_answer(cvat: Replay) -> None:
    cvat.route("/api/jobs/3/annotations", html_answer(200))
    with pytest.raises(CvatBroken):
        client(cvat).job_annotations(job_id=3, labels=Labels(()), into=io.BytesIO())


def test_what_is_not_wanted_takes_no_memory() -> None:
    shape = {"id": 1, "label_id": 1, "type": "rectangle", "frame": 5, "points": [1, 2, 3, 4]}
    file = io.BytesIO(json.dumps({"shapes": [shape] * 100_000}).encode())
    tracemalloc.start()
    try:
        read = annotation_json.read_annotations(file, Labels([Label(1, "car")]), {4})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (read.shapes, read.problems_count) == ([], 0)
    assert peak < 5 * 2**20 < len(file.getvalue())
