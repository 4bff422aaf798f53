"""Results of a publication, on the frames that it was made of, beside what is annotated there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from cvat.differences import PairLimit
from publishing.models import Publication
from publishing.services import results
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import make_publication
from tests.publishing.making import add_box, select


def said(api: APIClient, publication: Publication) -> dict[str, Any]:
    answer = api.get(f"/api/publications/{publication.pk}/results")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_each_object_counts_by_its_label(
    api: APIClient, web: Client, published: tuple[Publication, Task], task: Task
) -> None:
    publication, made = published
    names = [label.name for label in task.labels]
    first, second = names[:2]
    add_box(task, 3, 1, first)
    add_box(made, 0, 1, first)  # the same
    add_box(task, 11, 1, first)
    add_box(made, 1, 4, first)  # moved
    add_box(task, 25, 1, second)  # removed
    add_box(made, 2, 60, first)  # new
    body = said(api, publication)
    assert body["labels"] == [
        {"label": label, "same": same, "changed": changed, "new": new, "removed": removed}
        for label, same, changed, new, removed in sorted(
            [(first, 1, 1, 1, 0), (second, 0, 0, 0, 1)]
        )
    ]
    assert [(each["frame"], each["new_frame"]) for each in body["differing"]] == [(11, 1), (25, 2)]
    page = web.get(f"/publications/{publication.pk}/results").text
    assert (
        f'For a ZIP with these results, go to <a href="{publication.selection.get_absolute_url()}">'
        in page
    )
    assert "3 frames compared, 2 differ" in page
    assert f"/tasks/{made.id}/jobs/{made.jobs[1].id}?frame=2" in page


def test_the_fingerprint_follows_the_objects(
    api: APIClient, published: tuple[Publication, Task], task: Task
) -> None:
    publication, made = published
    before = said(api, publication)["fingerprint"]
    assert said(api, publication)["fingerprint"] == before
    add_box(made, 0, 1, made.labels[0].name)
    changed = said(api, publication)["fingerprint"]
    add_box(task, 25, 1, made.labels[0].name)
    assert len({before, changed, said(api, publication)["fingerprint"]}) == 3


def test_what_cannot_be_compared_is_told(
    api: APIClient, web: Client, published: tuple[Publication, Task], task: Task
) -> None:
    publication, made = published
    task.deleted, made.deleted = [3], [1]
    add_box(made, 2, 1, made.labels[0].name)
    made.labels[0].name = "lorry"
    body = said(api, publication)
    assert body["frames_count"] == 1
    assert body["not_compared"] == {
        "deleted": 1,
        "deleted_in_results": 1,
        "not_shown": 0,
        "not_shown_in_results": 0,
    }
    assert body["unknown_labels"] == [{"label": "lorry", "count": 1}]
    page = web.get(f"/publications/{publication.pk}/results").text
    assert "1 deleted in the new task" in page
    assert "lorry (1)" in page


def test_a_ground_truth_job_against_the_jobs_of_its_task(
    api: APIClient, alice: User, connection: Connection, task: Task, standin: StandIn
) -> None:
    truth = standin.world.add_ground_truth(task, [3, 11])
    publication = make_publication(alice, select(connection, task, [3, 11]), "ready")
    publication.task_id, publication.frames = task.id, [3, 11]
    publication.result_task_id, publication.result_job_id = task.id, truth.id
    publication.save()
    add_box(task, 3, 1)
    truth.annotations = task.jobs[0].annotations
    assert [row["same"] for row in said(api, publication)["labels"]] == [1]


def test_without_results_it_says_so(
    api: APIClient, web: Client, published: tuple[Publication, Task], standin: StandIn
) -> None:
    publication, made = published
    del standin.world.tasks[made.id]
    answer = api.get(f"/api/publications/{publication.pk}/results")
    assert answer.status_code in (404, 409)
    page = web.get(f"/publications/{publication.pk}/results")
    assert page.status_code == answer.status_code
    assert "The results cannot be compared" in page.text


def test_a_limit_of_all_frames_is_told(
    api: APIClient,
    web: Client,
    published: tuple[Publication, Task],
    task: Task,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publication, made = published
    for frame, new_frame in ((3, 0), (11, 1)):
        add_box(task, frame, 1)
        add_box(made, new_frame, 4)
    monkeypatch.setattr(results, "PairLimit", lambda: PairLimit(1))
    body = said(api, publication)
    assert body["by_place_alone_count"] == 1
    [row] = body["labels"]
    assert [row[key] for key in ("same", "changed", "new", "removed")] == [0, 1, 1, 1]
    page = web.get(f"/publications/{publication.pk}/results").text
    assert "On 1 frame moved objects count as removed and new" in page
