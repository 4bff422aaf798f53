"""The ground-truth job to be replaced, when the new one cannot be made."""

from __future__ import annotations

import pytest

from cvat import client as cvat_client
from publishing.models import Publication, WritePermission
from publishing.services import making_ground_truth
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import carried_out, request, select, truths
from tests.selections.conftest import HASTY

# The heartbeat of the work has a database connection of its own, which must see the row.
pytestmark = pytest.mark.usefixtures("transactional_db", "sent")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries as a worker's, without their long waits."""
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)


@pytest.fixture
def publication(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> Publication:
    existing = standin.world.add_ground_truth(task, [1])
    return request(select(connection, task, [3]), replace_job=existing.id)


def test_it_stays_when_the_task_has_other_frames_by_now(
    publication: Publication, task: Task
) -> None:
    Publication.objects.update(frames=[3, 99])
    done = carried_out(publication)
    assert (done.status, done.steps, truths(task)) == ("failed", [], [[1]])
    assert "has 30 frames now" in done.error


def test_once_it_is_deleted_the_person_is_told(
    publication: Publication,
    task: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = making_ground_truth.JobWriter.ensure_job_deleted

    def then_no_more(writer: making_ground_truth.JobWriter, job_id: int) -> None:
        real(writer, job_id)
        for token in standin.world.access_tokens.values():
            token.read_only = True

    monkeypatch.setattr(making_ground_truth.JobWriter, "ensure_job_deleted", then_no_more)
    done = carried_out(publication)
    assert (done.status, truths(task)) == ("failed", [])
    replaced = publication.get_ground_truth_options().replace_job
    assert "read-only" in done.error
    assert f"Ground-truth job {replaced}, which it was to replace, is deleted" in done.error
