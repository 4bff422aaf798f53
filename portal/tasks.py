"""Celery tasks of the dialogue with CVAT and of signing in."""

from __future__ import annotations

from celery import shared_task

from portal import lockout


@shared_task
def purge_failed_sign_ins() -> None:
    lockout.purge()
