"""Notices of scheduled rounds: by mail and as a webhook, listed, repeated and given up."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from selections import services, tasks
from selections.draws import Draw
from selections.models import Notice, Recipe, RecipeNotices
from selections.models.notices import PAUSES
from selections.webhooks import SIGNATURE
from selector.models import Connection
from standin.server import StandIn
from tests.conftest import eventually
from tests.selections.test_webhooks import Hook, hook

__all__ = ["hook"]  # fixture


@pytest.fixture
def recipe(standin: StandIn, connection: Connection, alice: User) -> Recipe:
    task = standin.world.add_task("Ten", owner="demo", count=10, pattern="p{:02d}.png")
    draw = Draw(task_id=task.id, method="random_uniform", count=6)
    created = services.create_recipe(user=alice, connection=connection, draw=draw, name="Nightly")
    return services.update_recipe(recipe=created, schedule="daily", schedule_hour=3)


@pytest.fixture
def mail_server(settings: Any, alice: User) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    User.objects.filter(pk=alice.pk).update(email="alice@example.com")
    alice.email = "alice@example.com"


def run_due(recipe: Recipe) -> None:
    earlier = timezone.now() - timedelta(minutes=1)
    Recipe.objects.filter(pk=recipe.pk).update(next_round_at=earlier)
    tasks.draw_due_round(recipe.pk)


def send_all() -> None:
    for owner_id in Notice.objects.due().order_by().values_list("owner_id", flat=True).distinct():
        tasks.send_notices_of(owner_id)


def test_a_round_is_told_by_webhook_and_mail(
    recipe: Recipe, hook: Hook, mail_server: None, client: Client, alice: User
) -> None:
    secret = services.set_notices(recipe=recipe, by_mail=True, webhook_url=hook.url)
    run_due(recipe)
    send_all()
    [(_, headers, body)] = hook.posted
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"sha256={expected}"
    told = json.loads(body)
    assert (told["event"], told["recipe"]) == (
        "round.drawn",
        {"id": recipe.pk, "name": "Nightly"},
    )
    assert told["selection"]["frames_count"] == 6
    [sent] = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert sent.subject == "Nightly: Round 1 has 6 frames."
    send_all()
    assert (len(hook.posted), len(mail.outbox)) == (1, 1)
    client.force_login(alice)
    page = client.get(recipe.get_absolute_url()).content.decode()
    assert page.count("Round drawn") == 2
    assert secret not in page


def test_a_failure_is_told_once_and_again_after_a_round(
    recipe: Recipe, hook: Hook, standin: StandIn
) -> None:
    services.set_notices(recipe=recipe, by_mail=False, webhook_url=hook.url)
    task_id = recipe.get_draw().task_id
    assert task_id is not None
    task = standin.world.tasks.pop(task_id)
    run_due(recipe)
    run_due(recipe)
    standin.world.tasks[task_id] = task
    run_due(recipe)
    run_due(recipe)  # the other four frames
    run_due(recipe)  # none is left
    send_all()
    events = {json.loads(body)["event"]: json.loads(body)["text"] for _, _, body in hook.posted}
    told = [json.loads(body)["event"] for _, _, body in hook.posted]
    assert told == ["round.failed", "round.drawn", "round.drawn", "round.failed"]
    assert "No frame is left for this round" in events["round.failed"]


def test_what_is_not_taken_is_sent_again_later_and_given_up(recipe: Recipe, hook: Hook) -> None:
    services.set_notices(recipe=recipe, by_mail=False, webhook_url=hook.url)
    run_due(recipe)
    hook.statuses = [503] * 20
    for attempt in range(1, len(PAUSES) + 2):
        send_all()
        send_all()  # it is not due before its pause
        assert len(hook.posted) == attempt
        notice = Notice.objects.get()
        assert notice.problem == "The server answered 503."
        if attempt <= len(PAUSES):
            assert notice.next_attempt_at > timezone.now()
            Notice.objects.update(next_attempt_at=timezone.now())
    assert (notice.status, notice.next_attempt_at) == ("failed", None)
    assert len({headers["X-Selector-Delivery"] for _, headers, _ in hook.posted}) == 1


def test_another_owner_gets_no_notices_of_the_former(
    recipe: Recipe, hook: Hook, bob: User, api: APIClient
) -> None:
    services.set_notices(recipe=recipe, by_mail=False, webhook_url=hook.url)
    run_due(recipe)
    Recipe.objects.filter(pk=recipe.pk).update(owner=bob)
    send_all()
    assert hook.posted == []
    assert RecipeNotices.of(Recipe.objects.get()).webhook_url == ""
    assert list(Notice.objects.for_user(bob)) == []


def test_the_api_answers_a_secret_once(recipe: Recipe, api: APIClient, hook: Hook) -> None:
    address = f"/api/recipes/{recipe.pk}/notices"
    assert api.get(address).json() == {"by_mail": False, "webhook_url": ""}
    first = api.put(address, {"webhook_url": hook.url}).json()
    assert len(first["webhook_secret"]) > 40
    assert api.put(address, {"webhook_url": hook.url}).json()["webhook_secret"] == ""
    assert api.get(address).json() == {"by_mail": False, "webhook_url": hook.url}
    assert RecipeNotices.of(recipe).webhook_secret == first["webhook_secret"]
    other = api.put(address, {"webhook_url": f"{hook.url}/b"}).json()
    assert other["webhook_secret"] not in ("", first["webhook_secret"])
    run_due(recipe)
    send_all()
    [listed] = api.get(f"/api/recipes/{recipe.pk}/sent-notices").json()["results"]
    assert (listed["channel"], listed["status"], listed["attempts"]) == ("webhook", "sent", 1)
    refused = api.put(address, {"by_mail": True})
    assert refused.status_code == 400
    assert "has not set up mail" in refused.json()["detail"]


def test_the_page_shows_a_new_secret_once(recipe: Recipe, client: Client, alice: User) -> None:
    client.force_login(alice)
    address = f"/selections/recipes/{recipe.pk}/notices"
    given = {"webhook_url": "https://hooks.example.com/in"}
    page = client.post(address, given)
    secret = RecipeNotices.of(recipe).webhook_secret
    assert f"<code>{secret}</code>" in page.content.decode()
    assert client.post(address, given).status_code == 302
    assert secret not in client.get(recipe.get_absolute_url()).content.decode()
    refused = client.post(address, {"webhook_url": "ftp://a"})
    assert refused.status_code == 400
    assert "beginning with https://" in refused.content.decode()
    assert 'value="ftp://a"' in refused.content.decode()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "2130706433", "[::1]", "10.0.0.1"])
def test_a_private_address_is_refused_when_it_is_given(
    recipe: Recipe, api: APIClient, settings: Any, name: str
) -> None:
    settings.WEBHOOK_NETWORKS = []
    refused = api.put(f"/api/recipes/{recipe.pk}/notices", {"webhook_url": f"http://{name}:9/in"})
    assert refused.status_code == 400
    assert "private network" in refused.json()["detail"]


def test_slow_servers_of_a_person_hold_one_worker_for_a_turn(
    recipe: Recipe, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest waits for the next turn, and what was not taken comes after it."""
    services.set_notices(recipe=recipe, by_mail=False, webhook_url=hook.url)
    for number in range(3):
        services.notices.write_notices(recipe=recipe, event="round.drawn", text=str(number))
    monkeypatch.setattr("selections.services.notices.TURN_SECONDS", 0)
    hook.statuses = [503]
    told = []
    for _ in range(3):
        send_all()
        told.append([json.loads(body)["text"] for _, _, body in hook.posted])
    assert told == [["0"], ["0", "1"], ["0", "1", "2"]]


def test_notices_are_bounded(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("selections.services.notices.MOST_KEPT", 3)
    services.set_notices(recipe=recipe, by_mail=False, webhook_url="https://hooks.example.com")
    for number in range(5):
        services.notices.write_notices(recipe=recipe, event="round.drawn", text=str(number))
    assert [json.loads(each.body)["text"] for each in Notice.objects.all()] == ["4", "3", "2"]


@pytest.mark.worker
def test_a_worker_sends_them(worker: None, recipe: Recipe, hook: Hook) -> None:
    services.set_notices(recipe=recipe, by_mail=False, webhook_url=hook.url)
    run_due(recipe)
    tasks.send_due_notices.delay()
    eventually(lambda: Notice.objects.get().status == "sent")
    assert len(hook.posted) == 1
