"""Notices of scheduled rounds: set up, written, and sent by mail or as a signed webhook."""

from __future__ import annotations

import json
import secrets
import time
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from portal.exceptions import InvalidInput
from selections.models import Notice, Recipe, RecipeNotices
from selections.webhooks import WebhookFailed, check_literal_address, check_url, post

MOST_KEPT = 100  # notices of one recipe
TURN_SECONDS = 5.0  # after which no further notice of a person is sent before the next turn


def mail_problem(recipe: Recipe) -> str:
    """Why the owner of the recipe cannot get mail; "" if that is possible."""
    if not settings.EMAIL_HOST:
        return "The operator of the portal has not set up mail."
    if not recipe.owner.email:
        return "Your account has no mail address. An administrator can add one."
    return ""


def set_notices(*, recipe: Recipe, by_mail: bool, webhook_url: str) -> str:
    """Store where the owner wants notices. Returns the secret of a new webhook address, which is
    not shown again; "" if the address stays. Raises InvalidInput."""
    notices = RecipeNotices.of(recipe)
    if by_mail and (problem := mail_problem(recipe)):
        raise InvalidInput(problem)
    try:
        url = check_url(webhook_url) if webhook_url.strip() else ""
        if url:
            check_literal_address(url, settings.WEBHOOK_NETWORKS)
    except WebhookFailed as error:
        raise InvalidInput(str(error)) from None
    new_secret = secrets.token_urlsafe(32) if url and url != notices.webhook_url else ""
    secret = new_secret or (notices.webhook_secret if url else "")
    RecipeNotices.objects.update_or_create(
        recipe=recipe,
        defaults={
            "owner_id": recipe.owner_id,
            "by_mail": by_mail,
            "webhook_url": url,
            "webhook_secret": secret,
        },
    )
    return new_secret


def write_notices(*, recipe: Recipe, event: str, text: str, **facts: Any) -> None:
    """Write a notice for each channel that the owner has chosen; workers send them."""
    notices = RecipeNotices.of(recipe)
    channels = {
        Notice.Channel.MAIL: notices.by_mail and not mail_problem(recipe),
        Notice.Channel.WEBHOOK: bool(notices.webhook_url),
    }
    body = {
        "event": event,
        "recipe": {"id": recipe.pk, "name": recipe.name},
        "text": text,
        "at": timezone.now().isoformat(),
        **facts,
    }
    for channel in (each for each, is_chosen in channels.items() if is_chosen):
        Notice.objects.create(
            recipe=recipe,
            owner_id=recipe.owner_id,
            channel=channel,
            event=event,
            body=json.dumps(body),
        )
    newest = Notice.objects.filter(recipe=recipe).values_list("pk", flat=True)[:MOST_KEPT]
    Notice.objects.filter(recipe=recipe).exclude(pk__in=list(newest)).delete()


def send_notices_of(*, owner_id: int) -> None:
    """Send the notices of a person that are due, those first that are due the longest. After
    TURN_SECONDS the rest is left to the next turn."""
    end = time.monotonic() + TURN_SECONDS
    due = Notice.objects.due().filter(owner_id=owner_id).select_related("recipe__owner")
    for notice in due.order_by("next_attempt_at", "pk"):
        _send(notice)
        if time.monotonic() >= end:
            return


def _send(notice: Notice) -> None:
    """Send it, if no other process does; note on it what went wrong."""
    if not notice.claim():
        return
    if notice.recipe.owner_id != notice.owner_id or not notice.recipe.owner.is_active:
        notice.mark_not_taken("The recipe has another owner, or the account is closed.")
        return
    try:
        if notice.channel == Notice.Channel.MAIL:
            _mail(notice)
        else:
            _post(notice)
    except WebhookFailed as error:
        notice.mark_not_taken(str(error))
    except (SMTPException, OSError) as error:
        notice.mark_not_taken(f"The mail server did not take the mail ({type(error).__name__}).")
    else:
        notice.mark_sent()


def _mail(notice: Notice) -> None:
    body = json.loads(notice.body)
    lines = [
        body["text"],
        f"The rounds of “{body['recipe']['name']}” are in the CVAT Image Selector, under Recipes. "
        "There you can switch these mails off.",
    ]
    subject = f"{body['recipe']['name']}: {body['text']}"
    send_mail(
        " ".join(subject.split())[:200],
        "\n\n".join(lines),
        None,
        [notice.recipe.owner.email],
    )


def _post(notice: Notice) -> None:
    notices = RecipeNotices.of(notice.recipe)
    if not notices.webhook_url or not notices.webhook_secret:
        raise WebhookFailed("The recipe has no webhook any more.")
    post(
        notices.webhook_url,
        notice.body.encode(),
        secret=notices.webhook_secret,
        headers={
            "User-Agent": "cvat-image-selector",
            "X-Selector-Event": notice.event,
            "X-Selector-Delivery": str(notice.pk),
        },
        allowed=settings.WEBHOOK_NETWORKS,
    )
