"""A published task removed in CVAT: said what is lost, deleted once, and no other task."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from cvat import client as cvat_client
from cvat.writing import TaskWriter
from portal.exceptions import Conflict
from publishing import services
from publishing.copying import CopyOptions
from publishing.models import Publication
from publishing.services import carrying_out, removing_task, writing_back
from publishing.writing_back import ADD, WriteBackOptions
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import add_box, carried_out
from tests.selections.conftest import HASTY

pytestmark = pytest.mark.usefixtures("transactional_db", "sent", "permission")

Published = tuple[Publication, Task]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvat_client, "PATIENT", HASTY)


@pytest.fixture
def marked(published: Published) -> Published:
    """As the portal makes it: the task names the publication."""
    publication, made = published
    publication.marker = made.bug_tracker = "https://portal.example.com/publications/1?made=x"
    publication.save()
    return publication, made


def remove(publication: Publication) -> Publication:
    return services.request_removal(user=publication.requested_by, source=publication)


def write_back(publication: Publication, options: WriteBackOptions) -> Publication:
    user = publication.requested_by
    return services.request_write_back(user=user, source=publication, options=options)


def meanwhile(patch: pytest.MonkeyPatch, module: ModuleType, happens: Callable[[], object]) -> None:
    """Let something happen before the row of a publication that this module makes is saved."""
    made = vars(module)["follow_up_of"]

    def follow_up_of(*args: Any, **values: Any) -> Publication:
        patch.setattr(module, "follow_up_of", made)
        happens()
        return cast(Publication, made(*args, **values))

    patch.setattr(module, "follow_up_of", follow_up_of)


def test_it_is_deleted_and_the_record_stays(
    api: APIClient, marked: Published, task: Task, standin: StandIn
) -> None:
    publication, made = marked
    url = f"/api/publications/{publication.pk}/remove-task"
    planned = api.post(url, {"dry_run": True}).json()["requests"]
    assert [each["path"] for each in planned] == [f"/api/tasks/{made.id}"]
    asked = api.post(url, {})
    assert asked.status_code == 202, asked.content
    done = carried_out(Publication.objects.get(pk=asked.json()["id"]))
    assert (done.status, done.error) == ("ready", "")
    assert (made.id in standin.world.tasks, task.id in standin.world.tasks) == (False, True)
    publication.refresh_from_db()
    assert (publication.status, publication.result_task_id) == ("ready", None)
    assert publication.steps[-1]["request"] == f"DELETE /api/tasks/{made.id}"
    assert publication.published_frames.count() == 3
    assert api.post(url, {}).status_code == 409


def test_the_page_says_what_is_lost(web: Client, marked: Published, task: Task) -> None:
    publication, made = marked
    url = f"/publications/{publication.pk}/remove-task"
    shown = web.get(url).text
    assert "No results" in shown
    assert '<button class="button danger" type="submit">Remove the task<' in shown
    add_box(made, 0, 5)
    assert "1 new object is in this task alone" in web.get(url).text
    task.deleted = [11]
    assert "1 frame was not compared" in web.get(url).text
    answer = web.post(url)
    removal = Publication.objects.get(target="removal")
    assert (answer.status_code, answer.url) == (302, removal.get_absolute_url())
    assert "Published task removed" in web.get(answer.url).text


def test_results_that_are_being_written_back_are_waited_for(web: Client, marked: Published) -> None:
    publication, made = marked
    add_box(made, 0, 5)
    options = WriteBackOptions(publication_id=publication.pk, place=ADD)
    user = publication.requested_by
    writing = services.request_write_back(user=user, source=publication, options=options)
    with pytest.raises(Conflict, match="being written"):
        remove(publication)
    assert web.get(f"/publications/{publication.pk}/remove-task").status_code == 409
    assert carried_out(writing).status == "ready"
    assert carried_out(remove(publication)).status == "ready"


def test_no_results_are_written_back_while_it_is_removed(api: APIClient, marked: Published) -> None:
    publication, made = marked
    add_box(made, 0, 5)
    removal = remove(publication)
    url = f"/api/publications/{publication.pk}/write-back"
    for body in ({"place": ADD}, {"place": ADD, "dry_run": True}):
        answer = api.post(url, body)
        assert (answer.status_code, "is being removed" in answer.json()["detail"]) == (409, True)
    services.cancel_publication(publication=removal)
    assert api.post(url, {"place": ADD}).status_code == 202


def test_of_two_that_are_asked_for_in_the_same_moment_the_second_is_refused(
    marked: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is saved after the first look, before the row is."""
    publication, made = marked
    add_box(made, 0, 5)
    user = publication.requested_by
    options = WriteBackOptions(publication_id=publication.pk, place=ADD)
    with monkeypatch.context() as patch:
        meanwhile(patch, removing_task, lambda: write_back(publication, options))
        with pytest.raises(Conflict, match="being written"):
            remove(publication)
    services.cancel_publication(publication=Publication.objects.get(target="write_back"))
    twin: list[Publication] = []
    with monkeypatch.context() as patch:
        meanwhile(patch, writing_back, lambda: twin.append(write_back(publication, options)))
        assert [write_back(publication, options)] == twin
    services.cancel_publication(publication=twin[0])
    with monkeypatch.context() as patch:
        meanwhile(patch, writing_back, lambda: remove(publication))
        with pytest.raises(Conflict, match="is being removed"):
            services.request_write_back(user=user, source=publication, options=options)
    assert [each.target for each in Publication.objects.all().active()] == ["removal"]


