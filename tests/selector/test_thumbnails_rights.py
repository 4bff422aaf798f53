"""Packs are shown to nobody else, and who may see them is asked once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from cvat.exceptions import CvatForbidden
from portal import caching
from selector import job_access
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import connect
from tests.selector.packs import numbers, pack_of

pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def carol(bob: User, standin: StandIn) -> Connection:
    """Assignee of the third job of task 1, and nothing else."""
    return connect(bob, standin, "carol")


def test_only_the_own_job(connection: Connection, carol: Connection, standin: StandIn) -> None:
    jobs = standin.world.tasks[1].jobs
    for job in jobs:
        pack_of(connection, job.id)
    assert len(numbers(pack_of(carol, jobs[2].id))) == 18
    for job in (*jobs[:2], *jobs[3:], standin.world.tasks[2].jobs[0]):
        with pytest.raises(CvatForbidden):
            pack_of(carol, job.id)


def test_no_is_remembered_shortly(
    carol: Connection, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert caching.REFUSAL_SECONDS <= 10 < job_access.GRANT_SECONDS <= 120
    monkeypatch.setattr(caching, "REFUSAL_SECONDS", 600)  # however slow the ten are
    standin.requests.clear()
    for _ in range(10):
        with pytest.raises(CvatForbidden):
            pack_of(carol, standin.world.tasks[1].jobs[0].id)
    assert len(standin.requests) == 1


def test_rights_are_asked_once(connection: Connection, standin: StandIn) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    for chunk in range(3):
        pack_of(connection, job_id, chunk)
    assert len(standin.requests.matching(f"/api/jobs/{job_id}$")) == 1
    assert len(standin.requests.matching(f"/api/jobs/{job_id}/data/meta$")) == 1


def test_connecting_again_is_asked_anew(
    alice: User, connection: Connection, standin: StandIn
) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    pack_of(connection, job_id)
    again = connect(alice, standin)
    assert again.pk == connection.pk
    standin.requests.clear()
    pack_of(again, job_id)
    assert standin.requests.matching(f"/api/jobs/{job_id}$")


def test_other_account_of_the_same_person_is_asked_for_itself(
    alice: User, connection: Connection, standin: StandIn
) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    pack_of(connection, job_id)
    with pytest.raises(CvatForbidden):
        pack_of(connect(alice, standin, "carol"), job_id)
    pack_of(connection, job_id)
