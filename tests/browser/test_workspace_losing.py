"""A choice is never lost without a word: Escape, a draw over it, a page that goes away."""

from __future__ import annotations

from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.workspace import Workspace

DRIVE, FOLDERS = 1, 2


def test_escape_closes_what_is_open_and_clears_only_then(desk: Workspace) -> None:
    page = desk.page
    note = page.locator(".note")
    menu = page.locator("details.menu").last
    desk.open_task(FOLDERS)
    desk.cell(3).click()
    desk.cell(5).click()

    note.locator("summary").click()
    expect(page.get_by_label("Note", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Note", exact=True)).to_be_hidden()
    expect(note.locator("summary")).to_be_focused()
    desk.expect_chosen(2, 47)

    note.locator("summary").click()
    page.get_by_label("Note", exact=True).fill("Round 1")
    page.keyboard.press("Escape")
    expect(note).not_to_have_attribute("open", "")
    desk.expect_chosen(2, 47)
    expect(page.locator("#note")).to_have_value("Round 1")

    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    desk.expect_chosen(2, 47)

    page.set_viewport_size({"width": 390, "height": 844})
    desk.button("Pick…").click()
    expect(page.locator("#side")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#side")).to_be_hidden()
    desk.expect_chosen(2, 47)

    page.keyboard.press("Escape")
    desk.expect_chosen(0, 47)
    status = page.locator("#dock-status")
    expect(status).to_contain_text("2 frames are no longer chosen.")
    status.get_by_role("button", name="Undo the last change of the choice").click()
    desk.expect_frames(3, 5)
    expect(status).to_be_empty()


def test_a_draw_and_a_reload_give_the_choice_back(desk: Workspace, live_server: LiveServer) -> None:
    page = desk.page
    page.on("dialog", lambda dialog: dialog.accept())
    status = page.locator("#dock-status")
    name = page.get_by_label("Name of the selection")
    desk.open_task(DRIVE)

    # A draw over a choice by hand says so.
    desk.cell(3).click()
    desk.cell(5).click()
    desk.pick("10", seed="7")
    expect(status).to_contain_text("They replace the 2 frames chosen before.")
    status.get_by_role("button", name="Undo the last change of the choice").click()
    desk.expect_frames(3, 5)
    # One draw after another is what was asked for.
    desk.button("Clear").click()
    desk.pick("10", seed="7")
    expect(status).to_have_text("50 of 227 frames picked with seed 7.")
    desk.pick("10", seed="8")
    expect(status).to_have_text("50 of 227 frames picked with seed 8.")

    # An unsaved choice is offered after a reload.
    name.fill("Round 1")
    page.reload()
    expect(status).to_contain_text("50 frames were chosen here before and not saved.")
    desk.expect_chosen(0, 227)
    desk.button("Choose them again").click()
    desk.expect_chosen(50, 227)
    expect(name).to_have_value("Round 1")
    desk.save("Round 1")
    page.reload()
    desk.expect_chosen(0, 227)
    expect(status).to_be_empty()

    # It is not offered to somebody else.
    desk.cell(3).click()
    page.goto("/tokens")
    desk.portal.enter("bob", live_server.url)
    desk.portal.connect()
    desk.open_task(DRIVE)
    desk.expect_chosen(0, 227)
    expect(status).to_be_empty()
