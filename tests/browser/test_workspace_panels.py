"""What opens over the frames and the dock closes again, and keeps the keyboard while it is open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace

DRIVE = 1
# What gets the keyboard outside the sheet.
WATCH_FOCUS = """() => {
  window.outside = [];
  document.addEventListener("focusin", ({ target }) => {
    if (!document.getElementById("side").contains(target)) window.outside.push(target.outerHTML);
  });
}"""


@pytest.fixture
def phone(open_portal: Callable[..., Portal]) -> Workspace:
    portal = open_portal(viewport={"width": 390, "height": 844})
    portal.connect()
    desk = Workspace(portal)
    desk.open_task(DRIVE)
    return desk


def test_the_sheet_keeps_the_keyboard_and_picks_and_closes(phone: Workspace) -> None:
    page, side = phone.page, phone.page.locator("#side")
    phone.button("Pick…").click()
    page.evaluate(WATCH_FOCUS)
    for key in ("Tab", "Shift+Tab"):
        for _ in range(40):
            page.keyboard.press(key)
    assert page.evaluate("window.outside") == []
    # Wherever the keyboard is by now.
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    expect(phone.button("Pick…")).to_be_focused()
    phone.cell(0).click()
    phone.expect_chosen(1, 227)
    phone.button("Clear").click()
    # It picks, and a tap beside it closes it.
    phone.button("Pick…").click()
    phone.pick("2", seed="7")
    phone.expect_chosen(10, 227)
    expect(side).to_be_visible()
    page.mouse.click(195, 60)
    expect(side).to_be_hidden()
    phone.expect_chosen(10, 227)
    phone.button("Save").click()
    expect(page.locator("#dock-status")).to_contain_text("Saved as")


def test_a_wider_window_needs_no_sheet(phone: Workspace) -> None:
    """How wide is wide goes by the size of type that the browser is set to."""
    page = phone.page
    devtools = page.context.new_cdp_session(page)
    for chosen, (type_size, width) in enumerate([(24, 1500), (16, 1280)], start=1):
        devtools.send("Page.setFontSizes", {"fontSizes": {"standard": type_size}})
        page.set_viewport_size({"width": width * 2 // 3, "height": 844})
        phone.button("Pick…").click()
        page.set_viewport_size({"width": width, "height": 844})
        phone.cell(chosen).click()
        phone.expect_chosen(chosen, 227)
    expect_a_note_to_close(phone)


def expect_a_note_to_close(desk: Workspace) -> None:
    summary, note = desk.page.locator(".note summary"), desk.page.locator("#note")
    summary.click()
    note.fill("Of the first day.")
    desk.page.keyboard.press("Escape")
    expect(note).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    note.click()
    expect(note).to_be_visible()
    desk.page.locator("#name").click()
    expect(note).to_be_hidden()
    expect(note).to_have_value("Of the first day.")
