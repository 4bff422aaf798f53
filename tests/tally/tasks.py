from __future__ import annotations

import time

from celery import shared_task

from portal.work.heartbeat import Heartbeat
from portal.work.running import run, take_turn
from tests.tally.models import Tally


@shared_task
def count(pk: int) -> None:
    take_turn(Tally, pk, lambda each: run(Tally, each, perform))


def perform(tally: Tally, heartbeat: Heartbeat) -> None:
    for number in range(tally.frames_total):
        heartbeat.check()
        heartbeat.frames_done = number + 1
        time.sleep(0.05)
    tally.finish(heartbeat.worker)
