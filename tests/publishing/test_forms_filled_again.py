"""What is typed into a form stays on the way to the permission to write, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cvat.client import CvatClient
from publishing.models import Publication
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.conftest import empty_cache
from tests.making import make_connection, make_upload
from tests.publishing.making import mark, request_task, select
from tests.publishing.test_tasks_of_files import day

pytestmark = pytest.mark.usefixtures("sent")

GIVEN: dict[str, Any] = {
    "name": "Hard cases",
    "image_quality": "81",
    "without_labels": ["car"],
    "label_schema": "not yet {",
    "with_annotations": "on",
    "deleted_frames": "deliver",
}


@pytest.fixture
def selection(connection: Connection, task: Task) -> Selection:
    return select(connection, task, [3, 13])


def leave(web: Client, page: str, given: dict[str, Any]) -> str:
    """The address of the page of the permission."""
    address: str = web.post(page, given | {"allow": "1"}).headers["Location"]
    return address


def test_the_new_task_is_filled_in_again(
    web: Client, connection: Connection, selection: Selection
) -> None:
    page = f"/publications/selections/{selection.pk}/task"
    assert "You come back to this page" in web.get(page).text
    address = leave(web, page, GIVEN)
    assert address == f"/publications/connections/{connection.pk}/permission?for={page}"
    assert f'href="{page}?again=1"' in web.get(address).text
    wrong = web.post(address, {"for": page, "password": "wrong"})
    assert f'<input type="hidden" name="for" value="{page}">' in wrong.text
    back = web.post(address, {"for": page, "password": "demo-password"})
    assert back.headers["Location"] == f"{page}?again=1"
    form = web.get(f"{page}?again=1")
    assert "The form is as you filled it in" in form.text
    shown = form.context["form"]
    assert {name: shown[name].value() for name in GIVEN} == GIVEN | {"with_annotations": True}
    assert web.get(page).context["form"]["name"].value() == "To check"
    assert not Publication.objects.exists()


@pytest.mark.usefixtures("permission")
def test_trying_again_begins_with_what_was_chosen(web: Client, selection: Selection) -> None:
    page = f"/publications/selections/{selection.pk}/task"
    given = {
        "name": "Hard cases",
        "image_quality": "81",
        "without_labels": ["car"],
        "subset": "Train",
        "frames_per_job": "1",
        "quality": "original",
        "job_assignees": "demo",
        "with_annotations": "on",
        "deleted_frames": "deliver",
    }
    publication = web.post(page, given).headers["Location"]
    web.post(f"{publication}/cancel")
    [tried] = Publication.objects.all()
    assert tried.again_url == f"{page}?like={tried.pk}"
    assert f'href="{tried.again_url}">Try again' in web.get(publication).text
    shown = web.get(tried.again_url).context["form"]
    filled = {name: str(shown[name].value()) for name in given}
    assert filled == given | {"without_labels": "['car']", "with_annotations": "True"}
    assert shown["overlap"].value() is None


@pytest.mark.usefixtures("permission")
def test_only_an_own_task_of_the_selection_is_tried_again(
    web: Client, bob: User, selection: Selection
) -> None:
    page = f"/publications/selections/{selection.pk}/task"
    theirs = request_task(selection, name="Hard cases", deleted_frames="deliver")
    Publication.objects.filter(pk=theirs.pk).update(requested_by=bob)
    for like in (theirs.pk, theirs.pk + 1, "x", ""):
        assert web.get(f"{page}?like={like}").context["form"]["name"].value() == "To check"


def test_the_other_forms_are_too(web: Client, connection: Connection, task: Task) -> None:
    selection = select(connection, task, [3, 13])
    mark(selection, 3)
    truth, issues = (
        f"/publications/selections/{selection.pk}/{name}" for name in ("ground-truth", "issues")
    )
    leave(web, truth, {"deleted_frames": "leave_out"})
    leave(web, issues, {"job_stage": "validation"})
    form = web.get(f"{truth}?again=1").context["form"]
    assert form["deleted_frames"].value() == "leave_out"
    form = web.get(f"{issues}?again=1").context["form"]
    assert form["job_stage"].value() == "validation"


def test_that_of_files_is_too_with_its_server_and_project(
    web: Client,
    alice: User,
    connection: Connection,
    standin: StandIn,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that is not the one used last, and a project that the list does not have."""
    settings.UPLOADS_DIR = tmp_path
    project = min(standin.world.projects)
    real = CvatClient.projects
    monkeypatch.setattr(CvatClient, "projects", lambda client: real(client, limit=1))
    make_connection(alice, "https://other.example.com")
    page = f"/publications/files/{make_upload(alice, day()).pk}"
    assert "You come back to this page" in web.get(page, {"connection": connection.pk}).text
    given = {"connection": connection.pk, "name": "Day 2", "project": project, "subset": "Train"}
    address = leave(web, page, given)
    assert address == f"/publications/connections/{connection.pk}/permission?for={page}"
    back = web.post(address, {"for": page, "password": "demo-password"})
    assert back.headers["Location"] == f"{page}?again=1"
    form = web.get(f"{page}?again=1")
    assert form.context["check"].connection == connection
    assert f'<option value="{project}" selected>' in form.text
    assert form.context["form"]["subset"].value() == "Train"
    assert not Publication.objects.exists()


def test_what_is_typed_is_that_of_one_person_and_form(
    web: Client, client: Client, bob: User, selection: Selection
) -> None:
    page = f"/publications/selections/{selection.pk}/task"
    leave(web, page, GIVEN)
    empty_cache()
    lost = web.get(f"{page}?again=1")
    assert "does not have what you typed any more" in lost.text
    assert lost.context["form"]["name"].value() == "To check"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/publications/"])
def test_it_leads_to_no_other_page(web: Client, connection: Connection, elsewhere: str) -> None:
    page = f"/publications/connections/{connection.pk}/permission"
    assert "Back without it" not in web.get(page, {"for": elsewhere}).text
    answer = web.post(page, {"for": elsewhere, "password": "demo-password"})
    assert answer.headers["Location"] == page
