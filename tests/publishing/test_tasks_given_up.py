"""What stays in CVAT of a new task that failed or was cancelled: no empty task, and of others the
page says that they are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cvat import client as cvat_client
from cvat.exceptions import CvatForbidden
from cvat.writing import TaskWriter
from portal.work.exceptions import Stopped, WorkFailed
from publishing import services
from publishing.models import Publication, WritePermission
from publishing.services import making_tasks, new_frames
from publishing.services.packed_file import PackedFile
from selections.archives.entries import Line
from selector.models import Connection
from standin.creations import Creation, Creations
from standin.model import Project, Task
from standin.server import StandIn
from tests.publishing.making import carried_out, request_task
from tests.selections.builds import select
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")


@pytest.fixture(autouse=True)
def spools(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)
    monkeypatch.setattr(making_tasks, "POLL_SECONDS", 0.01)
    settings.SPOOL_DIR = tmp_path / "spool"


@pytest.fixture
def publication(connection: Connection, task: Task) -> Publication:
    return request_task(select(connection, (task.id, [1, 2])))


def new_tasks(standin: StandIn) -> list[Task]:
    return [task for task in standin.world.tasks.values() if task.bug_tracker]


def test_the_empty_task_of_a_failed_one_is_removed(
    publication: Publication, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> str:
        raise CvatForbidden("No pictures today.", status=403)

    monkeypatch.setattr(TaskWriter, "upload_pictures", refused)
    done = carried_out(publication)
    assert (done.status, done.result_task_id) == ("failed", None)
    assert new_tasks(standin) == []
    removal = done.steps[-1]
    assert removal["request"].startswith("DELETE /api/tasks/")
    assert removal["done_at"]


def test_the_empty_task_of_a_cancelled_one_is_removed(
    publication: Publication, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(*_: object, **__: object) -> str:
        assert len(new_tasks(standin)) == 1
        services.cancel_publication(publication=Publication.objects.get(pk=publication.pk))
        raise Stopped

    monkeypatch.setattr(TaskWriter, "upload_pictures", cancelled)
    done = carried_out(publication)
    assert (done.status, done.result_task_id) == ("cancelled", None)
    assert new_tasks(standin) == []


def cancel_in_cvat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner of a request cancels it in CVAT while it waits for a worker: it is gone at once."""

    def cancelled(creations: Creations, creation: Creation, *_: object) -> None:
        creation.task.readiness = "creating"

    monkeypatch.setattr(Creations, "begin", cancelled)


def test_frames_whose_making_was_cancelled_in_cvat_are_not_waited_for(
    publication: Publication, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        cancel_in_cvat(patched)
        done = carried_out(publication)
    assert (done.status, done.error) == ("failed", making_tasks.NOT_MADE)
    assert new_tasks(standin) == []


def test_a_task_with_pictures_stays_and_is_named(
    publication: Publication, standin: StandIn, web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PackedFile.finish

    def with_another_width(packed: PackedFile, path: Path, lines: list[Line]) -> None:
        real(packed, path, [lines[0], lines[1] | {"width": 41}])

    monkeypatch.setattr(PackedFile, "finish", with_another_width)
    done = carried_out(publication)
    [task] = new_tasks(standin)
    assert (done.status, done.result_task_id) == ("failed", task.id)
    # With its table, although it is not as it was sent.
    assert list(done.published_frames.values_list("new_frame", "frame")) == [(0, 1), (1, 2)]
    page = web.get(done.get_absolute_url()).text
    assert f"Task {task.id} was made in CVAT, but not finished." in page
    remove = f"/publications/{done.pk}/remove-task"
    assert f'href="{remove}"' in page
    assert "could not be compared" in web.get(remove).text
    web.post(remove)
    removed = carried_out(Publication.objects.get(target="removal"))
    assert (removed.status, removed.error) == ("ready", "")
    assert new_tasks(standin) == []
    assert "not finished" not in web.get(done.get_absolute_url()).text


STAYS = "The project “Checked”, made for this task, stays in CVAT."


@pytest.fixture
def in_new_project(connection: Connection, task: Task, standin: StandIn) -> Publication:
    """Its task goes into a project that is made for it. One of the same name is there already."""
    standin.world.add_project("Checked", "demo")
    return request_task(select(connection, (task.id, [1, 2])), new_project="Checked")


def checked_projects(standin: StandIn) -> list[Project]:
    return [each for each in standin.world.projects.values() if each.name == "Checked"]


def fail_uploads(
    monkeypatch: pytest.MonkeyPatch, before: Callable[[], object] = lambda: None
) -> None:
    def refused(*_: object, **__: object) -> str:
        before()
        raise CvatForbidden("No pictures today.", status=403)

    monkeypatch.setattr(TaskWriter, "upload_pictures", refused)


def test_the_empty_project_made_for_a_failed_one_is_removed(
    in_new_project: Publication, standin: StandIn, web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Project] = []
    fail_uploads(monkeypatch, lambda: made.extend(checked_projects(standin)[1:]))
    done = carried_out(in_new_project)
    assert (done.status, new_tasks(standin)) == ("failed", [])
    [other] = checked_projects(standin)
    assert other.bug_tracker == ""
    [project] = made
    removal = done.steps[-1]
    assert removal["request"] == f"DELETE /api/projects/{project.id}"
    assert removal["text"] == "Delete the project “Checked”, which has no tasks"
    assert removal["done_at"]
    page = web.get(done.get_absolute_url()).text
    assert removal["text"] in page
    assert "stays in CVAT" not in page


def test_a_project_with_a_task_of_somebody_else_stays_and_is_named(
    in_new_project: Publication, standin: StandIn, web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "stays in CVAT" not in web.get(in_new_project.get_absolute_url()).text

    def use_it() -> None:
        [_, project] = checked_projects(standin)
        standin.world.add_task("Other", owner="demo", count=1, project=project)

    fail_uploads(monkeypatch, use_it)
    done = carried_out(in_new_project)
    assert (done.status, new_tasks(standin)) == ("failed", [])
    assert len(checked_projects(standin)) == 2
    assert STAYS in web.get(done.get_absolute_url()).text


def test_a_project_that_cvat_does_not_delete_is_named(
    in_new_project: Publication, standin: StandIn, web: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_uploads(monkeypatch)
    refused = {"method": "DELETE", "status": 403, "carried_out": False}
    lost = standin.faults.lose("/api/projects/", **refused)
    done = carried_out(in_new_project)
    assert (done.status, new_tasks(standin), lost.hits) == ("failed", [], 1)
    assert len(checked_projects(standin)) == 2
    assert STAYS in web.get(done.get_absolute_url()).text


def test_a_project_stays_with_the_task_that_has_pictures(
    in_new_project: Publication, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def different(*_: object) -> None:
        raise WorkFailed("The frames are others.")

    monkeypatch.setattr(new_frames, "compare", different)
    done = carried_out(in_new_project)
    [new_task] = new_tasks(standin)
    assert (done.status, done.result_task_id) == ("failed", new_task.id)
    assert new_task.project in checked_projects(standin)


def test_without_permission_the_empty_task_is_named(
    publication: Publication,
    standin: StandIn,
    web: Client,
    permission: WritePermission,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object, **__: object) -> str:
        permission.delete()
        raise CvatForbidden("No pictures today.", status=403)

    monkeypatch.setattr(TaskWriter, "upload_pictures", refused)
    done = carried_out(publication)
    [task] = new_tasks(standin)
    assert f"Task {task.id} was made in CVAT" in web.get(done.get_absolute_url()).text
