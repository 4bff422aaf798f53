"""How far the jobs of a publication are, asked of CVAT."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from publishing.models import Publication
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.making import make_publication
from tests.publishing.making import select


@pytest.fixture
def publication(alice: User, connection: Connection, task: Task) -> Publication:
    """Of a task that CVAT has made."""
    made = make_publication(alice, select(connection, task, [3]), "ready")
    made.target, made.result_task_id = Publication.Target.TASK, task.id
    made.save()
    return made


def test_the_jobs_of_a_new_task(
    api: APIClient, web: Client, publication: Publication, task: Task, standin: StandIn
) -> None:
    first = task.jobs[0]
    first.stage, first.state = "validation", "completed"
    first.assignee = standin.world.user("bob")
    answer = api.get(f"/api/publications/{publication.pk}/jobs")
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert [each["id"] for each in said] == [job.id for job in task.jobs]
    assert [said[0][name] for name in ("stage", "state", "assignee")] == [
        "validation",
        "completed",
        "bob",
    ]
    assert said[0]["url"] == f"{publication.url}/tasks/{task.id}/jobs/{first.id}"
    page = web.get(f"/publications/{publication.pk}").text
    assert f'hx-get="/publications/{publication.pk}/jobs"' in page
    part = web.get(f"/publications/{publication.pk}/jobs").text
    assert ">completed<" in part
    assert ">nobody<" in part
    assert said[0]["reviewer"] == ""
    assert "Reviewer" not in part


def test_a_ground_truth_job_alone(
    api: APIClient, publication: Publication, task: Task, standin: StandIn
) -> None:
    job = standin.world.add_ground_truth(task, [3])
    publication.target, publication.result_job_id = Publication.Target.GROUND_TRUTH, job.id
    publication.save()
    [said] = api.get(f"/api/publications/{publication.pk}/jobs").json()
    assert said["id"] == job.id


def test_what_is_not_made_or_gone_is_told(
    api: APIClient, web: Client, publication: Publication, standin: StandIn
) -> None:
    Publication.objects.update(status="failed")
    answer = api.get(f"/api/publications/{publication.pk}/jobs")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "no jobs to follow" in web.get(f"/publications/{publication.pk}/jobs").text
    Publication.objects.update(status="ready", result_job_id=999_999)
    assert api.get(f"/api/publications/{publication.pk}/jobs").status_code == 404
    Publication.objects.update(result_task_id=999_999, result_job_id=None)
    gone = api.get(f"/api/publications/{publication.pk}/jobs")
    assert (gone.status_code, gone.json()["code"]) == (409, "conflict")
    Connection.objects.all().delete()
    assert api.get(f"/api/publications/{publication.pk}/jobs").status_code == 409
