"""`manage.py serve`: run the whole portal in the foreground, as `make run` does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from launcher import addresses, broker, ports, probing, services
from launcher.locking import FolderInUse, group_list, locked
from launcher.processes import GroupList
from launcher.supervising import GaveUp, StopRequested, Supervisor

# For the first answer, on a slow machine that does much else. A web server that fails at its start
# is noticed at once.
WEB_START_SECONDS = 180.0


class Command(BaseCommand):
    help = (
        "Run the portal: web server, worker and scheduler; also a private broker without "
        "REDIS_URL, and a stand-in CVAT with sample tasks without CVAT_URL."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            with (
                locked(settings.VAR_DIR) as lock,
                closing(GroupList(group_list(settings.VAR_DIR))) as groups,
                _pipe() as pipe,
            ):
                supervisor = Supervisor(settings.VAR_DIR / "logs", self._say, groups)
                self._run(supervisor, lock, pipe, started)
        except (FolderInUse, GaveUp, broker.BrokerError) as error:
            raise CommandError(str(error)) from None

    def _run(self, supervisor: Supervisor, lock: int, pipe: int, started: float) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: supervisor.request_stop())
        try:
            _check_ports()
            call_command("setup", stdout=self.stdout)
            supervisor.add(services.reaper_service(pipe, group_list(settings.VAR_DIR)))
            _start(supervisor, lock)
            self._welcome(time.monotonic() - started)
            supervisor.run()
        except StopRequested:
            self._say("Stopping.")
        finally:
            supervisor.stop()
            broker.remove_folder_of(settings.BROKER_SOCKET)
        self._say("Stopped.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _welcome(self, seconds: float) -> None:
        self._say(f"\nThe portal is ready after {seconds:.1f} s: {addresses.portal_url()}")
        if settings.STANDIN_URL:
            account = settings.STANDIN_ACCOUNT
            self._say(
                f"You can connect to a CVAT with sample tasks at {settings.STANDIN_URL} "
                f"(user name {account['username']}, password {account['password']}).\n"
                "To use your own CVAT set CVAT_URL in .env."
            )
        self._say(f"Logs are in {settings.VAR_DIR / 'logs'}. Ctrl-C stops everything.\n")


@contextmanager
def _pipe() -> Iterator[int]:
    """The reading end of a pipe whose writing end closes when this process ends."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def _start(supervisor: Supervisor, lock: int) -> None:
    if settings.EMBEDDED:
        supervisor.add(services.broker_service())
        supervisor.wait_until(
            lambda: broker.answers(settings.BROKER_SOCKET), what="No broker", seconds=30
        )
    if settings.STANDIN_URL:
        supervisor.add(services.standin_service())
    supervisor.add(services.worker_service(lock))
    supervisor.add(services.beat_service())
    supervisor.add(services.web_service())
    supervisor.wait_until(
        probing.is_healthy, what="The web server does not answer", seconds=WEB_START_SECONDS
    )


def _check_ports() -> None:
    """Check the ports before anything is started. Raises GaveUp, which names the setting."""
    wanted = [("PORT", settings.BIND, settings.PORT)]
    if settings.STANDIN_URL:
        wanted.append(("STANDIN_PORT", "127.0.0.1", settings.STANDIN_PORT))
    for variable, host, port in wanted:
        try:
            ports.check_free(host, port)
        except OSError as error:
            where = addresses.join(host, port)
            raise GaveUp(
                f"Cannot listen on {where}: {error.strerror}. Stop what uses the port, or "
                f"set {variable} to another one in .env."
            ) from None
