"""Choosing with the keyboard: on the grid, and wherever the focus is."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.workspace import Workspace

DRIVE, FOLDERS = 1, 2


def test_keyboard(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    desk.cell(0).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(desk.cell(1)).to_be_focused()
    page.keyboard.press("Shift+ArrowRight")
    desk.expect_chosen(3, 227)
    page.keyboard.press("ArrowDown")
    expect(desk.cell(7)).to_be_focused()
    page.keyboard.press("End")
    expect(desk.cell(229)).to_be_focused()
    desk.in_sight(229)
    page.keyboard.press("PageUp")
    expect(desk.cell(229)).not_to_be_focused()
    page.keyboard.press("Home")
    expect(desk.cell(0)).to_be_focused()
    desk.in_sight(0)
    page.keyboard.press("PageDown")
    expect(desk.cell(0)).not_to_be_focused()
    page.keyboard.press("Control+a")
    desk.expect_chosen(227, 227)
    page.keyboard.press("Escape")
    desk.expect_chosen(0, 227)
    # Shift with an arrow down takes whole rows.
    desk.cell(2).focus()
    page.keyboard.press("Shift+ArrowDown")
    desk.expect_frames(2, 3, 4, 5, 6, 7)
    desk.button("Clear").click()
    # The grid is one stop of the tab key.
    desk.cell(4).click()
    assert desk.grid.locator('.cell[tabindex="0"]').count() == 1
    page.keyboard.press("ArrowRight")
    assert desk.grid.locator('.cell[tabindex="0"]').get_attribute("data-frame") == "5"
    page.keyboard.press("Tab")
    assert not desk.grid.locator(".cell:focus").count()


def test_a_range_by_shift_and_arrows_shrinks_again(desk: Workspace) -> None:
    press = desk.page.keyboard.press
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.cell(1).focus()
    for _ in range(3):
        press("Shift+ArrowRight")
    desk.expect_frames(1, 2, 3, 4)
    for _ in range(2):
        press("Shift+ArrowLeft")
    desk.expect_frames(1, 2, 3)  # the last was chosen before
    expect(desk.cell(2)).to_be_focused()
    for _ in range(2):
        press("Shift+ArrowLeft")
    desk.expect_frames(0, 1, 3)
    # Another range begins where the keyboard has gone meanwhile.
    press("ArrowRight")
    press("ArrowRight")
    press("Shift+ArrowLeft")
    desk.expect_frames(0, 1, 2, 3)


def test_all_and_clear_work_but_in_fields_dialogs_and_menus(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(FOLDERS)
    page.locator("h1").click()  # no field has the keyboard
    page.keyboard.press("Control+a")
    desk.expect_chosen(47, 47)
    assert page.evaluate("getSelection().toString()") == ""
    desk.button("Clear").click()
    desk.expect_chosen(0, 47)
    page.keyboard.press("Control+a")
    desk.expect_chosen(47, 47)
    page.keyboard.press("Escape")
    desk.expect_chosen(0, 47)
    page.get_by_label("File name contains").fill("night/")
    expect(page.locator("#shown")).to_have_text("10 of 47 shown")
    page.locator("h1").click()
    page.keyboard.press("Meta+a")
    desk.expect_chosen(10, 47)
    desk.button("Clear").click()
    page.get_by_label("File name contains").fill("")
    expect(page.locator("#shown")).to_be_empty()
    # In fields, dialogs and menus the same keys do what they do there.
    desk.cell(3).click()
    field = page.get_by_label("Name of the selection")
    field.fill("abc")
    page.keyboard.press("Control+a")
    assert field.evaluate("it => it.selectionEnd - it.selectionStart") == 3
    page.keyboard.press("Escape")
    desk.expect_chosen(1, 47)
    desk.cell(3).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    desk.expect_chosen(1, 47)
    page.locator("details.menu summary:visible").first.click()
    page.keyboard.press("Escape")
    expect(page.locator("details.menu[open]")).to_have_count(0)
    desk.expect_chosen(1, 47)
