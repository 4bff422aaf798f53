"""What the pages of publications tell a person who uses them for the first time."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.test import Client

from publishing.models import Publication, WritePermission
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from tests.publishing.making import request_task, select

pytestmark = pytest.mark.usefixtures("sent")


@pytest.fixture
def selection(connection: Connection, task: Task, permission: WritePermission) -> Selection:
    return select(connection, task, [3, 14])


def test_the_background_is_spoken_of_while_there_is_something_in_it(
    web: Client, selection: Selection
) -> None:
    publication = request_task(selection)
    own = f"/publications/{publication.pk}"
    assert "you may leave this page" in web.get(own).text
    assert "you may leave this page" in web.get(f"{own}/progress").text
    cancelled = web.post(f"{own}/cancel", follow=True).text
    assert "you may leave this page" not in cancelled
    assert "The publication is cancelled." in cancelled
    assert "What CVAT has done already stays." not in cancelled


def test_a_task_is_offered_once_it_is_whole(web: Client, selection: Selection) -> None:
    publication = request_task(selection)
    own = f"/publications/{publication.pk}"
    rows = Publication.objects.filter(pk=publication.pk)
    sent = {"request": "POST /api/tasks/5/data", "text": "Upload", "sent_at": "2026-01-01T00:00Z"}
    rows.update(status="running", result_task_id=5, steps=[sent])
    under_way = web.get(own).text
    assert "Open task 5 in CVAT" not in under_way
    assert "not done yet" in under_way
    rows.update(status="failed")
    failed = web.get(own).text
    assert "Open task 5 in CVAT" in failed
    assert "the answer is not known" in failed


def test_a_second_task_of_one_selection_is_told_before_it_is_made(
    web: Client, selection: Selection
) -> None:
    page = f"/publications/selections/{selection.pk}/task"
    assert "This makes another one." not in web.get(page).text
    publication = request_task(selection)
    web.post(f"/publications/{publication.pk}/cancel")
    assert "This makes another one." not in web.get(page).text
    rows = Publication.objects.filter(pk=publication.pk)
    rows.update(status="ready", result_task_id=5)
    shown = web.get(page).text
    assert f'<a href="/publications/{publication.pk}">task 5</a>' in shown
    assert "This makes another one." in shown


def test_the_password_of_the_sample_tasks_is_told_for_their_account_alone(
    web: Client, connection: Connection, settings: LazySettings
) -> None:
    page = f"/publications/connections/{connection.pk}/permission"
    settings.STANDIN_URL = ""
    assert "<code>demo-password</code>" not in web.get(page).text
    settings.STANDIN_URL = connection.url
    assert "<code>demo-password</code>" in web.get(page).text
    Connection.objects.filter(pk=connection.pk).update(username="bob")
    assert "<code>demo-password</code>" not in web.get(page).text
