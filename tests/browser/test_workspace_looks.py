"""What pictures of the page would show: nothing covered, nothing beyond the edge, no jumps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace

JUMPS = """
window.jumps = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.jumps += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@pytest.mark.parametrize("size", [(360, 640), (390, 844), (1024, 768), (1600, 1000)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_dock_never_hides_the_last_row(
    open_portal: Callable[..., Portal], theme: str, size: tuple[int, int]
) -> None:
    width, height = size
    viewport = {"width": width, "height": height}
    portal = open_portal("alice", color_scheme=theme, viewport=viewport)
    portal.connect_to_samples()
    desk = Workspace(portal)
    desk.open_task(1)
    desk.scroll_to(10**7)
    desk.in_sight(229)
    last, dock = desk.cell(229).bounding_box(), desk.page.locator("#dock").bounding_box()
    assert last
    assert dock
    assert last["y"] + last["height"] <= dock["y"]
    assert dock["y"] + dock["height"] <= height + 1
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    assert desk.grid.locator(".job-head-cell").first.evaluate(
        "head => head.scrollWidth <= head.clientWidth"
    )


def test_nothing_jumps_while_it_loads(desk: Workspace) -> None:
    desk.page.add_init_script(JUMPS)
    desk.open_task(1)
    desk.painted(0)
    desk.painted(20)
    desk.page.wait_for_timeout(300)
    assert desk.page.evaluate("window.jumps") < 0.02


def test_on_a_phone_the_frames_come_before_the_settings(
    open_portal: Callable[..., Portal],
) -> None:
    portal = open_portal(viewport={"width": 390, "height": 844})
    portal.connect_to_samples()
    desk = Workspace(portal)
    desk.open_task(1)
    expect(desk.page.locator("#side")).to_be_hidden()
    desk.in_sight(0)
    desk.button("Pick…").click()
    expect(desk.button("Pick at random")).to_be_visible()
    expect(desk.button("Done")).to_be_focused()
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#side")).to_be_hidden()
    expect(desk.button("Pick…")).to_be_focused()


def test_a_magnified_page_keeps_room_for_the_frames(open_portal: Callable[..., Portal]) -> None:
    """400 % on a screen of 1280 by 1024 is this window."""
    portal = open_portal(viewport={"width": 360, "height": 256})
    portal.connect_to_samples()
    desk = Workspace(portal)
    desk.open_task(1)
    box = desk.page.locator("#scroller").bounding_box()
    assert box
    assert box["height"] >= 280


def test_focus_is_seen(desk: Workspace) -> None:
    desk.open_task(1)
    desk.cell(0).focus()
    desk.page.keyboard.press("ArrowRight")
    outline = desk.cell(1).evaluate("cell => getComputedStyle(cell).outlineWidth")
    assert outline == "2px"
