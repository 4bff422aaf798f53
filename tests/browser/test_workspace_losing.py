"""A choice is never lost without a word: Escape, a draw over it, a page that goes away."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace

DRIVE, FOLDERS = 1, 2


def test_escape_closes_the_note_and_keeps_the_choice(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.page.locator(".note summary").click()
    expect(desk.page.get_by_label("Note", exact=True)).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_label("Note", exact=True)).to_be_hidden()
    expect(desk.page.locator(".note summary")).to_be_focused()
    desk.expect_chosen(50, 227)


def test_escape_in_the_text_of_the_note_keeps_the_choice(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.page.locator(".note summary").click()
    desk.page.get_by_label("Note", exact=True).fill("Round 1")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator(".note")).not_to_have_attribute("open", "")
    desk.expect_chosen(1, 227)
    expect(desk.page.locator("#note")).to_have_value("Round 1")


def test_escape_closes_the_tray_and_keeps_the_choice(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    menu = desk.page.locator("details.menu").last
    menu.locator("summary").click()
    desk.page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    desk.expect_chosen(1, 227)


def test_escape_closes_the_sheet_and_keeps_the_choice(desk: Workspace) -> None:
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.button("Pick…").click()
    expect(desk.page.locator("#side")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#side")).to_be_hidden()
    desk.expect_chosen(1, 227)


def test_clearing_by_escape_says_so_and_offers_undo(desk: Workspace) -> None:
    desk.open_task(FOLDERS)
    desk.cell(3).click()
    desk.cell(5).click()
    desk.page.keyboard.press("Escape")
    desk.expect_chosen(0, 47)
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("2 frames are no longer chosen.")
    status.get_by_role("button", name="Undo the last change of the choice").click()
    desk.expect_frames(3, 5)
    expect(status).to_be_empty()


def test_a_draw_over_a_choice_by_hand_says_so_and_offers_undo(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.cell(5).click()
    desk.pick("10", seed="7")
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("They replace the 2 frames chosen before.")
    status.get_by_role("button", name="Undo the last change of the choice").click()
    desk.expect_frames(3, 5)
    # One draw after another is what was asked for.
    desk.button("Clear").click()
    desk.pick("10", seed="7")
    expect(status).to_have_text("50 of 227 frames picked with seed 7.")
    desk.pick("10", seed="8")
    expect(status).to_have_text("50 of 227 frames picked with seed 8.")


def test_an_unsaved_choice_is_offered_after_a_reload(desk: Workspace) -> None:
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.page.get_by_label("Name of the selection").fill("Round 1")
    desk.page.reload()
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("50 frames were chosen here before and not saved.")
    desk.expect_chosen(0, 227)
    desk.button("Choose them again").click()
    desk.expect_chosen(50, 227)
    expect(desk.page.get_by_label("Name of the selection")).to_have_value("Round 1")
    desk.save("Round 1")
    desk.page.reload()
    desk.expect_chosen(0, 227)
    expect(status).to_be_empty()


def test_an_unsaved_choice_is_not_offered_to_somebody_else(
    open_portal: Callable[..., Portal],
) -> None:
    portal = open_portal("alice")
    portal.connect()
    desk = Workspace(portal)
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.page.goto("/tokens")
    url = "/".join(desk.page.url.split("/")[:3])
    portal.enter("bob", url)
    portal.connect()
    desk.open_task(DRIVE)
    desk.expect_chosen(0, 227)
    expect(desk.page.locator("#dock-status")).to_be_empty()
