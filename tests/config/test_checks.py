from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from config.checks import SQLITE


def found() -> set[str]:
    return {message.id for message in run_checks() if message.id.startswith("portal.")}


def test_nothing_to_say_about_the_tests(settings: Any) -> None:
    settings.EMBEDDED = True
    assert found() == set()


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("portal.E001", {"FIELD_ENCRYPTION_KEYS": ["too-short"]}),
    ("portal.E002", {"CVAT_ALLOWED_URLS": ["ftp://cvat.example.com"]}),
    ("portal.E003", {"CVAT_URL": "cvat"}),
    ("portal.E004", {"CVAT_URL": "https://a.example.com"}),
    ("portal.W001", {"CVAT_PASSWORD": "secret", "CVAT_USERNAME": "portal"}),
    ("portal.W002", {"CVAT_PASSWORD": "secret"}),
    ("portal.E005", {"CVAT_CA_BUNDLE": "/no/such/file.pem"}),
    ("portal.E006", {"ARCHIVES_DIR": Path(__file__) / "below"}),
    ("portal.E007", {"FETCH_THREADS": 0}),
    ("portal.E008", {"ARCHIVE_HEARTBEAT_SECONDS": 2.0, "ARCHIVE_STALE_SECONDS": 6.0}),
    ("portal.E008", {"ARCHIVE_HEARTBEAT_SECONDS": 1.5, "ARCHIVE_STALE_SECONDS": 6.0}),
    ("portal.E009", {"CELERY_TASK_TIME_LIMIT": 60}),
    ("portal.E011", {"TRUSTED_PROXIES": -1}),
    ("portal.W004", {"HTTPS": True, "TRUSTED_PROXIES": 0}),
]


@pytest.mark.parametrize(("message", "changes"), WRONG)
def test_what_is_wrong_is_told(settings: Any, message: str, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert message in found()


def test_sqlite_for_several_machines(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMBEDDED = False
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", SQLITE)
    assert "portal.W003" in found()


def test_a_heartbeat_that_waits_for_sqlites_one_writer_is_no_silence(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ARCHIVE_HEARTBEAT_SECONDS, settings.ARCHIVE_STALE_SECONDS = 0.1, 2.0
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", SQLITE)
    assert "portal.E012" in found()
    settings.ARCHIVE_STALE_SECONDS = 2.1
    assert "portal.E012" not in found()
