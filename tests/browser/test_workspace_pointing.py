"""Choosing with the mouse or a finger: one, a range, a band."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import eventually

DRIVE, FOLDERS, LARGE = 1, 2, 8


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
    desk.expect_chosen(227, 227)  # what is shown with a choice has taken its place
    first, last = desk.cell(0).bounding_box(), desk.cell(2).bounding_box()
    assert first
    assert last
    desk.page.mouse.move(first["x"] + 40, first["y"] + 40)
    desk.page.mouse.down()
    desk.page.mouse.move(last["x"] + 20, last["y"] + 40, steps=5)
    desk.page.mouse.up()
    desk.expect_chosen(224, 227)


# All within one task of the page, so before it draws the band.
QUICK_DRAG = """([from, to]) => {
  const cell = document.elementFromPoint(...from);
  const event = (type, [clientX, clientY]) => {
    const options = { bubbles: true, pointerType: "mouse", clientX, clientY };
    cell.dispatchEvent(new PointerEvent(type, options));
  };
  event("pointerdown", from);
  event("pointermove", [from[0] + 20, from[1]]);
  event("pointerup", to);
}"""


def test_quick_drag_chooses_what_is_under_it_at_its_end(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    first, last = desk.cell(0).bounding_box(), desk.cell(2).bounding_box()
    assert first
    assert last
    ends = [[first["x"] + 40, first["y"] + 40], [last["x"] + 20, last["y"] + 40]]
    desk.page.evaluate(QUICK_DRAG, ends)
    desk.expect_chosen(3, 227)


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


@pytest.fixture
def touched(open_portal: Callable[..., Portal]) -> Workspace:
    portal = open_portal(has_touch=True, viewport={"width": 390, "height": 844})
    portal.connect()
    desk = Workspace(portal)
    desk.open_task(DRIVE)
    return desk


def test_a_finger_taps(touched: Workspace) -> None:
    touched.cell(2).tap()
    touched.expect_chosen(1, 227)


@pytest.mark.parametrize("menu", [False, True])
def test_a_finger_that_rests_takes_everything_since_the_last(
    touched: Workspace, *, menu: bool
) -> None:
    """Also where the browser has a menu for pictures, and a click at the end."""
    touched.cell(1).tap()
    touched.expect_chosen(1, 227)
    touch = {"pointerType": "touch", "isPrimary": True}
    touched.cell(4).dispatch_event("pointerdown", touch)
    if menu:
        touched.cell(4).dispatch_event("contextmenu", {"cancelable": True})
    touched.expect_chosen(4, 227)
    touched.cell(4).dispatch_event("pointerup", touch)
    touched.cell(4).dispatch_event("click")
    touched.expect_frames(1, 2, 3, 4)
    # One that moves scrolls: the browser takes the pointer away.
    touched.cell(5).dispatch_event("pointerdown", touch)
    touched.cell(5).dispatch_event("pointercancel", touch)
    # By the page's own clock: what it set before is over by then.
    touched.page.evaluate("new Promise((done) => setTimeout(done, 700))")
    touched.expect_frames(1, 2, 3, 4)
    touched.cell(5).tap()
    touched.expect_frames(1, 2, 3, 4, 5)
