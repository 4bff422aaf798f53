"""Axe finds nothing in the workspace, as on all other pages (test_every_page.py, test_sign_in.py).
On a narrow screen the dark colours are checked only of what a wide one does not show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_accessible
from tests.browser.portal import Portal
from tests.browser.workspace import Workspace


def show_few(desk: Workspace, words: str, said: str) -> None:
    """Filter the grid to a few frames: their cells are alike, and axe takes long over each."""
    desk.page.get_by_label("File name contains").fill(words)
    expect(desk.page.get_by_text(said)).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_workspace(open_portal: Callable[..., Portal], width: int) -> None:
    portal = open_portal("alice", viewport={"width": width, "height": 844})
    portal.connect()
    desk, is_wide = Workspace(portal), width > 800
    desk.open_task(1)
    show_few(desk, "00.jpg", "3 of 227 shown")
    desk.painted(0)
    desk.cell(0).click()
    assert_accessible(desk.page)
    # Before few frames axe judges less of what lies above them.
    desk.page.get_by_label("File name contains").fill("")
    if not is_wide:
        desk.button("Pick…").click()
        expect(desk.page.locator("#side")).to_be_visible()
        assert_accessible(desk.page)
        desk.button("Done").click()
    desk.button("List").click()
    desk.painted(0)
    assert_accessible(desk.page, "#frames", in_dark=is_wide)
    desk.button("Get selected info").click()
    assert_accessible(desk.page, "#info-dialog", in_dark=is_wide)
    desk.button("Close").click()
    desk.cell(0).focus()
    desk.page.keyboard.press("?")
    expect(desk.page.locator("#keys-dialog")).to_be_visible()
    assert_accessible(desk.page, "#keys-dialog", in_dark=is_wide)
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#viewer-said")).to_be_empty()
    assert_accessible(desk.page, "#viewer", in_dark=is_wide)
    desk.page.keyboard.press("Escape")
    expect(desk.cell(0)).to_be_focused()
    desk.page.get_by_role("combobox", name="Task, job").fill("night")
    expect(desk.page.get_by_role("option").filter(has_text="Night drive")).to_be_visible()
    expect(desk.page.locator(".found.waiting")).to_have_count(0)  # pale while it searches
    assert_accessible(desk.page, "#finder", in_dark=is_wide)


@pytest.mark.parametrize("width", [390, 1280])
def test_several_tasks(open_portal: Callable[..., Portal], width: int) -> None:
    portal = open_portal("alice", viewport={"width": width, "height": 844})
    portal.connect()
    desk, page, is_wide = Workspace(portal), portal.page, width > 800
    page.goto("/choose?project=2")
    for name in ("Crossing, day", "Crossing, dusk"):
        page.get_by_role("checkbox", name=f"Choose frames of {name}").check()
    expect(page.locator("#task-checks")).to_contain_text("2 tasks chosen")
    assert_accessible(page)
    page.route(
        "**/api/catalog*task_id=13*",
        lambda route: route.fulfill(status=502, json={"detail": "Out of order.", "code": "cvat"}),
    )
    page.get_by_role("link", name="Choose frames", exact=True).click()
    show_few(desk, "00.jpg", "1 of 60 shown")
    first = desk.grid.locator('.cell[title="day_000.jpg"]:visible')
    first.click()
    assert_accessible(page)
    desk.grid.get_by_role("button", name="Frames of Crossing, day").click()
    expect(desk.grid.locator(".task-lane").last).to_contain_text("Out of order.")
    assert_accessible(page, "#frames", in_dark=is_wide)
    page.locator("#only-chosen").click()
    expect(desk.grid.locator(".task-lane")).to_have_count(1)
    assert_accessible(page, "#frames, #dock", in_dark=is_wide)
