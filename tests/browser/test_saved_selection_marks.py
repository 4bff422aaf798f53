"""Frames of a saved selection are marked in the large view."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections.services import mark_frames
from tests.browser.portal import Portal
from tests.conftest import connect
from tests.making import make_selection


def test_good_faulty_tags_and_comment(open_portal: Callable[..., Portal], alice: User) -> None:
    portal = open_portal()
    selection = make_selection(alice, connect(alice, portal.standin))
    page = portal.page
    page.goto(f"/selections/{selection.pk}")
    page.locator(".shot").first.click()
    dialog = page.get_by_role("dialog")
    good = dialog.get_by_role("button", name="Good")
    faulty = dialog.get_by_role("button", name="Faulty")
    page.keyboard.press("g")
    expect(good).to_have_attribute("aria-pressed", "true")
    faulty.click()
    expect(faulty).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")
    tags = dialog.get_by_placeholder("Tags")
    tags.fill("night, blurred")
    dialog.get_by_placeholder("Comment").fill("fog")  # letters that are keys of the view elsewhere
    dialog.get_by_role("button", name="Next frame").click()
    expect(tags).to_have_value("")
    expect(faulty).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Escape")
    marks = page.locator(".shot-mark")
    expect(marks.first).to_have_text("faulty · blurred, night · fog")
    expect(marks.nth(1)).to_be_empty()

    # What others set meanwhile stays.
    page.locator(".shot").nth(1).click()
    mark_frames(user=alice, selection=selection, frames=[(1, 1)], tags=["night"], comment="fog")
    good.click()
    page.keyboard.press("Escape")
    expect(marks.nth(1)).to_have_text("good · night · fog")

    page.reload()
    expect(marks.first).to_have_text("faulty · blurred, night · fog")
    expect(marks.nth(1)).to_have_text("good · night · fog")
    page.get_by_role("link", name="Faulty 1").click()
    expect(page.locator(".shot")).to_have_count(1)


def test_readers_are_shown_no_form(
    open_portal: Callable[..., Portal], alice: User, bob: User
) -> None:
    portal = open_portal("bob")
    connect(bob, portal.standin)
    selection = make_selection(alice, connect(alice, portal.standin), visibility="shared")
    portal.page.goto(f"/selections/{selection.pk}")
    portal.page.locator(".shot").first.click()
    dialog = portal.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Fit")).to_be_visible()
    portal.page.keyboard.press("g")
    expect(dialog.get_by_role("button", name="Good")).to_have_count(0)
