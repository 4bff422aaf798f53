"""Publications in the admin site."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from publishing.models import Publication, PublishedFrame
from tests.making import make_connection, make_publication, make_selection


def test_a_publication_is_deleted_without_a_list_of_its_frames(
    client: Client, admin: User, alice: User
) -> None:
    """There may be 200,000."""
    selection = make_selection(alice, make_connection(alice))
    publication = make_publication(alice, selection, status="ready")
    publication.published_frames.create(new_frame=0, task_id=1, frame=0, path="zebra.jpg")
    client.force_login(admin)
    address = reverse("admin:publishing_publication_delete", args=[publication.pk])
    page = client.get(address).content.decode()
    assert f"publication {publication.pk}" in page
    assert "from frame 0 of task 1" not in page
    assert client.post(address, {"post": "yes"}).status_code == 302
    assert not Publication.objects.exists()
    assert not PublishedFrame.objects.exists()
