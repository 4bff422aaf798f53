"""The portal without what Linux alone has, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from selector.models import Connection
from standin.server import StandIn
from tests.conftest import BASE_DIR

# Removed before anything of the portal is imported. `sys.platform` too is what macOS says, after
# the standard library has looked at it.
WITHOUT_LINUX = """
import ctypes, os, select, signal, socket, subprocess, sys
for module, names in {
    os: ("sched_getaffinity", "sched_setaffinity", "posix_fadvise", "posix_fallocate",
         "memfd_create", "pidfd_open", "eventfd", "splice", "copy_file_range", "getrandom",
         "O_TMPFILE", "O_PATH"),
    select: ("epoll",),
    signal: ("sigtimedwait", "sigwaitinfo", "pidfd_send_signal"),
    socket: ("SOCK_CLOEXEC", "SOCK_NONBLOCK", "MSG_NOSIGNAL", "TCP_USER_TIMEOUT", "AF_NETLINK",
             "AF_PACKET", "SO_BINDTODEVICE"),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)

class NoLibc:
    def __init__(self, *_, **__):
        pass
    def __getattr__(self, name):
        raise AttributeError(f"{name}: symbol not found")

real_open = open
def no_proc(name, *args, **kwargs):
    if str(name).startswith("/proc"):
        raise FileNotFoundError(name)
    return real_open(name, *args, **kwargs)

import builtins, io, sysconfig, uuid, zoneinfo
import django, celery, kombu, billiard, PIL.Image, av, requests
sysconfig.get_config_vars()
import gunicorn.workers.gthread
builtins.open = io.open = no_proc
ctypes.CDLL = NoLibc
sys.platform = "darwin"
"""

EVERY_MODULE = """
import importlib, pkgutil
import django
django.setup()
import config, cvat, launcher, portal, publishing, selections, selector
for package in (config, cvat, launcher, portal, publishing, selector, selections):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations." not in module.name and not module.name.endswith(".reaper"):
            importlib.import_module(module.name)
"""

PACK = """
import django
django.setup()
from selector import job_access
from selector.services import thumbnails
from selector.models import Connection
connection = Connection(pk=1, owner_id=1, url=sys.argv[1], credential=sys.argv[2],
                        credential_kind="access_token")
seen = job_access.job_access(connection, int(sys.argv[3]))
with thumbnails.open_pack(thumbnails.chunk_of(connection, seen, 0)).file as pack:
    print(len(pack.read()))
"""

AROUND_A_BUILD = """
import django
django.setup()
from config.celery import lower_priority
from launcher.processes import _die_with
_die_with(os.getppid())
lower_priority()
"""

HANGING_UP = """
import django
django.setup()
from django.test import RequestFactory
from portal.hanging_up import has_hung_up
ours, theirs = socket.socketpair()
request = RequestFactory().get("/", **{"gunicorn.socket": ours})
assert not has_hung_up(request)
theirs.close()
assert has_hung_up(request)
"""


def run(code: str, *arguments: object, url: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_LINUX + code, *map(str, arguments)],
        cwd=BASE_DIR,
        env=os.environ
        | {"DJANGO_SETTINGS_MODULE": "tests.settings", "TEST_CVAT_ALLOWED_URLS": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_runs_without_what_linux_alone_has() -> None:
    run(EVERY_MODULE + AROUND_A_BUILD + HANGING_UP)


def test_thumbnails_are_drawn_without_what_linux_alone_has(
    connection: Connection, standin: StandIn
) -> None:
    job_id = standin.world.tasks[1].jobs[0].id
    made = run(PACK, connection.url, connection.credential, job_id, url=connection.url)
    assert int(made.stdout) > 1000
