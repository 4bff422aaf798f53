"""Frames are removed on the page of a selection, and brought back by its history."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from playwright.sync_api import expect

from tests.browser.portal import Portal
from tests.conftest import connect
from tests.making import make_selection


def test_frames_are_removed_and_brought_back(
    open_portal: Callable[..., Portal], alice: User
) -> None:
    portal = open_portal()
    selection = make_selection(alice, connect(alice, portal.standin), frames=5)
    page = portal.page
    page.goto(f"/selections/{selection.pk}")
    page.get_by_role("link", name="Remove frames …").click()
    page.get_by_label("Remove frame 1 of task 1").check()
    page.get_by_label("Remove frame 3 of task 1").check()
    page.get_by_role("button", name="Remove the checked frames").click()
    expect(page.get_by_text("2 frames are removed.")).to_be_visible()
    expect(page.locator(".shot")).to_have_count(3)
    page.get_by_role("link", name="Done").click()
    history = page.locator("#history")
    expect(history.get_by_text("alice changed it: 0 added, 2 removed")).to_be_visible()
    page.get_by_role("link", name="Show the frames of revision 2").click()
    page.get_by_role("link", name="Removed 2").click()
    expect(page.locator(".shot")).to_have_count(2)
    history.get_by_role("button", name="Go back to revision 1").click()
    expect(page.get_by_text("The selection has the frames of revision 1 again.")).to_be_visible()
    expect(page.locator(".shot")).to_have_count(5)
    expect(history.get_by_text("went back to revision 1: 2 added, 0 removed")).to_be_visible()
