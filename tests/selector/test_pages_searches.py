"""Filters of the list of tasks, and saved searches, on the page."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selector.models import Connection, SavedSearch


@pytest.fixture
def web(client: Client, alice: User, connection: Connection) -> Client:
    client.force_login(alice)
    return client


def tasks_in(page: str) -> list[str]:
    return re.findall(r'<li class="task-card.*?<span class="muted small">#(\d+)', page, re.DOTALL)


def test_the_list_is_filtered(web: Client) -> None:
    assert tasks_in(web.get("/choose", {"find": "crossing", "subset": "test"}).text) == ["13"]
    assert tasks_in(web.get("/choose", {"project": 2, "subset": "train"}).text) == ["12"]
    assert "Tasks that match" in web.get("/choose", {"assignee": "alice"}).text
    nothing = web.get("/choose", {"assignee": "nobody-there", "status": "completed"}).text
    assert "No task fulfils all of: status completed · assigned to nobody-there" in nothing
    assert web.get("/choose", {"status": "done"}).status_code == 400


def test_a_search_is_saved_opened_and_deleted(web: Client) -> None:
    given = {
        "find": "crossing",
        "project": "",
        "status": "annotation",
        "assignee": "",
        "subset": "",
    }
    answer = web.post("/searches", given | {"name": "Crossings"}, follow=True)
    assert "The search “Crossings” is saved." in answer.text
    assert sorted(tasks_in(answer.text)) == ["12", "13"]
    saved = SavedSearch.objects.get()
    assert f'Saved as <a href="{saved.get_absolute_url()}' in answer.text.replace("&amp;", "&")
    assert "Saved as" not in web.get("/choose", {"find": "crossing"}).text
    landing = web.get("/choose").text
    assert "words “crossing” · status annotation" in landing
    workspace = web.get(saved.get_absolute_url()).text
    assert "<h1>Crossings</h1>" in workspace
    assert "Saved search · 2 tasks · " in workspace
    assert f'"saved_search": {saved.pk}' in workspace
    assert "is deleted" in web.post(f"/searches/{saved.pk}/delete", follow=True).text
    assert "Crossings</a>" not in web.get("/choose").text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "", "subset": "train"}, "A search needs a name"),
        ({"name": "All"}, "Give at least one condition"),
    ],
)
def test_what_cannot_be_saved(web: Client, given: dict[str, str], words: str) -> None:
    assert words in web.post("/searches", given, follow=True).text
    assert not SavedSearch.objects.exists()
