"""Rounds of recipes that a schedule has drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from portal.exceptions import InvalidInput
from selections import services, tasks
from selections.draws import Draw
from selections.models import Recipe, Selection
from selections.schedules import DAILY, NEVER, WEEKLY, Schedule
from selector.models import Connection
from standin.server import StandIn

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("schedule", "moment", "due"),
    [
        (Schedule(DAILY, 6), "2026-11-26 05:59", "2026-11-26 06:00"),
        (Schedule(DAILY, 6), "2026-11-26 06:00", "2026-11-27 06:00"),
        (Schedule(DAILY, 0), "2026-12-31 23:00", "2027-01-01 00:00"),
        (Schedule(WEEKLY, 6, 3), "2026-11-26 05:00", "2026-11-26 06:00"),  # a Thursday
        (Schedule(WEEKLY, 6, 3), "2026-11-26 07:00", "2026-12-03 06:00"),
        (Schedule(WEEKLY, 6, 0), "2026-11-26 07:00", "2026-11-30 06:00"),
    ],
)
def test_the_next_time(schedule: Schedule, moment: str, due: str) -> None:
    expected = datetime.fromisoformat(due).replace(tzinfo=BERLIN)
    assert (
        schedule.next_after(datetime.fromisoformat(moment).replace(tzinfo=BERLIN), BERLIN)
        == expected
    )


def test_the_hour_stays_when_the_clocks_change() -> None:
    """In Berlin from UTC+2 to UTC+1 on 25 October 2026."""
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    due = Schedule(DAILY, 6).next_after(before, BERLIN)
    assert due == datetime(2026, 10, 25, 5, tzinfo=UTC)


def test_never() -> None:
    assert Schedule(NEVER).next_after(timezone.now(), UTC) is None


def test_in_words() -> None:
    assert Schedule(DAILY, 6).text == "every day at 6:00"
    assert Schedule(WEEKLY, 18, 6).text == "every Sunday at 18:00"
    assert Schedule(NEVER).text == ""


# --- rounds that are due ---


@pytest.fixture
def recipe(standin: StandIn, mine: Connection, alice: User) -> Recipe:
    task = standin.world.add_task("Ten", owner="demo", count=10, pattern="p{:02d}.png")
    draw = Draw(task_id=task.id, method="random_uniform", count=6)
    made = services.create_recipe(user=alice, connection=mine, draw=draw, name="Nightly")
    return services.update_recipe(recipe=made, schedule=DAILY, schedule_hour=3)


def make_due(recipe: Recipe) -> None:
    minute_ago = timezone.now() - timedelta(minutes=1)
    Recipe.objects.filter(pk=recipe.pk).update(next_round_at=minute_ago)


def run(recipe: Recipe) -> Recipe:
    tasks.draw_due_round(recipe.pk)
    return Recipe.objects.get(pk=recipe.pk)


def test_only_what_is_due_is_handed_to_the_workers(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.draw_due_round, "delay", sent.append)
    tasks.draw_due_rounds()
    assert sent == []
    make_due(recipe)
    tasks.draw_due_rounds()
    assert sent == [recipe.pk]
    User.objects.update(is_active=False)
    tasks.draw_due_rounds()
    assert sent == [recipe.pk]


def test_a_due_round_is_drawn_once(recipe: Recipe) -> None:
    assert run(recipe).last_round == 0
    make_due(recipe)
    assert run(recipe).last_round == 1
    after = run(recipe)
    assert after.last_round == 1
    assert after.next_round_at == after.next_due()
    drawn = Selection.objects.get()
    assert (drawn.owner, drawn.name) == (recipe.owner, "Nightly, round 1")


def test_of_two_workers_one_draws(recipe: Recipe) -> None:
    make_due(recipe)
    first, second = (Recipe.objects.get(pk=recipe.pk) for _ in range(2))
    assert first.claim_due()
    assert not second.claim_due()


def test_what_cvat_refuses_for_now_is_tried_again_soon(
    recipe: Recipe, standin: StandIn, web: Client
) -> None:
    task = standin.world.tasks.pop(recipe.get_draw().task_id)
    make_due(recipe)
    failed = run(recipe)
    assert "does not exist on" in failed.problem
    assert failed.next_round_at < timezone.now() + timedelta(minutes=16)
    assert not Selection.objects.exists()
    page = web.get(f"/selections/recipes/{recipe.pk}").text
    assert "The round that was due could not be drawn" in page
    assert "could not be drawn" in web.get("/selections/recipes").text
    standin.world.tasks[task.id] = task
    make_due(recipe)
    drawn = run(recipe)
    assert (drawn.problem, drawn.problem_at, drawn.last_round) == ("", None, 1)


def test_what_does_not_pass_waits_for_the_next_time(recipe: Recipe, mine: Connection) -> None:
    mine.delete()
    make_due(recipe)
    failed = run(recipe)
    assert "You are not connected to" in failed.problem
    assert failed.next_round_at == failed.next_due()
    assert services.update_recipe(recipe=failed, schedule=NEVER).problem == ""


def test_no_frame_left(recipe: Recipe) -> None:
    for _ in range(3):
        make_due(recipe)
        after = run(recipe)
    assert after.last_round == 2
    assert "No frame is left for this round" in after.problem


# --- setting it ---


@pytest.fixture
def web(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_on_the_page(recipe: Recipe, web: Client) -> None:
    path = f"/selections/recipes/{recipe.pk}"
    assert "The next round is drawn" in web.get(path).text
    body = {"schedule": "weekly", "schedule_weekday": "4", "schedule_hour": "18"}
    assert "every Friday at 18:00" in web.post(f"{path}/schedule", body, follow=True).text
    assert "every Friday at 18:00" in web.get("/selections/recipes").text
    never = web.post(f"{path}/schedule", body | {"schedule": ""}, follow=True).text
    assert "Rounds are drawn only when you ask for them." in never
    assert Recipe.objects.get().next_round_at is None
    refused = web.post(f"{path}/schedule", body | {"schedule_hour": "24"})
    assert refused.status_code == 400


def test_in_the_api(recipe: Recipe, api: APIClient) -> None:
    path = f"/api/recipes/{recipe.pk}"
    changed = api.patch(path, {"schedule": "weekly", "schedule_weekday": 0}, format="json").json()
    assert (changed["schedule"], changed["schedule_hour"]) == ("weekly", 3)
    assert datetime.fromisoformat(changed["next_round_at"]).weekday() == 0
    renamed = api.patch(path, {"name": "x"}, format="json").json()
    assert renamed["next_round_at"] == changed["next_round_at"]
    for wrong in ({"schedule": "hourly"}, {"schedule_hour": 24}, {"schedule_weekday": 7}):
        assert api.patch(path, wrong, format="json").status_code == 400


def test_of_the_service(recipe: Recipe) -> None:
    with pytest.raises(InvalidInput):
        services.update_recipe(recipe=recipe, schedule_hour=24)
