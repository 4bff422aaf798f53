"""The page of one selection: its frames, how it was made, drawing again; the page of archives."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from portal.exceptions import InvalidInput
from selections import services
from selections.draws import Draw
from selections.models import Selection
from selector.models import Connection
from standin.server import StandIn
from tests.making import connected, make_archive, make_connection, make_selection
from tests.selections.builds import Folders


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def drawn(connection: Connection, **request: Any) -> Selection:
    asked = Draw(**{"task_id": 1, "count": 4, "seed": 7} | request)
    return services.create_random_selection(
        owner=connection.owner, connection=connection, draw=asked, name="Round 1"
    )


def test_tasks_drawn_from_are_told_apart_from_those_with_frames(
    web: Client, connection: Connection
) -> None:
    selection = drawn(connection, task_id=None, task_ids=(1, 2))
    page = web.get(f"/selections/{selection.pk}").text
    assert "<dt>Drawn from tasks</dt>" in page
    assert len(re.findall("<dt>Tasks?</dt>", page)) == 1


def test_drawn_without_the_frames_of_another(
    web: Client, alice: User, bob: User, connection: Connection, standin: StandIn
) -> None:
    """And again so, for whoever may still read that other one."""
    first = drawn(connection)
    second = drawn(connection, exclude_selections=(first.pk,))
    page = web.get(f"/selections/{second.pk}").text
    assert "4 frames from each job of task 1, without those of 1 other selection, drawn" in page
    assert f"<dd>{first.pk}</dd>" in page
    again = services.draw_again(user=alice, selection=second)
    assert again.same == again.count == 20
    services.update_selection(selection=second, visibility="shared")
    connected(bob, standin)
    with pytest.raises(InvalidInput, match=f"selection {first.pk} cannot be left out"):
        services.draw_again(user=bob, selection=second)
    services.update_selection(selection=first, visibility="shared")
    assert services.draw_again(user=bob, selection=second).same == 20


def adjusted(connection: Connection) -> Selection:
    """Drawn, and two frames taken out."""
    asked = Draw(task_id=1, count=4, seed=7)
    drawn = services.draw_frames(user=connection.owner, connection=connection, draw=asked)
    frames = drawn.sample.frames[2:]
    return services.create_random_selection(
        owner=connection.owner,
        connection=connection,
        draw=asked,
        choices=[services.Choice(frame.task_id, frame.frame) for frame in frames],
    )


# --- frames ------------------------------------------------------------------------------------


def test_frames_as_pictures(web: Client, alice: User) -> None:
    connection = make_connection(alice)
    selection = make_selection(alice, connection, frames=130)
    selection.frames.filter(frame__gte=100).update(job_id=2)
    page = web.get(f"/selections/{selection.pk}").text
    assert f'src="/api/tasks/1/frames/0/thumbnail?connection={connection.pk}"' in page
    image = f'href="/api/tasks/1/frames/0/image?connection={connection.pk}&amp;quality=compressed"'
    assert image in page
    assert page.count("/thumbnail?") == 120
    assert "Job 2 of task 1" in page
    assert "1–120 of 130" in page
    answer = web.get(f"/selections/{selection.pk}?job=2&page=1")
    assert answer.text.count("/thumbnail?") == 30
    assert "Frames of job 2" in answer.text


def test_frames_as_a_list(web: Client, alice: User) -> None:
    selection = make_selection(alice, make_connection(alice))
    page = web.get(f"/selections/{selection.pk}?view=list").text
    assert "/thumbnail?" not in page
    assert "n_2.jpg" in page


def test_without_a_connection_the_list_and_why(web: Client, alice: User) -> None:
    selection = make_selection(alice)
    page = web.get(f"/selections/{selection.pk}").text
    assert "you are not connected to it" in page
    assert "n_2.jpg" in page
    assert "Open in the workspace" not in page


@pytest.mark.parametrize("query", ["job=99", "job=x", "job=-1", "view=x", "page=x", "page=99"])
def test_queries_that_make_no_sense(web: Client, alice: User, query: str) -> None:
    selection = make_selection(alice, make_connection(alice))
    answer = web.get(f"/selections/{selection.pk}?{query}")
    assert answer.status_code == 200
    assert ("No frames here" in answer.text) == (query == "job=99")


def test_open_in_the_workspace(web: Client, alice: User, bob: User) -> None:
    """Through the viewer's own connection: its task, or its tasks together, or what it was drawn
    from."""
    selection = make_selection(bob, make_connection(bob), visibility="shared")
    mine = make_connection(alice)

    def is_opened_by(named: str) -> bool:
        address = f"/choose?{named}&amp;selection={selection.pk}&amp;connection={mine.pk}"
        return address in web.get(f"/selections/{selection.pk}").text

    assert is_opened_by("task=1")
    selection.tasks.create(task_id=2, name="two", frames_count=0)
    assert is_opened_by("tasks=1,2")
    drawn = Draw(method="random_uniform", count=2, seed=7, task_ids=(1, 2, 3))
    selection.frame_selection_method = drawn.method
    for draw, named in [
        (drawn, "tasks=1,2,3"),
        (replace(drawn, task_ids=(), project_id=4), "project=4&amp;all=1"),
    ]:
        selection.draw = draw.to_json()
        selection.save()
        assert is_opened_by(named)


def test_pictures_of_one_name_are_told_apart_by_their_folders(
    web: Client, connection: Connection
) -> None:
    selection = make_selection(connection.owner, connection)
    selection.frames.update(filename="cam_a/day/img_000.jpg")
    page = web.get(f"/selections/{selection.pk}").text
    assert '<span class="shot-folder">cam_a/day</span>' in page
    selection.frames.update(filename="img_000.jpg")
    assert "shot-folder" not in web.get(f"/selections/{selection.pk}").text


# --- how it was made ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({}, "4 frames from each job of task 1, drawn at random with seed 7."),
        ({"count": 1}, "1 frame from each job of task 1, drawn"),
        ({"method": "random_uniform"}, "4 frames of task 1, drawn"),
        ({"job_ids": (2, 3)}, "4 frames from each of 2 jobs of task 1, drawn"),
        ({"job_ids": (2, 3)}, "<dd>2, 3</dd>"),
        (
            {"method": "random_uniform", "count": 500},
            "227 frames (500 were asked for) of task 1, drawn",
        ),
        ({"job_ids": (2,), "method": "random_uniform"}, "4 frames of 1 job of task 1, drawn"),
        ({"task_id": None, "job_id": 2}, "4 frames of job 2, drawn"),
        ({"count": None, "share": 0.125}, "12.5 % of the frames of each job of task 1, drawn"),
    ],
)
def test_in_words(web: Client, connection: Connection, request_: dict, words: str) -> None:
    page = web.get(f"/selections/{drawn(connection, **request_).pk}").text
    assert words in page
    assert "Saved by alice on " in page


def test_adjusted_in_words(web: Client, connection: Connection) -> None:
    page = web.get(f"/selections/{adjusted(connection).pk}").text
    assert (
        "4 frames from each job of task 1, drawn at random with seed 7, then adjusted by hand."
        in page
    )


# --- drawing again -----------------------------------------------------------------------------


def frames(selection: Selection) -> set[int]:
    return set(selection.frames.values_list("frame", flat=True))


def test_the_same_seed_draws_the_same(web: Client, connection: Connection) -> None:
    first = drawn(connection)
    answer = web.post(f"/selections/{first.pk}/draw-again", {"seed": "same"}, follow=True)
    again = Selection.objects.exclude(pk=first.pk).get()
    assert answer.redirect_chain == [(again.get_absolute_url(), 302)]
    assert "all 20 frames are the same as before" in answer.text
    assert (again.name, again.random_seed) == ("Round 1, drawn again", 7)
    assert frames(again) == frames(first)
    assert again.parameters == first.parameters


def test_another_seed_draws_others(web: Client, connection: Connection) -> None:
    first = drawn(connection)
    answer = web.post(f"/selections/{first.pk}/draw-again", {"seed": "new"}, follow=True)
    again = Selection.objects.exclude(pk=first.pk).get()
    assert again.random_seed != 7
    assert frames(again) != frames(first)
    same = len(frames(again) & frames(first))
    assert f"{same} of 20 frames are the same as before" in answer.text


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "random_uniform", "count": None, "share": 0.1},
        {"task_id": None, "job_id": 2},
        {"method": "random_uniform", "job_id": 3},
    ],
)
def test_every_kind_of_draw(connection: Connection, alice: User, request_: dict) -> None:
    first = drawn(connection, **request_)
    again = services.draw_again(user=alice, selection=first)
    assert frames(again.selection) == frames(first)
    assert again.selection.parameters == first.parameters


def test_what_was_adjusted_is_drawn_as_before(connection: Connection, alice: User) -> None:
    again = services.draw_again(user=alice, selection=adjusted(connection))
    assert (again.count, again.same) == (20, 18)
    assert again.selection.frame_selection_method == "random_per_job"


def test_what_others_share_is_drawn_through_ones_own_access(
    web: Client, alice: User, bob: User, standin: StandIn
) -> None:
    first = drawn(connected(bob, standin))
    services.update_selection(selection=first, visibility="shared")
    answer = web.post(f"/selections/{first.pk}/draw-again")
    assert answer.status_code == 409
    assert "You are not connected to" in answer.text
    mine = connected(alice, standin)
    assert web.post(f"/selections/{first.pk}/draw-again").status_code == 302
    again = Selection.objects.get(owner=alice)
    assert (again.connection, again.visibility) == (mine, "private")


def test_by_hand_there_is_nothing_to_draw(web: Client, alice: User) -> None:
    selection = make_selection(alice, make_connection(alice))
    assert "Draw again" not in web.get(f"/selections/{selection.pk}").text
    with pytest.raises(InvalidInput):
        services.draw_again(user=alice, selection=selection)


# --- archives ----------------------------------------------------------------------------------


def test_archives_by_status(web: Client, alice: User, bob: User, folders: Folders) -> None:
    selection = make_selection(alice)
    expires = timezone.now() + timedelta(days=3, hours=1)
    ready = make_archive(alice, selection, "ready", size=2_000_000, expires_at=expires)
    make_archive(alice, selection, "incomplete", size=500_000)
    make_archive(alice, selection, "failed", size=1)
    make_archive(bob, make_selection(bob), "ready", size=10**9)
    answer = web.get("/selections/archives")
    assert "2 with files: 2.5 MB" in answer.text.replace("\xa0", " ")
    assert "kept for 3 days more" in answer.text.replace("\xa0", " ")
    assert len(answer.context["page"].object_list) == 3
    answer = web.get("/selections/archives?status=ready")
    assert list(answer.context["page"].object_list) == [ready]
    assert "No archive is cancelled" in web.get("/selections/archives?status=cancelled").text
    assert len(web.get("/selections/archives?status=x").context["page"].object_list) == 3


def test_what_is_about_to_expire(web: Client, alice: User, folders: Folders) -> None:
    make_archive(alice, make_selection(alice), "ready", expires_at=timezone.now())
    assert "about to be removed" in web.get("/selections/archives").text
