"""The later name of a selection that is shared no more is not told to those who built it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from selections import services
from tests.making import make_archive, make_connection, make_publication, make_selection


@pytest.mark.parametrize("status", ["ready", "failed", "queued"])
def test_a_later_name_is_not_shown(client: Client, alice: User, bob: User, status: str) -> None:
    selection = make_selection(alice, make_connection(alice), name="Round 1")
    share = services.share_selection(user=alice, selection=selection, person="bob")
    archive = make_archive(bob, selection, status=status)
    publication = make_publication(bob, selection, status=status)
    services.stop_sharing(share=share)
    services.update_selection(selection=selection, name="Kept quiet")
    client.force_login(bob)
    for path in (
        "/selections/archives",
        archive.get_absolute_url(),
        "/publications/",
        publication.get_absolute_url(),
        "/api/archives",
        f"/api/archives/{archive.pk}",
        "/api/publications",
        f"/api/publications/{publication.pk}",
        "/api/works",
        "/selections/",
    ):
        answer = client.get(path)
        assert (path, answer.status_code) == (path, 200)
        assert "Kept quiet" not in answer.content.decode(), path
    assert "Round 1" in client.get("/selections/archives").content.decode()
