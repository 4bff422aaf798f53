"""The large view: with the mouse, the keyboard and fingers; the original, or why not."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.packs import pack
from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import eventually

DRIVE = 1


def test_large_view(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    # A double click opens it and chooses nothing.
    desk.cell(3).dblclick()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    desk.expect_chosen(0, 227)
    desk.painted(3)
    desk.cell(3).hover()
    desk.button("Large view of frame 3").click()
    viewer = page.get_by_role("dialog", name="Frame 3")
    expect(viewer).to_be_visible()
    expect(viewer).to_contain_text("north_0003.jpg")
    picture = viewer.locator("img")
    eventually(lambda: picture.evaluate("image => image.naturalWidth") == 640)  # the original
    expect(viewer.get_by_role("link", name="Open in CVAT")).to_have_attribute(
        "href", f"{desk.standin.url}/tasks/1/jobs/1?frame=3"
    )
    page.keyboard.press("Space")
    expect(viewer.get_by_role("button", name="Chosen")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="Frame 4")).to_be_visible()
    expect(desk.button("Choose")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("+")
    expect(page.locator("#viewer-stage")).to_have_class(re.compile("zoomed"))
    page.keyboard.press("0")
    expect(page.locator("#viewer-stage")).not_to_have_class(re.compile("zoomed"))
    page.locator("#viewer-stage").hover()
    page.mouse.wheel(0, -500)
    expect(page.locator("#viewer-stage")).to_have_class(re.compile("zoomed"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(desk.cell(2)).to_be_focused()
    desk.expect_frames(3)


def test_the_large_view_keeps_the_keyboard(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    desk.cell(1).focus()
    page.keyboard.press("Enter")
    title = page.locator("#viewer-title")
    desk.button("Previous frame").focus()
    page.keyboard.press("Enter")  # to the first one: the button has nothing more to do
    expect(title).to_have_text("Frame 0")
    expect(desk.button("Previous frame")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    expect(title).to_have_text("Frame 1")
    desk.button("Next frame").click()
    expect(title).to_have_text("Frame 2")
    page.keyboard.press("Space")
    expect(desk.button("Chosen")).to_be_visible()
    expect(title).to_have_text("Frame 2")
    for part in ("#viewer-stage", "#viewer-title", "#viewer-fit"):
        page.locator(part).click()
        page.keyboard.press("ArrowRight")
    expect(title).to_have_text("Frame 5")
    page.keyboard.press("Space")
    page.keyboard.press("End")
    desk.button("Previous frame").click()
    desk.button("Next frame").click()
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text("Frame 228")
    # With the keyboard on it a button is what Space presses.
    desk.button("Next frame").focus()
    page.keyboard.press("Space")
    expect(title).to_have_text("Frame 229")
    page.keyboard.press("Space")  # the last one: the keyboard is where it picks
    expect(desk.button("Chosen")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    desk.in_sight(229)
    desk.expect_chosen(3, 227)
    # All of it by buttons.
    desk.cell(229).focus()
    page.keyboard.press("Enter")
    desk.button("Previous frame").click()
    desk.button("Choose").click()
    page.keyboard.press("Home")
    expect(title).to_have_text("Frame 0")
    page.locator("#viewer-close").click()
    desk.in_sight(0)
    desk.expect_chosen(4, 227)


class Fingers:
    """On the large view, on a phone."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.title, self.stage = page.locator("#viewer-title"), page.locator("#viewer-stage")
        self._devtools = page.context.new_cdp_session(page)

    def touch(self, *steps: list[tuple[int, int]]) -> None:
        """They come down, go from place to place, and are lifted."""
        for number, places in enumerate(steps):
            points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
            self._send("touchMove" if number else "touchStart", points)
        self._send("touchEnd", [])

    def pinch(self, *distances: int) -> None:
        """Two of them, each so far from the middle."""
        self.touch(*([(195 - by, 400), (195 + by, 400)] for by in distances))

    def shown(self) -> tuple[float, float, float]:
        """How large the picture is, and by how much it is moved."""
        found = self.page.locator("#viewer-picture").evaluate(
            "it => { const m = new DOMMatrix(it.style.transform); return [m.a, m.e, m.f]; }"
        )
        return found[0], found[1], found[2]

    def _send(self, kind: str, points: list[dict[str, int]]) -> None:
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_fingers(open_portal: Callable[..., Portal]) -> None:
    portal = open_portal(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    portal.connect()
    desk = Workspace(portal)
    page = desk.page
    desk.open_task(DRIVE)
    desk.cell(3).focus()
    page.keyboard.press("Enter")
    fingers = Fingers(page)
    expect(fingers.title).to_have_text("Frame 3")
    # One that swipes turns the page.
    fingers.touch([(300, 400)], [(200, 405)], [(100, 410)])
    expect(fingers.title).to_have_text("Frame 4")
    fingers.touch([(100, 400)], [(200, 405)], [(300, 410)])
    expect(fingers.title).to_have_text("Frame 3")
    fingers.touch([(200, 300)], [(210, 400)], [(220, 500)])  # down: no swipe
    fingers.touch([(200, 400)], [(210, 400)])  # a tap that trembles
    expect(fingers.title).to_have_text("Frame 3")
    # Two make it larger, and one moves it then.
    fingers.pinch(40, 60, 90, 120)
    expect(fingers.stage).to_have_class(re.compile("zoomed"))
    scale, x, y = fingers.shown()
    assert scale == pytest.approx(3, abs=0.1)
    assert page.evaluate("visualViewport.scale") == 1  # the picture, not the page
    for name in ("close", "previous", "pick", "next"):
        expect(page.locator(f"#viewer-{name}")).to_be_in_viewport(ratio=1)
    fingers.touch([(200, 400)], [(160, 380)], [(120, 360)])
    assert fingers.shown() == pytest.approx((scale, x - 80, y - 40), abs=2)
    expect(fingers.title).to_have_text("Frame 3")
    fingers.pinch(120, 60, 20)
    expect(fingers.stage).not_to_have_class(re.compile("zoomed"))
    fingers.touch([(300, 400)], [(200, 405)], [(100, 410)])
    expect(fingers.title).to_have_text("Frame 4")


def test_a_picture_that_cvat_does_not_give(desk: Workspace) -> None:
    """The large view shows its thumbnail instead, if there is one."""
    desk.page.route(
        "**/image?*", lambda route: route.fulfill(status=502, json={"detail": "no", "code": "x"})
    )
    desk.page.route(
        "**/api/jobs/1/thumbnails/0*", lambda route: pack(route, dict.fromkeys(range(18), "ok"))
    )
    said, picture = desk.page.locator("#viewer-said"), desk.page.locator("#viewer-picture")
    desk.open_task(DRIVE)
    desk.painted(20)
    desk.cell(20).focus()
    desk.page.keyboard.press("Enter")
    expect(said).to_contain_text("CVAT does not give this picture")
    expect(picture).to_be_visible()
    desk.page.keyboard.press("Escape")
    desk.cell(0).focus()
    desk.page.keyboard.press("Enter")
    expect(said).to_contain_text("CVAT does not give this picture")
    expect(picture).to_be_hidden()
    desk.page.unroute("**/image?*")
    desk.page.keyboard.press("ArrowRight")
    desk.page.keyboard.press("ArrowRight")  # the one after the first was asked for in vain
    expect(picture).to_be_visible()


def test_tiff_is_looked_at_as_jpeg(desk: Workspace) -> None:
    desk.open_task(4)
    desk.cell(4).focus()
    with desk.page.expect_request("**/frames/4/image?quality=compressed*"):
        desk.page.keyboard.press("Enter")
    eventually(
        lambda: desk.page.locator("#viewer-picture").evaluate("image => image.naturalWidth > 250")
    )
