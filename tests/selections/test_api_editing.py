"""Changing the frames of a selection by the API, and reading its revisions."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selections.models import Selection
from standin.server import StandIn
from tests.conftest import api_of
from tests.making import connected, make_selection

pytestmark = pytest.mark.django_db


@pytest.fixture
def selection(alice: User, standin: StandIn) -> Selection:
    """Frames 0, 1 and 2 of task 1."""
    return make_selection(alice, connected(alice, standin), name="Round 1")


def change(client: Client, selection: Selection, **body: object) -> tuple[int, dict]:
    path = f"/api/selections/{selection.pk}/frames"
    answer = client.patch(path, body, content_type="application/json")
    return answer.status_code, answer.json()


def frames(client: Client, selection: Selection, **query: object) -> list[int]:
    answer = client.get(f"/api/selections/{selection.pk}/frames", query)
    assert answer.status_code == 200, answer.content
    return [each["frame"] for each in answer.json()["results"]]


FIVE = [{"task_id": 1, "frame": 5}]
ONE = [{"task_id": 1, "frame": 1}]


def test_frames_of_an_answer_can_be_sent_back(selection: Selection, alice: User) -> None:
    client = api_of(alice)
    listed = client.get(f"/api/selections/{selection.pk}/frames").json()["results"]
    status, answer = change(client, selection, revision=1, add=FIVE, remove=listed[:1])
    assert (status, answer["revision"], answer["frames_count"]) == (200, 2, 3)
    assert frames(client, selection) == [1, 2, 5]


def test_a_change_of_what_somebody_else_changed_is_refused(
    selection: Selection, alice: User, bob: User
) -> None:
    selection.shares.create(person=bob, may_edit=True)
    assert change(api_of(bob), selection, revision=1, remove=ONE)[0] == 200
    status, answer = change(api_of(alice), selection, revision=1, remove=ONE)
    assert (status, answer["code"]) == (409, "conflict")
    assert "frames of “Round 1” were changed by bob meanwhile" in answer["detail"]
    assert change(api_of(alice), selection, revision=2, remove=ONE)[1]["revision"] == 2


def test_an_editor_adds_through_an_own_connection(
    selection: Selection, bob: User, standin: StandIn
) -> None:
    selection.shares.create(person=bob, may_edit=True)
    client = api_of(bob)
    status, answer = change(client, selection, revision=1, add=FIVE)
    assert (status, answer["code"]) == (409, "not_connected")
    connected(bob, standin)
    assert change(client, selection, revision=1, add=FIVE)[0] == 200


def test_revisions_are_listed_read_and_gone_back_to(selection: Selection, alice: User) -> None:
    client = api_of(alice)
    path = f"/api/selections/{selection.pk}"
    assert client.get(f"{path}/revisions").json()["results"] == []
    change(client, selection, revision=1, add=FIVE, remove=ONE)
    last, first = client.get(f"{path}/revisions").json()["results"]
    assert (first["number"], first["made_by"], first["frames_count"]) == (1, None, 3)
    of_last = {name: last[name] for name in ("number", "made_by", "added", "removed", "back_to")}
    assert of_last == {"number": 2, "made_by": "alice", "added": 1, "removed": 1, "back_to": None}
    assert frames(client, selection, revision=1) == [0, 1, 2]
    assert frames(client, selection, revision=2, change="added") == [5]
    assert frames(client, selection, revision=2, change="removed") == [1]
    body = {"revision": 2, "to": 1}
    answer = client.post(f"{path}/go-back", body, content_type="application/json")
    assert (answer.status_code, answer.json()["revision"]) == (200, 3)
    assert frames(client, selection) == [0, 1, 2]


def test_readers_see_the_present_frames_alone(selection: Selection, alice: User, bob: User) -> None:
    change(api_of(alice), selection, revision=1, remove=ONE)
    selection.shares.create(person=bob)
    client = api_of(bob)
    assert frames(client, selection, revision=2) == [0, 2]
    for query in ({"revision": 1}, {"revision": 2, "change": "removed"}):
        assert client.get(f"/api/selections/{selection.pk}/frames", query).status_code == 404
    assert client.get(f"/api/selections/{selection.pk}/revisions").status_code == 404
    assert change(client, selection, revision=2, remove=ONE)[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {"revision": 1},
        {"add": FIVE},
        {"revision": 0, "add": FIVE},
        {"revision": 1, "add": FIVE, "remove": FIVE},
        {"revision": 1, "add": [{"task_id": 1}]},
        {"revision": 1, "add": FIVE, "name": "x"},
    ],
)
def test_what_is_refused(selection: Selection, alice: User, body: dict) -> None:
    assert change(api_of(alice), selection, **body)[0] == 400
    assert Selection.objects.get(pk=selection.pk).revision == 1
