"""Tasks that CVAT shows without all of their jobs: said, and never kept."""

from __future__ import annotations

import pytest

from cvat.client import CvatClient
from cvat.exceptions import CvatForbidden, CvatNoData
from cvat.types import Job
from selector import job_access
from selector.models import Connection
from selector.services import catalogs
from standin.server import StandIn


def show(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Only the first `count` jobs of any task."""
    jobs = CvatClient.jobs

    def some(client: CvatClient, task_id: int) -> list[Job]:
        return jobs(client, task_id)[:count]

    monkeypatch.setattr(CvatClient, "jobs", some)


def test_none_is_shown(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    show(monkeypatch, 0)
    with pytest.raises(CvatForbidden, match="task 1 and none of its jobs"):
        catalogs.load_catalog(connection=connection, task_id=1)
    with pytest.raises(CvatForbidden, match="task 1 and none of its jobs"):
        job_access.task_jobs(connection, 1)


def test_there_are_none(connection: Connection) -> None:
    with pytest.raises(CvatNoData, match="has no pictures yet"):
        job_access.task_jobs(connection, 9)


def test_some_are_shown(
    connection: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        show(patched, 2)
        catalog = catalogs.load_catalog(connection=connection, task_id=1)
    assert catalog.through_jobs
    assert catalog.task_name == standin.world.tasks[1].name
    assert {frame.job_id for frame in catalog.frames} == {
        job.id for job in standin.world.tasks[1].jobs[:2]
    }
    whole = catalogs.load_catalog(connection=connection, task_id=1)
    assert not whole.through_jobs
    assert len(whole.frames) == 227
