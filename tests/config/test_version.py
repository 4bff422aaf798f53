"""One version: in the foot of the pages, in the schema of the API, in the list of changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from config.version import VERSION

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


@pytest.mark.django_db
def test_the_version_is_told_everywhere_alike(alice: User) -> None:
    client = Client()
    assert f"CVAT Image Selector {VERSION}" in client.get("/accounts/login/").content.decode()
    client.force_login(alice)
    assert f"CVAT Image Selector {VERSION}" in client.get("/selections/").content.decode()
    schema = client.get("/api/schema", headers={"accept": "application/json"}).json()
    assert schema["info"]["version"] == VERSION
    as_yaml = client.get("/api/schema")  # as the README fetches it
    assert as_yaml.headers["Content-Type"].startswith("application/vnd.oai.openapi")
    assert re.search(rf"^  version: '?{re.escape(VERSION)}'?$", as_yaml.content.decode(), re.M)
    newest = CHANGELOG.read_text().split("\n## ")[1]
    assert VERSION in newest
