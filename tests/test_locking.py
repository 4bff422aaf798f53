"""SQLite with several writers at once: no "database is locked".

Processes of their own, as web, worker and beat are. With Django's own options for SQLite
(`STRESS_DEFAULTS=1 pytest tests/test_locking.py`) this fails within a second.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.contrib.auth.models import User
from django.db import connection as database

from selections.models import Archive
from tests.conftest import BASE_DIR
from tests.making import make_archive, make_selection

ROUNDS = 20
WRITERS = ["web", "web", "worker", "worker", "beat"]

# What each kind of process does to the database; reads that turn into writes among it. Forked by
# one that has only imported Django, which takes most of the processor time of a short process.
CODE = """
import multiprocessing, os, sys, uuid
import django
from django.conf import settings
if os.environ.get("STRESS_DEFAULTS"):
    settings.DATABASES["default"]["OPTIONS"] = {}
django.setup()
from django.contrib.auth.models import User
from django.db import transaction
from selections import services
from selections.models import Archive, SelectedFrame, Selection

rounds, roles = int(sys.argv[1]), sys.argv[2:]

def web(number):
    with transaction.atomic():
        base = Selection.objects.order_by("pk").first()
        copied = services.copy_selection(user=alice, selection=base)
    services.update_selection(selection=copied, name=f"{os.getpid()} {number}")
    services.delete_selection(selection=copied)

def worker(number):
    with transaction.atomic():
        Selection.objects.select_related("owner").order_by("pk").first().frames.count()
        archive = Archive.objects.create(selection=own, requested_by=alice)
    me = uuid.uuid4()
    assert archive.claim(me)
    for done in range(5):
        assert archive.heartbeat(me, frames_done=done)
    assert archive.fail(me, "enough")

def beat(number):
    for archive in Archive.objects.to_hand_out():
        archive.hand_out_again()
    for archive in Archive.objects.expired():
        archive.expire()
    with transaction.atomic():
        Selection.objects.count()
        Archive.objects.filter(status="failed").update(error=f"seen {number}")

def work(role):
    global alice, own
    alice = User.objects.get(username="alice")
    own = Selection.objects.create(owner=alice, name=role, url="https://cvat.example.com")
    for number in range(rounds):
        {"web": web, "worker": worker, "beat": beat}[role](number)
    own.delete()
    print(f"done: {role}", flush=True)

context = multiprocessing.get_context("fork")
processes = [context.Process(target=work, args=(role,), daemon=True) for role in roles]
for process in processes:
    process.start()
for process in processes:
    process.join()
"""


@pytest.mark.skipif(database.vendor != "sqlite", reason="about SQLite")
def test_it_works(transactional_db: None, alice: User, worker_environment: dict[str, str]) -> None:
    make_archive(alice, make_selection(alice, frames=50), "ready")
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(ROUNDS), *WRITERS],
        cwd=BASE_DIR,
        env=worker_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert "database is locked" not in done.stdout
    assert sorted(done.stdout.splitlines()) == sorted(f"done: {role}" for role in WRITERS)
    assert Archive.objects.filter(status="failed").count() == 0  # went with their selections


@pytest.mark.skipif(database.vendor != "sqlite", reason="about SQLite")
def test_the_options_that_matter(db: None) -> None:
    with database.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone()[0] == 20_000
    assert database.transaction_mode == "IMMEDIATE"
