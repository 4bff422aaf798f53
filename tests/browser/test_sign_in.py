from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.portal import Portal


def test_it_works(open_portal: Callable[..., Portal]) -> None:
    portal = open_portal(None)
    page = portal.page
    portal.sign_in("alice")
    expect(page.get_by_role("heading", name="Connections to CVAT")).to_be_visible()
    page.get_by_text("alice", exact=True).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert_accessible(page)
    # It is left to where one wanted to go.
    page.goto("/tokens")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Username").fill("bob")
    page.get_by_label("Password").fill("bob-portal-password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="API tokens")).to_be_visible()


def test_wrong_passwords_lock_out_until_an_administrator_unblocks(
    open_portal: Callable[..., Portal], settings: pytest.FixtureRequest
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    blocked, office = open_portal(None), open_portal("admin").page
    blocked.sign_in("alice", "not hers")
    expect(blocked.page.get_by_role("alert")).to_contain_text("correct username and password")
    assert blocked.page.get_by_label("Password").input_value() == ""
    blocked.sign_in("alice", "nor this")
    expect(blocked.page.get_by_role("heading", name="Too many attempts")).to_be_visible()
    expect(blocked.page.get_by_text("unblock you under Admin, Users")).to_be_visible()
    office.goto("/admin/auth/user/")
    row = office.get_by_role("row").filter(has_text="blocked at 127.0.0.1")
    expect(row).to_contain_text("alice")
    row.get_by_role("checkbox").check()
    office.get_by_label("Action:").select_option(label="Unblock sign-in")
    office.get_by_role("button", name="Run").or_(office.get_by_role("button", name="Go")).click()
    expect(office.get_by_text("1 person unblocked.")).to_be_visible()
    blocked.sign_in("alice")
    expect(blocked.page.get_by_role("heading", name="Connections to CVAT")).to_be_visible()


def test_change_password(portal: Portal) -> None:
    page = portal.page
    page.goto("/")
    page.get_by_text("alice", exact=True).click()
    page.get_by_role("link", name="Change password").click()
    page.get_by_label("Old password").fill("alice-portal-password")
    page.get_by_label("New password", exact=True).fill("a-much-newer-one")
    page.get_by_label("New password confirmation").fill("a-much-newer-one")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Password changed")).to_be_visible()
