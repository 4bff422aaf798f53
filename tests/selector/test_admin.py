"""The admin site of connections and API tokens: to look at and to revoke."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.models import ApiToken
from selector.models import Connection
from tests.making import make_connection, make_selection


@pytest.fixture
def site(admin: User) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def found_by(site: Client, model: str, query: str = "") -> int:
    answer = site.get(f"{reverse(f'admin:{model}_changelist')}?{query}")
    assert answer.status_code == 200
    return answer.context["cl"].result_count


def test_it_works(site: Client, alice: User) -> None:
    connection = make_connection(alice)
    assert found_by(site, "selector_connection") == 1
    page = site.get(reverse("admin:selector_connection_change", args=[connection.pk]))
    assert "cvat.example.com" in page.content.decode()


def test_the_credential_is_not_even_read(site: Client, alice: User) -> None:
    connection = make_connection(alice, credential="the-credential")
    addresses = [
        reverse("admin:selector_connection_changelist"),
        reverse("admin:selector_connection_change", args=[connection.pk]),
        reverse("admin:selector_connection_delete", args=[connection.pk]),
        reverse("admin:selector_connection_history", args=[connection.pk]),
    ]
    for address in addresses:
        with CaptureQueriesContext(database) as queries:
            page = site.get(address).content.decode()
        assert "the-credential" not in page
        assert "gAAAA" not in page
        if "delete" not in address:  # Django collects whole rows to delete them
            assert [query["sql"] for query in queries if '"credential"' in query["sql"]] == []


def test_connections_cannot_be_made_or_changed(site: Client, alice: User) -> None:
    connection = make_connection(alice)
    assert site.get(reverse("admin:selector_connection_add")).status_code == 403
    change = reverse("admin:selector_connection_change", args=[connection.pk])
    assert site.post(change, {"url": "https://evil.example.com"}).status_code == 403
    assert Connection.objects.get().url == "https://cvat.example.com"


def test_deleting_a_connection_keeps_the_selections(site: Client, alice: User) -> None:
    connection = make_connection(alice)
    selection = make_selection(alice, connection)
    delete = reverse("admin:selector_connection_delete", args=[connection.pk])
    assert site.post(delete, {"post": "yes"}).status_code == 302
    selection.refresh_from_db()
    assert selection.connection is None


def test_tokens_show_no_digest_and_can_be_revoked(site: Client, alice: User) -> None:
    token, value = ApiToken.objects.issue(owner=alice, name="script")
    for page in (
        reverse("admin:portal_apitoken_changelist"),
        reverse("admin:portal_apitoken_change", args=[token.pk]),
    ):
        text = site.get(page).content.decode()
        assert token.prefix in text
        assert token.digest not in text
    assert site.get(reverse("admin:portal_apitoken_add")).status_code == 403
    delete = reverse("admin:portal_apitoken_delete", args=[token.pk])
    assert site.post(delete, {"post": "yes"}).status_code == 302
    assert ApiToken.objects.find(value) is None


@pytest.mark.parametrize(
    ("model", "query", "found"),
    [
        ("selector_connection", "needs_reconnect=yes", 1),
        ("selector_connection", "needs_reconnect=no", 2),
        ("selector_connection", "needs_reconnect=perhaps", 3),
        ("selector_connection", "q=bob", 1),
        ("selector_connection", "credential_kind__exact=login_token", 0),
        ("selector_connection", "created_at__year=1999", 0),
        ("portal_apitoken", "expired=yes", 1),
        ("portal_apitoken", "expired=no", 1),
        ("portal_apitoken", "read_only__exact=1", 1),
        ("portal_apitoken", "q=old", 1),
    ],
)
def test_filters(site: Client, alice: User, bob: User, model: str, query: str, found: int) -> None:
    make_connection(alice).mark_refused()
    make_connection(alice, "https://other.example.com")
    make_connection(bob)
    old, _ = ApiToken.objects.issue(owner=alice, name="old", days=1)
    ApiToken.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(days=1))
    ApiToken.objects.issue(owner=alice, name="new", read_only=True)
    assert found_by(site, model, query) == found


@pytest.mark.parametrize("model", ["selector_connection", "portal_apitoken"])
def test_as_many_queries_for_30_rows_as_for_1(site: Client, alice: User, model: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(database) as queries:
            found_by(site, model)
        return len(queries)

    make_selection(alice, make_connection(alice))
    ApiToken.objects.issue(owner=alice, name="one")
    count()
    before = count()
    for number in range(30):
        user = User.objects.create_user(f"user{number}")
        make_selection(user, make_connection(user))
        ApiToken.objects.issue(owner=user, name="another")
    assert count() == before
