"""The Python package in front of a portal that runs."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portal.models import ApiToken


@pytest.fixture
def token(transactional_db: None, alice: User) -> str:
    _, value = ApiToken.objects.issue(owner=alice, name="package")
    return str(value)
