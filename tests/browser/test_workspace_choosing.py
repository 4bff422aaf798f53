"""Choosing by buttons, words and numbers; undo of it all."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.workspace import Workspace

DRIVE, FOLDERS = 1, 2


def test_undo_and_redo_of_every_change(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    expect(desk.button("Undo")).to_be_disabled()
    desk.cell(3).click()
    expect(page.locator("#spoken")).to_have_text("1 frame chosen")
    # In a field it is the field's.
    page.get_by_label("Name of the selection").press_sequentially("ab")
    page.keyboard.press("Control+z")
    desk.expect_chosen(1, 227)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.button("Clear").click()
    desk.cell(0).focus()
    page.keyboard.press("Control+z")
    desk.expect_chosen(50, 227)
    page.keyboard.press("Control+z")
    desk.expect_frames(3)
    page.keyboard.press("Control+z")
    desk.expect_chosen(0, 227)
    expect(desk.button("Undo")).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    desk.expect_frames(3)
    # By the buttons, on which the focus stays when nothing is left.
    desk.button("Undo").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
        desk.expect_chosen(0, 227)
        expect(desk.button("Undo")).to_be_focused()
    expect(desk.button("Undo")).to_be_disabled()
    desk.button("Redo").focus()
    for left in (1, 50, 0, 0):
        page.keyboard.press("Enter")
        desk.expect_chosen(left, 227)
        expect(desk.button("Redo")).to_be_focused()
    expect(desk.button("Redo")).to_be_disabled()


def test_buttons_and_numbers(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    desk.button("Select all").click()
    desk.expect_chosen(227, 227)
    desk.button("Clear").click()
    desk.cell(0).click()
    desk.button("Invert").click()
    desk.expect_chosen(226, 227)
    desk.button("Clear").click()
    desk.button("Choose all of job 1").click()
    desk.expect_chosen(48, 227)
    expect(desk.grid.get_by_text("48 of 48 chosen")).to_be_visible()
    assert desk.bars()[0] == "Job 1: 48/48"
    desk.button("Choose none of job 1").click()
    desk.expect_chosen(0, 227)
    # Typed numbers that are none.
    page.get_by_text("By hand", exact=True).click()
    field = page.get_by_label("Frame numbers")
    for typed, error in {
        "9-0": "ends before it begins",
        "a-b": "is the name of no frame here",
        "1-2-3": "is no range",
        "": "Type frame numbers",
        "5000": "No frame here",
    }.items():
        field.fill(typed)
        desk.button("Choose these").click()
        expect(page.locator("#pick-error")).to_contain_text(error)
        desk.expect_chosen(0, 227)
    # Typed ranges.
    field.fill("0-19, 200, 210-220 step 5")
    desk.button("Choose these").click()
    desk.expect_chosen(22, 227)  # 17 and 18 are deleted
    said = page.locator("#dock-status")
    expect(said).to_have_text("2 numbers are not among the frames here; the others are chosen.")
    field.fill("0-9")
    desk.button("Leave out").click()
    desk.expect_chosen(12, 227)
    expect(said).to_be_empty()
    field.fill("0-9999")
    desk.button("Choose these").click()
    desk.expect_chosen(227, 227)
    expect(said).to_contain_text("9,773 numbers are not among the frames here")


def test_names(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(FOLDERS)
    page.get_by_text("By hand", exact=True).click()
    # Ranges show what they would take.
    field, shown = page.get_by_label("Frame numbers"), page.locator("#ranges-preview")
    field.fill("3 5 7-9")
    expect(shown).to_have_text(
        "5 frames: 3 cam_a/img_003.jpg, 5 cam_a/img_005.jpg, 7 cam_a/img_007.jpg, …, "
        "9 cam_a/img_009.jpg."
    )
    desk.expect_chosen(0, 47)
    field.fill("46-50")
    expect(shown).to_contain_text("4 numbers are not among the frames here.")
    field.fill("")
    expect(shown).to_be_empty()
    field.fill("3 5 7-9")
    field.press("Enter")
    desk.expect_chosen(5, 47)
    desk.button("Clear").click()
    # Whole paths, then names that one frame has; what means none or two frames is told.
    field.fill("cam_a/img_003.jpg\nframe 1.jpg, img_000.jpg\nnone.jpg\nwith space/a b  c.jpg")
    problems = page.locator("#ranges-problems")
    expect(problems.locator("summary")).to_have_text("2 entries not understood")
    problems.locator("summary").click()
    expect(problems).to_contain_text("“img_000.jpg” could mean frame 0, cam_a/img_000.jpg, or")
    expect(problems).to_contain_text("“none.jpg” is the name of no frame here.")
    expect(shown).to_contain_text("1 name found without its folder.")
    desk.button("Choose these").click()
    desk.expect_chosen(3, 47)
    said = page.locator("#dock-status")
    expect(said).to_have_text("2 entries were not understood; the others are chosen.")
    names = {row["filename"] for row in desk.info()}
    assert "cam_a/img_003.jpg" in names
    assert "with space/a b  c.jpg" in names
    desk.button("Leave out").click()
    desk.expect_chosen(0, 47)
    # A filter by names.
    page.locator("#pick").get_by_text("Per job", exact=True).click()
    page.get_by_label("File name contains").fill("night/")
    expect(page.get_by_text("10 of 47 shown")).to_be_visible()
    desk.button("Choose these").click()
    desk.expect_chosen(10, 47)
    desk.button("Invert these").click()
    desk.expect_chosen(0, 47)
    page.get_by_label("File name contains").fill("no such name")
    expect(page.locator("#notice")).to_contain_text("No frame is like that")
    desk.button("Show all frames").click()
    expect(desk.button("Select all")).to_be_visible()
    expect(page.locator("#notice")).to_be_hidden()
