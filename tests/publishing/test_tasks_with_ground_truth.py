"""A ground-truth job of frames drawn at random, made with a new task."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from cvat import client as cvat_client
from portal.exceptions import InvalidInput
from publishing import services
from publishing.models import Publication
from publishing.services import check_new_task, making_tasks
from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.publishing.making import carried_out, request_task, truths
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def selection(connection: Connection) -> Selection:
    return select(connection, (1, range(12)))


def drawn(standin: StandIn, publication: Publication) -> list[int]:
    done = carried_out(publication)
    assert (done.status, done.error) == ("ready", "")
    [frames] = truths(standin.world.tasks[done.result_task_id])
    return frames


def test_the_seed_says_which_frames(selection: Selection, standin: StandIn) -> None:
    first, same, other = (
        drawn(standin, request_task(selection, ground_truth_count=4, ground_truth_seed=seed))
        for seed in (7, 7, 8)
    )
    assert len(first) == 4
    assert same == first != other


@pytest.mark.parametrize(
    "options", [{"frames_per_job": 4, "overlap": 2}, {"consensus_replicas": 2}]
)
def test_it_goes_with_other_kinds_of_jobs(
    selection: Selection, standin: StandIn, options: dict[str, int]
) -> None:
    oneself = check_new_task(user=selection.owner, selection=selection).place.members[0].id
    given = {"ground_truth_count": 3, "job_assignee_ids": (oneself,), **options}
    assert len(drawn(standin, request_task(selection, **given))) == 3
    task = standin.world.tasks[Publication.objects.get().result_task_id]
    [truth] = [job for job in task.jobs if job.type == "ground_truth"]
    assert truth.assignee is None


@pytest.mark.parametrize("is_late", [False, True])
def test_a_lost_answer_makes_one_job(selection: Selection, standin: StandIn, is_late: bool) -> None:
    lost = standin.faults.lose("/api/jobs", method="POST", status=502, carried_out=is_late)
    assert len(drawn(standin, request_task(selection, ground_truth_count=3))) == 3
    assert lost.hits


def test_it_has_at_most_as_many_frames_as_the_task(selection: Selection) -> None:
    with pytest.raises(InvalidInput, match="of 13 frames was asked for, and the task gets 12"):
        request_task(selection, ground_truth_count=13)


def test_the_page_and_the_api_take_it(web: Client, api: APIClient, selection: Selection) -> None:
    page = f"/publications/selections/{selection.pk}/task"
    given = {"name": "x", "image_quality": "70", "ground_truth_count": "3", "show": "1"}
    text = "Create a ground-truth job of 3 frames, drawn at random"
    assert text in web.post(page, given).text
    body = {"ground_truth_count": 3, "ground_truth_seed": 5}
    address = f"/api/selections/{selection.pk}/new-task"
    planned = api.post(address, body | {"dry_run": True}).json()["requests"]
    assert planned[-1]["text"] == text
    api.post(address, body)
    publication = carried_out(Publication.objects.get())
    kinds = [
        each.kind for each in services.follow_jobs(user=selection.owner, publication=publication)
    ]
    assert kinds == ["", "ground truth"]
    jobs = api.get(f"/api/publications/{publication.pk}/jobs").json()
    assert [each["type"] for each in jobs] == ["annotation", "ground_truth"]
