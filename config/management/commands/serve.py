"""`manage.py serve`: the whole portal in the foreground, which `make run` calls."""

from __future__ import annotations

import http.client
import socket
import time
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from config import broker, services
from config.locking import FolderInUse, locked
from config.supervising import GaveUp, StopRequested, Supervisor

EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not bound


class Command(BaseCommand):
    help = (
        "Run the portal: web server, worker, beat, and whatever the environment does not name: "
        "a private broker (REDIS_URL), a stand-in CVAT with sample tasks (CVAT_URL)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        try:
            with locked(settings.VAR_DIR) as lock:
                _check_ports()
                call_command("setup", stdout=self.stdout)
                self._run(lock, begun)
        except (FolderInUse, GaveUp, broker.BrokerError) as error:
            raise CommandError(str(error)) from None

    def _run(self, lock: int, begun: float) -> None:
        supervisor = Supervisor(settings.VAR_DIR / "logs", self._say)
        try:
            _start(supervisor, lock)
            self._welcome(time.monotonic() - begun)
            supervisor.run()
        except StopRequested:
            self._say("Stopping.")
        finally:
            supervisor.stop()
        self._say("Stopped.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _welcome(self, seconds: float) -> None:
        self._say(f"\nThe portal is ready after {seconds:.1f} s: {_url()}")
        if settings.STANDIN_URL:
            user, password = services.STANDIN_ACCOUNT
            self._say(
                f"It offers to connect to a CVAT with sample tasks, {settings.STANDIN_URL} "
                f"(user name {user}, password {password}).\n"
                "To use your own CVAT set CVAT_URL in .env."
            )
        self._say(f"Logs are in {settings.VAR_DIR / 'logs'}. Ctrl-C stops everything.\n")


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
    supervisor.wait_until(_is_healthy, what="The web server does not answer", seconds=60)


def _check_ports() -> None:
    """Say which setting to change before anything is started. Raises GaveUp."""
    wanted = [("PORT", settings.BIND, settings.PORT)]
    if settings.STANDIN_URL:
        wanted.append(("STANDIN_PORT", "127.0.0.1", settings.STANDIN_PORT))
    for variable, host, port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                where = services.address(host, port)
                raise GaveUp(
                    f"Cannot listen on {where}: {error.strerror}. Stop what uses the port, or "
                    f"set {variable} to another one in .env."
                ) from None


def _host() -> str:
    return "127.0.0.1" if settings.BIND in EVERY_ADDRESS else settings.BIND


def _url() -> str:
    host = "localhost" if _host() in {"127.0.0.1", "::1"} else _host()
    return f"http://{services.address(host, settings.PORT)}"


def _is_healthy() -> bool:
    asked = http.client.HTTPConnection(_host(), settings.PORT, timeout=5)
    try:
        asked.request("GET", "/health", headers={"Host": _known_name()})
        return asked.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def _known_name() -> str:
    """A Host header that the portal accepts."""
    first = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost"
    return "localhost" if first == "*" else first.lstrip(".")
