"""What changed in CVAT since a selection was saved; what a draw would give before it is saved."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from selections import services
from selections.draws import Draw
from selections.models import Selection
from selector.models import Connection
from standin.model import Task
from standin.server import StandIn
from tests.conftest import empty_cache
from tests.making import make_selection
from tests.selections.builds import select


@pytest.fixture
def thirty(standin: StandIn) -> Task:
    return standin.world.add_task(
        "Thirty", owner="demo", count=30, pattern="p{:02d}.png", segment_size=10
    )


@pytest.fixture
def selection(thirty: Task, mine: Connection) -> Selection:
    return select(mine, (thirty.id, [4, 5, 14, 24]))


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def drift(web: Client, selection: Selection) -> str:
    return web.get(f"/selections/{selection.pk}/drift").text


def test_nothing_changed(web: Client, selection: Selection) -> None:
    page = web.get(f"/selections/{selection.pk}").text
    assert f'hx-get="/selections/{selection.pk}/drift"' in page
    assert "Nothing changed: CVAT has all 4 frames as they were saved." in drift(web, selection)


def test_each_kind_of_change(
    web: Client, api: APIClient, selection: Selection, thirty: Task, standin: StandIn
) -> None:
    """The saved rows are changed in place of CVAT, where that is the same."""
    standin.world.set_deleted(thirty.id, [4])
    selection.frames.filter(frame=5).update(filename="old.png")
    selection.frames.filter(frame=14).update(width=1, height=2)
    selection.frames.create(task_id=thirty.id, job_id=987654, frame=99, filename="gone.png")
    text = drift(web, selection)
    assert "1 of 5 deleted in CVAT" in text
    assert "1 of 5 renamed" in text
    assert "(old.png) → p05.png" in text
    assert "1 of 5 of another size" in text
    assert "1 of 5 no longer offered to you" in text
    answer = api.get(f"/api/selections/{selection.pk}/drift").json()
    assert answer["total"] == 5
    counts = {kind["change"]: kind["count"] for kind in answer["changes"]}
    assert counts == {"deleted": 1, "missing": 1, "renamed": 1, "resized": 1}
    renamed = next(kind for kind in answer["changes"] if kind["change"] == "renamed")
    assert renamed["frames"] == [
        {"task_id": thirty.id, "frame": 5, "filename": "old.png", "detail": "p05.png"}
    ]


def served_anew(selection: Selection) -> bool:
    drift = services.find_drift(user=selection.owner, selection=selection)
    return bool(drift.new_pictures)


def test_other_pictures_since_the_frames_were_read(
    selection: Selection, thirty: Task, mine: Connection
) -> None:
    """A copy or combination of frames read before the change tells of it; what replaces such a
    selection was read after it."""
    operation = Selection.Operation
    assert not served_anew(selection)
    thirty.chunks_updated_date = timezone.now()
    empty_cache()
    later = select(mine, (thirty.id, [4, 6]))
    copy = services.copy_selection(user=mine.owner, selection=selection)
    both = [later, selection]
    union = services.combine_selections(user=mine.owner, selections=both, operation=operation.UNION)
    rest = services.combine_selections(
        user=mine.owner, selections=both, operation=operation.DIFFERENCE
    )
    assert [served_anew(each) for each in (selection, copy, union)] == [True] * 3
    assert [served_anew(each) for each in (later, rest)] == [False] * 2
    replaced = services.save_selection(
        owner=mine.owner,
        connection=mine,
        choices=[services.Choice(thirty.id, 4)],
        draw=None,
        name="",
        note=None,
        replaces=selection,
    )
    assert not served_anew(replaced)


def test_a_task_that_is_gone(web: Client, selection: Selection, standin: StandIn) -> None:
    selection.tasks.update(task_id=987654)
    selection.frames.update(task_id=987654, job_id=987654)
    assert "4 of 4 no longer offered to you" in drift(web, selection)


def test_without_a_connection(web: Client, alice: User) -> None:
    assert "You are not connected to" in drift(web, make_selection(alice))


# --- before a draw is saved ---


@pytest.fixture
def drawn(thirty: Task, mine: Connection) -> Selection:
    return services.create_random_selection(
        owner=mine.owner,
        connection=mine,
        draw=Draw(task_id=thirty.id, count=4, seed=7),
        name="Round 1",
    )


def test_what_a_draw_would_give(
    web: Client, drawn: Selection, thirty: Task, standin: StandIn
) -> None:
    page = web.get(f"/selections/{drawn.pk}/draw-preview").text
    assert "With seed 7 the draw gives 12 frames now: all the same as before." in page
    gone = drawn.frames.all()[0].frame
    standin.world.set_deleted(thirty.id, [gone])
    answer = web.get(f"/selections/{drawn.pk}/draw-preview")
    preview = answer.context["preview"]
    assert [frame.frame for frame in preview.gone] == [gone]
    assert len(preview.new) == 1
    assert "11 of the 12 from before, and 1 new." in answer.text
    assert Selection.objects.count() == 1


def test_another_seed_is_saved_as_it_was_shown(web: Client, drawn: Selection) -> None:
    preview = web.get(f"/selections/{drawn.pk}/draw-preview?seed=new").context["preview"]
    assert preview.seed != 7
    body = {"random_seed": str(preview.seed)}
    web.post(f"/selections/{drawn.pk}/draw-again", body)
    again = Selection.objects.exclude(pk=drawn.pk).get()
    shown = {frame.frame for frame in preview.new}
    before = {frame.frame for frame in drawn.frames.all()}
    assert {frame.frame for frame in again.frames.all()} - before == shown
    assert again.random_seed == preview.seed


def test_a_draw_without_chance_names_no_seed(web: Client, mine: Connection, thirty: Task) -> None:
    draw = Draw(task_id=thirty.id, method="every_nth", settings={"frame_step": 10}, seed=7)
    every_tenth = services.create_random_selection(owner=mine.owner, connection=mine, draw=draw)
    twin = services.combine_selections(
        user=mine.owner, selections=[every_tenth, every_tenth], operation=Selection.Operation.UNION
    )
    preview = web.get(f"/selections/{every_tenth.pk}/draw-preview").text
    combined = web.get(twin.get_absolute_url()).text
    assert "The draw gives 3 frames now: all the same as before." in preview
    assert "every n-th frame" in combined
    for page in (web.get(every_tenth.get_absolute_url()).text, preview, combined):
        assert "with seed" not in page
        assert "another seed" not in page
        assert "the same seed" not in page


@pytest.mark.parametrize("seed", ["x", "-1", "9" * 30])
def test_what_is_no_seed(web: Client, drawn: Selection, seed: str) -> None:
    answer = web.post(f"/selections/{drawn.pk}/draw-again", {"random_seed": seed})
    assert answer.status_code == 400
    assert "The seed must be 0 to" in answer.text
