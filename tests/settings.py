"""The product's settings, in a folder of the test run's own. A worker process started by a test
uses them too and is told the test database by TEST_DATABASE_NAME."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

from cryptography.fernet import Fernet

process = os.environ.get("PYTEST_XDIST_WORKER", "main")
if "TEST_RUN_DIR" not in os.environ:
    os.environ["TEST_RUN_DIR"] = tempfile.mkdtemp(prefix="cis-")
run_dir = os.environ["TEST_RUN_DIR"]
for name, value in {
    "SECRET_KEY": "of-the-tests-" + "x" * 50,
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
}.items():
    os.environ.setdefault("TEST_" + name, value)
    os.environ[name] = os.environ["TEST_" + name]
os.environ["VAR_DIR"] = str(Path(run_dir) / process)
# What a developer's .env says must not reach the tests.
for name in (
    "CVAT_URL",
    "CVAT_USERNAME",
    "CVAT_PASSWORD",
    "CVAT_ACCESS_TOKEN",
    "CVAT_ALLOWED_URLS",
):
    os.environ[name] = ""
# For web servers that a test starts: the address of its stand-in.
os.environ["CVAT_ALLOWED_URLS"] = os.environ.get("TEST_CVAT_ALLOWED_URLS", "")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from config import settings as product  # noqa: E402

globals().update({name: getattr(product, name) for name in dir(product) if name.isupper()})

(product.VAR_DIR / "staticfiles").mkdir(parents=True, exist_ok=True)
DATABASES = product.DATABASES
if product.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: a worker process shares it.
    DATABASES["default"]["TEST"] = {"NAME": str(product.VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["OPTIONS"] = {}  # a pool would keep the test database from being dropped
if os.environ.get("TEST_DATABASE_NAME"):
    DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE_NAME"]


class StandIns(list[str]):
    """The stand-ins of the tests, for worker processes, which start before them."""

    path = product.VAR_DIR / "stand-ins"

    def __iter__(self) -> Iterator[str]:
        return iter(self.path.read_text().split() if self.path.exists() else [])


if os.environ.get("TEST_DATABASE_NAME") and not os.environ["CVAT_ALLOWED_URLS"]:
    CVAT_ALLOWED_URLS = StandIns()

# pytest-django's live server serves static files only for an app of this very name.
INSTALLED_APPS = [
    "django.contrib.staticfiles" if app == "config.apps.CollectedFilesConfig" else app
    for app in product.INSTALLED_APPS
] + ["tests.database", "tests.tally"]
STORAGES = product.STORAGES | {
    # The live server finds files by their plain names only.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("TEST_QUEUE", f"test-{process}")
# Processes of one run may share a Redis; each sees the messages of its own tests alone.
CELERY_BROKER_TRANSPORT_OPTIONS = product.CELERY_BROKER_TRANSPORT_OPTIONS | {
    "global_keyprefix": f"test-{process}-"
}
CACHES = {"default": product.CACHES["default"] | {"KEY_PREFIX": f"test-{process}"}}
ARCHIVE_HEARTBEAT_SECONDS = 0.3
ARCHIVE_STALE_SECONDS = float(os.environ.get("TEST_STALE_SECONDS", "3"))
REST_FRAMEWORK = product.REST_FRAMEWORK | {"TEST_REQUEST_DEFAULT_FORMAT": "json"}
# What tests of what is under way count on, whatever the defaults are.
FETCH_THREADS = 4
CVAT_MAX_REQUESTS = 8
# Webhooks of tests go to servers on this machine, also from worker processes.
WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
