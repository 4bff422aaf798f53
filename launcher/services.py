"""The processes of the portal, as services of the launcher."""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings

from launcher import addresses, broker
from launcher.processes import Service
from launcher.supervising import STOP_SECONDS

# `manage.py serve` has run the system checks. Celery would import all pages for them once more, a
# third of what a start costs.
_CHECKED = {"CELERY_SKIP_CHECKS": "1"}


def broker_service() -> Service:
    command = broker.command(
        broker.find_server(), socket=settings.BROKER_SOCKET, data=settings.VAR_DIR / "broker"
    )
    return Service("broker", command, settings.BASE_DIR, stops_last=True)


def reaper_service(pipe: int, groups: Path) -> Service:
    """The process that ends all others when the launcher was killed; it reads `pipe`."""
    script = Path(__file__).with_name("reaper.py")
    arguments = [str(pipe), str(groups), str(STOP_SECONDS)]
    return Service(
        "reaper",
        [sys.executable, "-I", "-S", str(script), *arguments],
        settings.BASE_DIR,
        inherits=(pipe,),
        stops_last=True,
        outlives_launcher=True,
    )


def standin_service() -> Service:
    where = ["--host", "127.0.0.1", "--port", str(settings.STANDIN_PORT)]
    # Kept, or people would have to connect again after every start.
    state = ["--state", str(Path(settings.VAR_DIR) / "standin.json")]
    return _python("standin", "standin", *where, *state)


def worker_service(lock: int) -> Service:
    """The Celery worker, which holds the lock of the data folder while it runs."""
    # Nothing uses these events, and while the broker is down, sending them would keep the worker
    # from stopping.
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    celery = _celery("worker", *quiet, "-n", "portal@%h")
    return Service(
        "worker",
        celery,
        settings.BASE_DIR,
        environment={
            # Stop after CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT, not when the last build is done.
            "REMAP_SIGTERM": "SIGQUIT",
            # With one heap for each fetching thread the process would keep a fifth more memory.
            "MALLOC_ARENA_MAX": "2",
            **_CHECKED,
        },
        inherits=(lock,),
        before=_requeue if settings.EMBEDDED else None,
    )


def _requeue() -> bool:
    return broker.requeue_interrupted(settings.BROKER_SOCKET)


def beat_service() -> Service:
    """The scheduler, not inside the worker, where it would survive a killed worker."""
    schedule = Path(settings.VAR_DIR) / "beat" / "schedule"
    schedule.parent.mkdir(parents=True, exist_ok=True)
    command = _celery("beat", "-s", str(schedule), "--pidfile=")
    return Service("beat", command, settings.BASE_DIR, environment=_CHECKED)


def web_service() -> Service:
    options = {
        "--bind": addresses.join(settings.BIND, settings.PORT),
        "--worker-class": "launcher.web_worker.Worker",
        "--workers": str(settings.WEB_PROCESSES),
        "--threads": str(settings.WEB_THREADS),
        "--graceful-timeout": "3",
        # Longer than a person pauses: a request on an idle connection is lost if the server
        # closes it at that moment.
        "--keep-alive": "75",
        "--log-level": "warning",
    }
    flat = [part for option in options.items() for part in option] + ["--no-control-socket"]
    # The code is loaded once, and the processes share its memory. Not on macOS, whose frameworks,
    # which numpy uses there, cannot be relied on in a forked process.
    preload = ["--preload"] if sys.platform == "linux" else []
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", *preload, *flat]
    # MALLOC_ARENA_MAX: with one heap for each thread the memory of the largest answers is kept.
    # No --max-requests: replacing a process breaks off the downloads that it is sending.
    return Service("web", command, settings.BASE_DIR, environment={"MALLOC_ARENA_MAX": "2"})


def _python(name: str, module: str, *arguments: str) -> Service:
    return Service(name, [sys.executable, "-m", module, *arguments], settings.BASE_DIR)


def _celery(command: str, *arguments: str) -> list[str]:
    level = ["-l", settings.LOG_LEVEL]
    return [sys.executable, "-m", "celery", "-A", "config", command, *level, *arguments]
