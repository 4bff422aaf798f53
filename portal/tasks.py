"""Celery tasks of what all apps share."""

from __future__ import annotations

from celery import shared_task

from portal import lockout
from portal.work import recovery


@shared_task
def purge_failed_sign_ins() -> None:
    lockout.purge()


@shared_task
def recover_work() -> None:
    """Hand out again what a dead worker or a lost message left behind; end what goes on for too
    long. For all kinds of work."""
    recovery.recover()
