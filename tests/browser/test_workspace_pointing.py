"""Choosing with the mouse or a finger: one, a range, a band."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import eventually

DRIVE = 1


def test_clicks(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    expect(desk.cell(3)).to_have_attribute("aria-selected", "true")
    desk.expect_chosen(1, 227)
    desk.cell(3).click()
    desk.expect_chosen(0, 227)
    # With Shift the range becomes as its beginning is.
    desk.cell(3).click()
    desk.cell(9).click(modifiers=["Shift"])
    desk.expect_frames(3, 4, 5, 6, 7, 8, 9)
    desk.cell(5).click()
    desk.cell(8).click(modifiers=["Shift"])
    desk.expect_frames(3, 4, 9)
    desk.button("Clear").click()
    # Also in a filtered list.
    desk.cell(20).click()
    desk.page.get_by_label("File name contains").fill("north_002")
    expect(desk.page.locator("#shown")).to_have_text("10 of 227 shown")
    desk.cell(23).click(modifiers=["Shift"])
    desk.expect_frames(20, 21, 22, 23)
    desk.expect_chosen(4, 227)
    # One whose beginning is hidden takes just the one.
    desk.page.get_by_label("File name contains").fill("north_000")
    expect(desk.cell(3)).to_be_visible()
    desk.cell(3).click(modifiers=["Shift"])
    desk.expect_frames(3)
    desk.expect_chosen(5, 227)
    desk.cell(5).click(modifiers=["Shift"])
    desk.expect_frames(3, 4, 5)


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


def test_drags(desk: Workspace) -> None:
    mouse, band = desk.page.mouse, desk.page.locator(".band")
    desk.open_task(DRIVE)
    assert int(desk.grid.get_attribute("aria-colcount") or 0) == 5

    def at(frame: int, right: int, down: int) -> tuple[float, float]:
        box = desk.cell(frame).bounding_box()
        assert box
        return box["x"] + right, box["y"] + down

    # A band takes what it touches, in one step.
    mouse.move(*at(1, 40, 40))
    mouse.down()
    mouse.move(*at(7, 60, 60), steps=8)
    expect(band).to_be_visible()
    desk.expect_chosen(0, 227)  # not before it is let go
    mouse.up()
    desk.expect_frames(1, 2, 6, 7)
    expect(band).to_be_hidden()
    desk.button("Undo").click()
    desk.expect_chosen(0, 227)
    # A quick one takes what is under it at its end.
    desk.page.evaluate(QUICK_DRAG, [at(0, 40, 40), at(2, 20, 40)])
    desk.expect_chosen(3, 227)
    # From a chosen frame it leaves out.
    desk.button("Select all").click()
    desk.expect_chosen(227, 227)  # what is shown with a choice has taken its place
    mouse.move(*at(0, 40, 40))
    mouse.down()
    mouse.move(*at(2, 20, 40), steps=5)
    mouse.up()
    desk.expect_chosen(224, 227)
    desk.button("Clear").click()
    desk.expect_chosen(0, 227)
    # Beyond the edge it scrolls, and Escape stops it.
    scroller = desk.page.locator("#scroller")
    bottom = scroller.bounding_box()
    assert bottom
    x, y = at(0, 10, 20)
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 190, bottom["y"] + bottom["height"] + 30, steps=5)
    eventually(lambda: scroller.evaluate("it => it.scrollTop > 300"))
    desk.page.keyboard.press("Escape")
    mouse.up()
    desk.expect_chosen(0, 227)
    desk.cell_at_top().click()
    desk.expect_chosen(1, 227)


def test_fingers(open_portal: Callable[..., Portal]) -> None:
    portal = open_portal(has_touch=True, viewport={"width": 390, "height": 844})
    portal.connect()
    desk = Workspace(portal)
    desk.open_task(DRIVE)
    desk.cell(1).tap()
    desk.expect_chosen(1, 227)
    # One that rests takes everything since the last; also where the browser has a menu for
    # pictures, and a click at the end.
    touch = {"pointerType": "touch", "isPrimary": True}
    for last, menu in ((4, False), (7, True)):
        desk.cell(last).dispatch_event("pointerdown", touch)
        if menu:
            desk.cell(last).dispatch_event("contextmenu", {"cancelable": True})
        desk.expect_chosen(last, 227)
        desk.cell(last).dispatch_event("pointerup", touch)
        desk.cell(last).dispatch_event("click")
        desk.expect_frames(*range(1, last + 1))
        # One that moves scrolls: the browser takes the pointer away.
        desk.cell(last + 1).dispatch_event("pointerdown", touch)
        desk.cell(last + 1).dispatch_event("pointercancel", touch)
        # By the page's own clock: what it set before is over by then.
        desk.page.evaluate("new Promise((done) => setTimeout(done, 700))")
        desk.expect_frames(*range(1, last + 1))
    desk.cell(8).tap()
    desk.expect_frames(*range(1, 9))
