"""What people see when something is wrong with the request or with us."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

from selector.views import workspace


def test_not_found(client: Client, db: None) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_a_form_without_its_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/connections/sample")
    assert answer.status_code == 403
    assert "The form was too old" in answer.text


def test_a_bug(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a-secret-of-the-inside")

    monkeypatch.setattr(workspace.task_lists, "overview", fail)
    monkeypatch.setattr(workspace.connections, "find_connection", fail)
    client.force_login(alice)
    client.raise_request_exception = False
    answer = client.get("/choose")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "a-secret-of-the-inside" not in answer.text


@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "500.html"])
def test_error_pages_need_nothing(name: str) -> None:
    """Django renders some of them without a request."""
    assert "</html>" in render_to_string(name)


def test_the_policy_is_kept_by_every_template(client: Client, alice: User) -> None:
    client.force_login(alice)
    for path in ("/connections", "/tokens", "/selections/", "/selections/archives"):
        page = client.get(path)
        assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
        assert " style=" not in page.text
        assert " onclick=" not in page.text
