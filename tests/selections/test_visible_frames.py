"""A page tells how many frames of a selection the viewer may see, before anything is built."""

from __future__ import annotations

import logging

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selections.draws import Draw
from selections.models import Selection
from standin.server import StandIn
from tests.making import connected, make_selection

pytestmark = pytest.mark.django_db


def page_of(user: User, path: str) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.get(path)
    return answer.status_code, " ".join(answer.content.decode().split())


@pytest.fixture
def shared(alice: User, standin: StandIn) -> Selection:
    """30 frames of job 2 of task 1, 10 of job 3, which is all that carol sees."""
    selection = make_selection(
        alice, connected(alice, standin), frames=0, visibility=Selection.Visibility.SHARED
    )
    for frame in [*range(50, 80), *range(100, 110)]:
        selection.frames.create(task_id=1, job_id=2, frame=frame, filename=f"n_{frame}.jpg")
    return selection


def test_frames_that_cvat_hides_are_counted_and_explained(
    bob: User, standin: StandIn, shared: Selection
) -> None:
    connected(bob, standin, "carol")
    _, said = page_of(bob, f"/selections/{shared.pk}/visible-frames")
    assert "You may see 10 of these 40 frames" in said
    assert "A ZIP that you build has the 10." in said
    assert '<span id="build-amount" hx-swap-oob="true"> of 10 frames</span>' in said


def test_nothing_is_said_where_all_is_seen(alice: User, shared: Selection) -> None:
    assert page_of(alice, f"/selections/{shared.pk}/visible-frames") == (200, "")


def test_none_at_all_is_said(bob: User, standin: StandIn, shared: Selection) -> None:
    connected(bob, standin, "carol")
    shared.frames.filter(frame__gte=100).delete()
    _, said = page_of(bob, f"/selections/{shared.pk}/visible-frames")
    assert "You may see none of these 30 frames" in said


def test_without_a_connection_or_an_answer_nothing_is_said(
    alice: User, bob: User, standin: StandIn, shared: Selection
) -> None:
    assert page_of(bob, f"/selections/{shared.pk}/visible-frames") == (204, "")
    standin.faults.fail("/api/jobs", status=500)
    assert page_of(alice, f"/selections/{shared.pk}/visible-frames") == (204, "")


def test_a_selection_of_several_tasks(alice: User, standin: StandIn) -> None:
    selection = make_selection(alice, connected(alice, standin, "alice"), frames=2)
    selection.tasks.create(task_id=15, name="Bob's bicycles", frames_count=1)
    selection.frames.create(task_id=15, job_id=99, frame=3, filename="bike_03.jpg")
    _, said = page_of(alice, f"/selections/{selection.pk}/visible-frames")
    assert "You may see 2 of these 3 frames" in said


def test_pictures_that_are_not_shown_are_no_warnings(
    bob: User, standin: StandIn, shared: Selection, caplog: pytest.LogCaptureFixture
) -> None:
    connection = connected(bob, standin, "carol")
    with caplog.at_level(logging.WARNING, logger="django.request"):
        status, _ = page_of(bob, f"/api/tasks/1/frames/50/thumbnail?connection={connection.pk}")
        assert status in {403, 404}
        assert caplog.records == []
        status, _ = page_of(bob, "/nothing-here")
        assert status == 404
        assert len(caplog.records) == 1


def test_frames_per_job_name_their_task_and_video_options_are_for_videos(
    alice: User, standin: StandIn
) -> None:
    selection = make_selection(alice, connected(alice, standin), frames=2)
    _, page = page_of(alice, f"/selections/{selection.pk}")
    assert "Video frames as" not in page
    selection.tasks.create(task_id=3, name="Dash cam video", frames_count=1)
    selection.frames.create(task_id=3, job_id=9, frame=3, filename="")
    _, page = page_of(alice, f"/selections/{selection.pk}")
    assert "Video frames as" in page
    assert '<h4 class="small">Dash cam video <span class="muted">#3</span></h4>' in page


def test_the_download_comes_before_the_account_of_how_it_was_made(
    alice: User, standin: StandIn
) -> None:
    selection = make_selection(alice, connected(alice, standin), frames=2)
    _, page = page_of(alice, f"/selections/{selection.pk}")
    assert page.index("Get the files") < page.index("How it was made")


def test_a_list_says_that_a_choice_by_hand_came_from_a_draw(alice: User) -> None:
    make_selection(alice, draw=Draw(task_id=1, count=3, seed=1).to_json())
    assert "by hand, from a draw" in page_of(alice, "/selections/")[1]
