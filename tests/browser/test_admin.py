"""Every page of the admin site under the Content-Security-Policy: no error, no violation."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import expect

from portal.models import ApiToken
from tests.browser.portal import Portal
from tests.making import make_archive, make_connection, make_selection

MODELS = [
    "selector_connection",
    "portal_apitoken",
    "selections_selection",
    "selections_selectedframe",
    "selections_archive",
    "auth_user",
    "auth_group",
    "axes_accessattempt",
]
IN_SIGHT = {"selections_selection", "selections_archive", "selector_connection"}  # all columns


@pytest.fixture
def office(open_portal: Callable[..., Portal], alice: User, admin: User) -> Portal:
    connection = make_connection(alice)
    selection = make_selection(alice, connection, name="Night drive, round 1", visibility="shared")
    make_archive(alice, selection, "ready")
    make_archive(alice, make_selection(admin), "failed", error="CVAT went away.")
    ApiToken.objects.issue(owner=alice, name="nightly script", days=30)
    return open_portal("admin")


def shoot(portal: Portal, name: str) -> None:
    """For a look at it: SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        portal.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_it_works(office: Portal) -> None:
    page = office.page
    page.goto("/admin/")
    expect(page.get_by_role("link", name="Archives", exact=True)).to_be_visible()
    shoot(office, "index")
    page.set_viewport_size({"width": 1280, "height": 800})
    for model in MODELS:
        page.goto(reverse(f"admin:{model}_changelist"))
        expect(page.locator("#changelist")).to_be_visible()
        shoot(office, model)
        if model in IN_SIGHT:
            table = page.locator(".results")
            assert table.evaluate("it => it.scrollWidth <= it.clientWidth"), model
            assert page.evaluate("document.documentElement.scrollWidth") <= 1280, model
            expect(page.get_by_role("link", name="API tokens")).to_be_visible()


def test_pages_of_a_row(office: Portal, alice: User) -> None:
    rows = {
        "selector_connection": alice.connections.get(),
        "portal_apitoken": alice.api_tokens.get(),
        "selections_selection": alice.selections.get(),
        "selections_archive": alice.archives.first(),
        "auth_user": alice,
    }
    # The pages to delete a row and of its history are of the same templates for all models.
    pages = [(model, "change") for model in rows]
    pages += [("auth_user", "delete"), ("selections_selection", "delete"), ("auth_user", "history")]
    for model, kind in pages:
        answer = office.page.goto(reverse(f"admin:{model}_{kind}", args=[rows[model].pk]))
        assert answer.status == 200
        shoot(office, f"{model}_{kind}")


def test_actions(office: Portal) -> None:
    page = office.page
    page.goto(reverse("admin:selections_archive_changelist"))
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option(label="Cancel what waits or is being built")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".messagelist")).to_contain_text("cannot be cancelled")
    shoot(office, "cancelled")
    page.goto(reverse("admin:selections_selection_changelist"))
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option(label="Export the frame list as CSV")
    with page.expect_download() as download:
        page.get_by_role("button", name="Go").click()
    assert download.value.suggested_filename.endswith(".csv")


def test_sign_in_of_the_site(open_portal: Callable[..., Portal], admin: User) -> None:
    portal = open_portal(None)
    portal.page.goto("/admin/")
    portal.page.get_by_label("Username").fill("admin")
    portal.page.get_by_label("Password").fill("admin-portal-password")
    portal.page.get_by_role("button", name="Log in").click()
    expect(portal.page.get_by_role("heading", name="Site administration")).to_be_visible()
