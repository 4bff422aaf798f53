"""A permission to write that is withdrawn, refused or given anew while a worker uses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvat import client as cvat_client
from publishing import services
from publishing.models import Publication, WritePermission
from publishing.services import making_ground_truth, making_tasks
from selections.services import deactivate_accounts
from selector.models import Connection
from selector.services.connections import disconnect
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import carried_out, request, request_task, truths
from tests.publishing.making import select as select_of_task
from tests.selections.builds import select
from tests.selections.conftest import HASTY

# The heartbeat of the work has a database connection of its own, which must see the row.
pytestmark = pytest.mark.usefixtures("transactional_db", "sent")

SECONDS = 30  # for what takes a heartbeat


@pytest.fixture(autouse=True)
def hasty(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats and retries without their long waits."""
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"
    settings.ARCHIVE_HEARTBEAT_SECONDS = 0.05


def withdraw(connection: Connection) -> None:
    services.withdraw_permission(permission=WritePermission.objects.get())


def remove_connection(connection: Connection) -> None:
    disconnect(connection=Connection.objects.get(pk=connection.pk))


def close_account(connection: Connection) -> None:
    deactivate_accounts(users=[connection.owner])


@pytest.mark.parametrize("end", [withdraw, remove_connection, close_account])
def test_withdrawn_during_an_upload_it_is_not_used_any_more(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[Connection], None],
) -> None:
    real = making_tasks._shown

    def shown(heartbeat: Any, size: int) -> Callable[[int], None]:
        def show(sent: int) -> None:
            end(connection)
            heartbeat.stopped.wait(SECONDS)
            real(heartbeat, size)(sent)

        return show

    monkeypatch.setattr(making_tasks, "_shown", shown)
    done = carried_out(request_task(select(connection, (task.id, [1, 2]))))
    assert done.status == "failed"
    assert "may not write" in done.error
    assert standin.world.tasks[done.result_task_id].size == 0


@pytest.mark.parametrize("end", [withdraw, remove_connection, close_account])
def test_what_waits_then_changes_nothing_any_more(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    end: Callable[[Connection], None],
) -> None:
    publication = request(select_of_task(connection, task, [3]))
    end(connection)
    done = carried_out(publication)
    assert (done.status, done.steps, truths(task)) == ("failed", [], [])


def test_given_anew_the_work_goes_on_with_the_new_one(
    connection: Connection,
    permission: WritePermission,
    task: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when the ground-truth job to be replaced is deleted already."""
    existing = standin.world.add_ground_truth(task, [1])
    services.give_permission(connection=connection, password="demo-password")
    publication = request(select_of_task(connection, task, [3]), replace_job=existing.id)
    real = making_ground_truth.JobWriter.ensure_job_deleted

    def given_anew(writer: Any, job_id: int) -> None:
        real(writer, job_id)
        services.give_permission(connection=connection, password="demo-password")

    monkeypatch.setattr(making_ground_truth.JobWriter, "ensure_job_deleted", given_anew)
    done = carried_out(publication)
    assert (done.status, done.error, truths(task)) == ("ready", "", [[3]])
    assert WritePermission.objects.exists()


def test_refused_it_says_which_access_has_ended(
    connection: Connection, permission: WritePermission, task: Task, standin: StandIn
) -> None:
    publication = request(select_of_task(connection, task, [3]))
    for token in standin.world.access_tokens.values():
        token.revoked = token.revoked or not token.read_only
    done: Publication = carried_out(publication)
    assert "no longer accepts the portal's permission to write" in done.error
