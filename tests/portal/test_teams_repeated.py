"""A team that is asked for twice under one Idempotency-Key is made once."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from portal.models import Team
from tests.conftest import api_of


@pytest.mark.django_db
def test_the_second_request_gets_the_first_answer(alice: User) -> None:
    client = api_of(alice)

    def ask(name: str) -> tuple[int, dict]:
        answer = client.post(
            "/api/teams",
            {"name": name},
            content_type="application/json",
            headers={"Idempotency-Key": "one"},
        )
        return answer.status_code, answer.json()

    first = ask("Night shift")
    assert (first[0], ask("Night shift")) == (201, first)
    assert ask("Day shift")[0] == 422
    assert Team.objects.get().name == "Night shift"
