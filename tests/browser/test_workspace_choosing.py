"""Choosing with the mouse, the keyboard, words and numbers; undo of it all."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.workspace import Workspace
from tests.conftest import eventually

DRIVE, FOLDERS, LARGE = 1, 2, 8
LONG_TASKS = """() => {
  window.tasks = [];
  new PerformanceObserver((list) => {
    window.tasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: "longtask" });
}"""


def test_click(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    expect(desk.cell(3)).to_have_attribute("aria-selected", "true")
    desk.expect_chosen(1, 227)
    desk.cell(3).click()
    desk.expect_chosen(0, 227)


def test_shift_click_takes_the_range_as_its_beginning_is(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.cell(9).click(modifiers=["Shift"])
    desk.expect_frames(3, 4, 5, 6, 7, 8, 9)
    desk.cell(5).click()
    desk.cell(8).click(modifiers=["Shift"])
    desk.expect_frames(3, 4, 9)


def test_shift_click_finds_its_beginning_in_a_filtered_list(desk: Workspace) -> None:
    desk.open_task(FOLDERS)
    desk.cell(20).click()
    desk.page.get_by_label("File name contains").fill("cam_b/")
    expect(desk.page.locator("#shown")).to_have_text("20 of 47 shown")
    desk.cell(23).click(modifiers=["Shift"])
    desk.expect_frames(20, 21, 22, 23)
    desk.expect_chosen(4, 47)
    # One whose beginning is hidden takes just the one.
    desk.page.get_by_label("File name contains").fill("cam_a/")
    expect(desk.cell(3)).to_be_visible()
    desk.cell(3).click(modifiers=["Shift"])
    desk.expect_frames(3)
    desk.expect_chosen(5, 47)
    desk.cell(5).click(modifiers=["Shift"])
    desk.expect_frames(3, 4, 5)


def test_drag_draws_a_band(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.page.set_viewport_size({"width": 1280, "height": 900})
    first, last = desk.cell(1).bounding_box(), desk.cell(7).bounding_box()
    assert first
    assert last
    columns = int(desk.grid.get_attribute("aria-colcount") or 0)
    desk.page.mouse.move(first["x"] + 40, first["y"] + 40)
    desk.page.mouse.down()
    desk.page.mouse.move(last["x"] + 60, last["y"] + 60, steps=8)
    expect(desk.page.locator(".band")).to_be_visible()
    desk.expect_chosen(0, 227)  # not before it is let go
    desk.page.mouse.up()
    assert columns == 5
    desk.expect_frames(1, 2, 6, 7)
    expect(desk.page.locator(".band")).to_be_hidden()
    desk.button("Undo").click()  # one step
    desk.expect_chosen(0, 227)


def test_drag_from_a_chosen_frame_leaves_out(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.button("Select all").click()
    first, last = desk.cell(0).bounding_box(), desk.cell(2).bounding_box()
    assert first
    assert last
    desk.page.mouse.move(first["x"] + 40, first["y"] + 40)
    desk.page.mouse.down()
    desk.page.mouse.move(last["x"] + 20, last["y"] + 40, steps=5)
    desk.page.mouse.up()
    desk.expect_chosen(224, 227)


def test_drag_beyond_the_edge_scrolls_and_escape_stops_it(desk: Workspace) -> None:
    desk.open_task(LARGE)
    start = desk.cell(0).bounding_box()
    bottom = desk.page.locator("#scroller").bounding_box()
    assert start
    assert bottom
    desk.page.mouse.move(start["x"] + 10, start["y"] + 20)
    desk.page.mouse.down()
    desk.page.mouse.move(start["x"] + 200, bottom["y"] + bottom["height"] + 30, steps=5)
    scroller = desk.page.locator("#scroller")
    eventually(lambda: scroller.evaluate("it => it.scrollTop > 300"))
    desk.page.keyboard.press("Escape")
    desk.page.mouse.up()
    desk.expect_chosen(0, 20_000)
    desk.cell_at_top().click()
    desk.expect_chosen(1, 20_000)


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


def test_shift_with_arrows_down_takes_whole_rows(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(2).focus()
    desk.page.keyboard.press("Shift+ArrowDown")
    desk.expect_frames(2, 3, 4, 5, 6, 7)


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


def test_all_and_clear_work_wherever_the_focus_is(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(FOLDERS)
    page.get_by_role("heading", name="Pick frames").or_(page.locator("h1")).first.click()
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


def test_all_and_clear_are_the_fields_and_the_dialogs(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(FOLDERS)
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


def test_the_focus_stays_when_nothing_is_left_to_undo(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    desk.cell(1).click()
    desk.cell(2).click()
    desk.button("Undo").focus()
    for left in (1, 0, 0):
        page.keyboard.press("Enter")
        desk.expect_chosen(left, 227)
        expect(desk.button("Undo")).to_be_focused()
    expect(desk.button("Undo")).to_be_disabled()
    desk.button("Redo").focus()
    for now in (1, 2, 2):
        page.keyboard.press("Enter")
        desk.expect_chosen(now, 227)
    expect(desk.button("Redo")).to_be_focused()
    expect(desk.button("Redo")).to_be_disabled()


def test_the_grid_is_one_stop_of_the_tab_key(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(4).click()
    assert desk.grid.locator('.cell[tabindex="0"]').count() == 1
    desk.page.keyboard.press("ArrowRight")
    assert desk.grid.locator('.cell[tabindex="0"]').get_attribute("data-frame") == "5"
    desk.page.keyboard.press("Tab")
    assert not desk.grid.locator(".cell:focus").count()


def test_all_clear_and_invert(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.button("Select all").click()
    desk.expect_chosen(227, 227)
    desk.button("Clear").click()
    desk.cell(0).click()
    desk.button("Invert").click()
    desk.expect_chosen(226, 227)


def test_by_job(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.button("Choose all of job 1").click()
    desk.expect_chosen(48, 227)
    expect(desk.grid.get_by_text("48 of 48 chosen")).to_be_visible()
    assert desk.bars()[0] == "Job 1: 48/48"
    desk.button("Choose none of job 1").click()
    desk.expect_chosen(0, 227)


def test_typed_ranges(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    page.get_by_text("By hand", exact=True).click()
    page.get_by_label("Frame numbers").fill("0-19, 200, 210-220 step 5")
    desk.button("Choose these").click()
    desk.expect_chosen(22, 227)  # 17 and 18 are deleted
    said = page.locator("#dock-status")
    expect(said).to_have_text("2 numbers are not among the frames here; the others are chosen.")
    page.get_by_label("Frame numbers").fill("0-9")
    desk.button("Leave out").click()
    desk.expect_chosen(12, 227)
    expect(said).to_be_empty()
    page.get_by_label("Frame numbers").fill("0-9999")
    desk.button("Choose these").click()
    desk.expect_chosen(227, 227)
    expect(said).to_contain_text("9,773 numbers are not among the frames here")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("9-0", "ends before it begins"),
        ("a-b", "is no range"),
        ("", "Type frame numbers"),
        ("5000", "No frame here"),
    ],
)
def test_ranges_that_are_none(desk: Workspace, typed: str, said: str) -> None:
    desk.open_task(DRIVE)
    desk.page.get_by_text("By hand", exact=True).click()
    desk.page.get_by_label("Frame numbers").fill(typed)
    desk.button("Choose these").click()
    expect(desk.page.locator("#pick-error")).to_contain_text(said)
    desk.expect_chosen(0, 227)


def test_filter_by_name_and_choose_these(desk: Workspace) -> None:
    desk.open_task(FOLDERS)
    desk.page.get_by_label("File name contains").fill("night/")
    expect(desk.page.get_by_text("10 of 47 shown")).to_be_visible()
    desk.button("Choose these").click()
    desk.expect_chosen(10, 47)
    desk.button("Invert these").click()
    desk.expect_chosen(0, 47)
    desk.page.get_by_label("File name contains").fill("no such name")
    expect(desk.page.locator("#notice")).to_contain_text("No frame is like that")
    desk.button("Show all frames").click()
    expect(desk.button("Select all")).to_be_visible()
    expect(desk.page.locator("#notice")).to_be_hidden()


def test_undo_and_redo_of_every_change(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    expect(desk.button("Undo")).to_be_disabled()
    desk.cell(3).click()
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
    desk.button("Redo").click()
    desk.expect_chosen(50, 227)
    desk.button("Redo").click()
    desk.expect_chosen(0, 227)
    expect(desk.button("Redo")).to_be_disabled()


def test_undo_in_a_field_is_the_fields(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.page.get_by_label("Name of the selection").press_sequentially("ab")
    desk.page.keyboard.press("Control+z")
    desk.expect_chosen(1, 227)


def test_the_count_is_spoken(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    expect(desk.page.locator("#spoken")).to_have_text("1 frame chosen")


def test_selected_info(desk: Workspace) -> None:
    desk.open_task(FOLDERS)
    desk.cell(15).click()
    (info,) = desk.info()
    assert info.pop("job_id")
    assert info == {
        "frame": 15,
        "task_id": FOLDERS,
        "filename": "cam_b/img_001.jpg",
        "width": 320,
        "height": 240,
    }
    desk.button("Get selected info").click()
    with desk.page.expect_download() as download:
        desk.button("Save as file").click()
    assert "cam_b/img_001.jpg" in download.value.path().read_text()


def test_info_of_very_many(desk: Workspace) -> None:
    """The page shows the first of them, the clipboard and the file have all."""
    page = desk.page
    desk.open_task(LARGE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.button("Select all").click()
    desk.expect_chosen(20_000, 20_000)
    page.evaluate(LONG_TASKS)
    desk.button("Get selected info").click()
    expect(page.locator("#info-title")).to_have_text("20,000 selected frames")
    text = page.get_by_label("Selected frames as JSON")
    shown = json.loads(text.input_value())
    more = page.get_by_text("These are the first 300 of 20,000. Copy and Save as file have all.")
    expect(more).to_be_visible()
    copy = page.locator("#info-copy")
    copy.click()
    expect(copy).to_have_text("Copied")
    assert max(page.evaluate("window.tasks"), default=0) < 500
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert [row["frame"] for row in copied] == list(range(20_000))
    assert shown == copied[:300]
    desk.button("Close").click()
    assert desk.info() == copied
    # Whoever marks all that is shown means all.
    desk.button("Get selected info").click()
    text.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    eventually(lambda: page.evaluate("navigator.clipboard.readText()").count('"frame"') == 20_000)
    desk.button("Close").click()
    desk.button("Clear").click()
    desk.cell(0).click()
    desk.button("Get selected info").click()
    expect(more).to_be_hidden()


def test_info_is_copied_without_a_clipboard_for_scripts(desk: Workspace) -> None:
    """As on a portal without HTTPS."""
    desk.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    desk.open_task(FOLDERS)
    desk.cell(15).click()
    desk.button("Get selected info").click()
    copy = desk.page.locator("#info-copy")
    copy.click()
    expect(copy).to_have_text("Press Ctrl-C")
    marked = "getSelection().toString().length"
    assert desk.page.evaluate(marked) > 50


def test_a_finger_taps(open_portal: object) -> None:
    portal = open_portal(has_touch=True, viewport={"width": 390, "height": 844})
    portal.connect()
    desk = Workspace(portal)
    desk.open_task(DRIVE)
    desk.cell(2).tap()
    desk.expect_chosen(1, 227)


@pytest.mark.parametrize("menu", [False, True])
def test_a_finger_that_rests_takes_everything_since_the_last(
    open_portal: object, *, menu: bool
) -> None:
    """Also where the browser has a menu for pictures, and a click at the end."""
    portal = open_portal(has_touch=True, viewport={"width": 390, "height": 844})
    portal.connect()
    desk = Workspace(portal)
    desk.open_task(DRIVE)
    desk.cell(1).tap()
    desk.expect_chosen(1, 227)
    touch = {"pointerType": "touch", "isPrimary": True}
    desk.cell(4).dispatch_event("pointerdown", touch)
    if menu:
        desk.cell(4).dispatch_event("contextmenu", {"cancelable": True})
    desk.expect_chosen(4, 227)
    desk.cell(4).dispatch_event("pointerup", touch)
    desk.cell(4).dispatch_event("click")
    desk.expect_frames(1, 2, 3, 4)
    # One that moves scrolls: the browser takes the pointer away.
    desk.cell(5).dispatch_event("pointerdown", touch)
    desk.cell(5).dispatch_event("pointercancel", touch)
    desk.page.wait_for_timeout(700)
    desk.expect_frames(1, 2, 3, 4)
    desk.cell(5).tap()
    desk.expect_frames(1, 2, 3, 4, 5)
