"""Frames deleted in CVAT after they were saved: named on the page before a build, by drawing again
and by the API."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from portal.exceptions import NotConnected
from selections import services
from selections.draws import Draw
from selections.models import Archive, Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.conftest import connect
from tests.selections.builds import select

pytestmark = pytest.mark.usefixtures("folders", "messages")


@pytest.fixture
def thirty(standin: StandIn) -> Task:
    return standin.world.add_task(
        "Thirty",
        owner="demo",
        count=30,
        pattern="p{:02d}.png",
        segment_size=10,
        deleted=[3, 13, 23],
    )


@pytest.fixture
def by_hand(thirty: Task, mine: Connection) -> Selection:
    return select(mine, (thirty.id, [4, 14, 24]))


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def part(web: Client, selection: Selection) -> str:
    return web.get(f"/selections/{selection.pk}/deleted-frames").text


def test_the_page_asks_when_it_is_there(web: Client, by_hand: Selection) -> None:
    page = web.get(f"/selections/{by_hand.pk}").text
    assert f'hx-get="/selections/{by_hand.pk}/deleted-frames"' in page


def test_nothing_deleted_nothing_said(web: Client, by_hand: Selection) -> None:
    assert part(web, by_hand).strip() == ""


def test_the_page_names_them_and_offers_the_choice(
    web: Client, by_hand: Selection, thirty: Task, standin: StandIn
) -> None:
    standin.world.set_deleted(thirty.id, [3, 4, 23])
    text = part(web, by_hand)
    assert "1 frame was deleted in CVAT since this selection was saved: 4 (p04.png)." in text
    assert "Deliver them, marked in the manifest" in text
    assert "Leave them out" in text
    web.post(f"/selections/{by_hand.pk}/build", {"deleted_frames": "leave_out"})
    assert Archive.objects.get().options["deleted_frames"] == "leave_out"


@pytest.mark.parametrize("lists_all", [False, True])
def test_who_sees_but_one_job_is_told_of_its_frames(
    lists_all: bool,
    alice: User,
    web: Client,
    thirty: Task,
    standin: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also by an older server, whose meta of a job lists the deleted frames of the whole task."""
    thirty.jobs[1].assignee = standin.world.user("carol")
    hers = connect(alice, standin, "carol")
    selection = select(hers, (thirty.id, [14, 15]))
    standin.world.set_deleted(thirty.id, [4, 15, 24])
    standin.world.lists_all_deleted = lists_all
    found = services.find_deleted(user=alice, selection=selection)
    assert [frame["frame"] for frame in found.frames] == [15]


def test_a_cvat_that_is_away_hides_no_page(
    web: Client, by_hand: Selection, standin: StandIn
) -> None:
    standin.faults.fail("/data/meta", status=500)
    text = part(web, by_hand)
    assert "could not be found out" in text
    assert web.get(f"/selections/{by_hand.pk}").status_code == 200


def test_without_a_connection_nobody_is_asked(
    bob: User, by_hand: Selection, client: Client
) -> None:
    by_hand.visibility = Selection.Visibility.SHARED
    by_hand.save()
    with pytest.raises(NotConnected):
        services.find_deleted(user=bob, selection=by_hand)
    client.force_login(bob)
    assert "deleted-frames" not in client.get(f"/selections/{by_hand.pk}").text


def test_draw_again_names_what_is_gone(
    alice: User, mine: Connection, thirty: Task, standin: StandIn, web: Client
) -> None:
    draw = Draw(task_id=thirty.id, count=9, seed=7)
    drawn = services.create_random_selection(owner=alice, connection=mine, draw=draw)
    assert drawn.frames.count() == 27
    standin.world.set_deleted(thirty.id, [3, 4, 13, 23])
    again = services.draw_again(user=alice, selection=drawn)
    assert again.text == (
        "Drawn again: 26 of 27 frames are the same as before; "
        "1 is no longer there: 4 (p04.png), deleted in CVAT."
    )
    page = web.post(f"/selections/{drawn.pk}/draw-again", {"seed": "same"}, follow=True).text
    assert "26 of 27 frames are the same as before" in page


def test_draw_again_counts_what_was_restored(
    alice: User, mine: Connection, thirty: Task, standin: StandIn
) -> None:
    draw = Draw(task_id=thirty.id, count=10, seed=7)
    drawn = services.create_random_selection(owner=alice, connection=mine, draw=draw)
    standin.world.set_deleted(thirty.id, [3, 4, 23])
    words = services.draw_again(user=alice, selection=drawn).text
    assert words == (
        "Drawn again: 26 of 27 frames are the same as before; "
        "1 is no longer there: 4 (p04.png), deleted in CVAT; 1 is new."
    )


def test_draw_again_of_the_same_is_the_same(alice: User, mine: Connection, thirty: Task) -> None:
    draw = Draw(task_id=thirty.id, count=2, seed=7)
    drawn = services.create_random_selection(owner=alice, connection=mine, draw=draw)
    words = services.draw_again(user=alice, selection=drawn).text
    assert words == "Drawn again: all 6 frames are the same as before."