def test_it_stays_when_both_were_asked_for_in_the_same_moment(
    marked: Published, standin: StandIn
) -> None:
    publication, made = marked
    add_box(made, 0, 5)
    removal = remove(publication)
    Publication.objects.filter(pk=removal.pk).update(status="cancelled")  # as if not there yet
    options = WriteBackOptions(publication_id=publication.pk, place=ADD)
    user = publication.requested_by
    writing = services.request_write_back(user=user, source=publication, options=options)
    Publication.objects.filter(pk=removal.pk).update(status="queued")
    done = carried_out(removal)
    assert (done.status, "being written" in done.error) == ("failed", True)
    assert made.id in standin.world.tasks
    assert carried_out(writing).status == "ready"


def copy_into(publication: Publication, made: Task, from_task: Task) -> Publication:
    """Copied annotations of one box."""
    connection = publication.connection
    assert connection is not None
    source = services.read_source(
        connection=connection, task_id=from_task.id, to_connection=connection, to_task_id=made.id
    )
    options = CopyOptions(source.name, partly=True, add=True)
    check = services.check_copy(
        source=source, connection=connection, task_id=made.id, options=options
    )
    return services.request_copy(user=connection.owner, check=check, options=options)


@pytest.fixture
def source(standin: StandIn, marked: Published) -> Task:
    """A task with a box on a picture of the published one."""
    _, made = marked
    assert made.media is not None
    name = made.media.name(made.order[0])
    task = standin.world.add_task("Source", owner="demo", images=[name])
    add_box(task, 0, 5)
    return task


def test_annotations_that_are_being_copied_into_it_are_waited_for(
    marked: Published, source: Task, standin: StandIn
) -> None:
    publication, made = marked
    copying = copy_into(publication, made, source)
    with pytest.raises(Conflict, match="being copied into this task"):
        remove(publication)
    Publication.objects.filter(pk=copying.pk).update(status="cancelled")  # as if not there yet
    removal = remove(publication)
    with pytest.raises(Conflict, match="This task is being removed in CVAT"):
        copy_into(publication, made, source)
    Publication.objects.filter(pk=copying.pk).update(status="queued")
    done = carried_out(removal)
    assert (done.status, "being copied" in done.error) == ("failed", True)
    assert carried_out(copying).status == "ready"
    assert made.id in standin.world.tasks


def test_jobs_that_are_being_handed_over_are_waited_for(marked: Published) -> None:
    publication, made = marked
    made.jobs[0].state = "completed"
    handed: dict[str, Any] = {"user": publication.requested_by, "source": publication}
    reviewers = [services.check_hand_over(**handed).members[0].id]
    handing_over = services.request_hand_over(**handed, reviewer_ids=reviewers)
    with pytest.raises(Conflict, match="being handed over"):
        remove(publication)
    services.cancel_publication(publication=handing_over)
    remove(publication)
    with pytest.raises(Conflict, match="This task is being removed in CVAT"):
        services.request_hand_over(**handed, reviewer_ids=reviewers)


def test_the_page_of_its_results_says_that_it_is_gone(web: Client, marked: Published) -> None:
    publication, _ = marked
    new_task = f"/publications/selections/{publication.selection_id}/task"
    assert "This makes another one" in web.get(new_task).text
    removed = carried_out(remove(publication))
    assert removed.status == "ready"
    assert "This makes another one" not in web.get(new_task).text
    answer = web.get(f"/publications/{publication.pk}/results")
    assert answer.status_code == 409
    assert ("has no results" in answer.text, "task None" in answer.text) == (True, False)
    removal = web.get(removed.get_absolute_url()).text
    assert f"#{publication.result_task_id}" in removal
    assert removed.task_url == ""
    for pk, status in ((publication.pk, "task removed"), (removed.pk, "done")):
        assert f'<span class="badge ready">{status}</span>' in web.get(f"/publications/{pk}").text


def test_another_task_is_not_deleted(marked: Published, standin: StandIn) -> None:
    publication, made = marked
    made.bug_tracker = "https://tracker.example.com/7"
    done = carried_out(remove(publication))
    assert done.status == "failed"
    assert "no longer names this publication" in done.error
    assert made.id in standin.world.tasks


@pytest.mark.parametrize("status", [None, 502])
@pytest.mark.parametrize("is_late", [False, True])
def test_a_lost_answer(
    marked: Published, standin: StandIn, status: int | None, is_late: bool
) -> None:
    publication, made = marked
    lost = standin.faults.lose("/api/tasks", method="DELETE", status=status, carried_out=is_late)
    done = carried_out(remove(publication))
    assert (done.status, done.error, lost.hits) == ("ready", "", 1)
    assert made.id not in standin.world.tasks


def test_after_a_kill_the_next_worker_goes_on(
    marked: Published, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication, _ = marked
    asked = remove(publication)
    real = TaskWriter.ensure_task_deleted

    class Killed(BaseException):
        """The process ends here."""

    def fatal(writer: TaskWriter, task_id: int) -> None:
        real(writer, task_id)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(TaskWriter, "ensure_task_deleted", fatal)
        with pytest.raises(Killed):
            carrying_out.publish(asked.pk)
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    Publication.objects.filter(pk=asked.pk).update(heartbeat_at=long_ago)
    done = carried_out(asked)
    assert (done.status, done.error) == ("ready", "")
    publication.refresh_from_db()
    assert publication.result_task_id is None
