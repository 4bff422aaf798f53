"""The portal as people see it: gunicorn with threads, DEBUG off, a full database."""

from __future__ import annotations

import os
import sys
import time

import django
import requests
from django.conf import settings
from django.core.management import call_command

from benchmarks.portal import Portal
from launcher.ports import free_ports

PASSWORD = "bench-portal-password"
PEOPLE = ("bench", "ann", "ben", "cleo", "dora", "emil")
SELECTIONS = 10_000
FRAMES = 20  # of each selection


class Web(Portal):
    """`url` is where it listens."""

    def __enter__(self) -> Web:
        os.environ["DEBUG"] = "false"
        django.setup()
        self._start_broker()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", "--noinput", verbosity=0)
        port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        options = ["--worker-class", "gthread", "--workers", "2", "--threads", "8"]
        quiet = ["--log-level", "warning", "--no-control-socket"]
        bind = ["--bind", f"127.0.0.1:{port}"]
        self._start([sys.executable, "-m", "gunicorn", "config.wsgi", *bind, *options, *quiet])
        self._fill()
        _wait_for(self.url)
        return self

    def _fill(self) -> None:
        from django.contrib.auth.models import User  # noqa: PLC0415  (needs the settings)

        from selections.models import SelectedFrame, SelectedTask, Selection  # noqa: PLC0415
        from selector.models import Connection  # noqa: PLC0415
        from selector.services.connections import connect  # noqa: PLC0415

        for name in PEOPLE:
            user = User.objects.create_user(name, password=PASSWORD)
            connect(owner=user, url=self._url, **settings.STANDIN_ACCOUNT)
        owner = User.objects.get(username=PEOPLE[0])
        made = Selection.objects.bulk_create(
            (
                Selection(owner=owner, url=self._url, name=f"Round {number}", longest_filename=5)
                for number in range(SELECTIONS)
            ),
            batch_size=500,
        )
        self.selection = made[-1]
        self.first_connection = Connection.objects.get(owner=owner).pk
        SelectedTask.objects.bulk_create(
            (
                SelectedTask(
                    selection=each,
                    task_id=1,
                    name="Photographs",
                    start_frame=0,
                    frames_count=FRAMES,
                )
                for each in made
            ),
            batch_size=5000,
        )
        SelectedFrame.objects.bulk_create(
            (
                SelectedFrame(selection=each, task_id=1, job_id=1, frame=frame, filename="x.jpg")
                for each in made
                for frame in range(FRAMES)
            ),
            batch_size=5000,
        )

    def sign_in(self, name: str) -> requests.Session:
        """A session of `name`, as a browser has one."""
        session = requests.Session()
        page = session.get(f"{self.url}/accounts/login/", timeout=30)
        form = {"username": name, "password": PASSWORD}
        token = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
        session.post(page.url, data=form | token, timeout=30).raise_for_status()
        return session


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            requests.get(f"{url}/accounts/login/", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the portal did not start")
