"""What pictures of the page would show: nothing covered, nothing beyond the edge, no jumps."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.workspace import Workspace

JUMPS = """
window.jumps = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.jumps += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


def test_all_is_in_sight_at_every_size(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(1)
    # The dock never hides the last row.
    for width, height in [(360, 640), (390, 844), (1024, 768), (1600, 1000)]:
        page.set_viewport_size({"width": width, "height": height})
        desk.scroll_to(10**7)
        desk.settled()
        desk.in_sight(229)
        last, dock = desk.cell(229).bounding_box(), page.locator("#dock").bounding_box()
        assert last
        assert dock
        assert last["y"] + last["height"] <= dock["y"]
        assert dock["y"] + dock["height"] <= height + 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert desk.grid.locator(".job-head-cell").first.evaluate(
            "head => head.scrollWidth <= head.clientWidth"
        )
    # All fits a phone on its side, also after what was said beside the scroll bar far below.
    expect(page.locator("#scroll-label")).to_be_hidden()
    for width, height in [(844, 390), (740, 360), (1280, 500)]:
        page.set_viewport_size({"width": width, "height": height})
        for each in (desk.button("Save"), desk.button("Open"), page.locator(".dock-count")):
            expect(each).to_be_in_viewport(ratio=1)
        frames = page.locator("#scroller").bounding_box()
        assert frames
        assert frames["height"] >= 150
        assert page.evaluate("document.documentElement.scrollHeight") <= height
    # A magnified page: 400 % on a screen of 1280 by 1024 is this window.
    page.set_viewport_size({"width": 360, "height": 256})
    frames = page.locator("#scroller").bounding_box()
    assert frames
    assert frames["height"] >= 280


def test_nothing_jumps_while_it_loads(desk: Workspace) -> None:
    desk.page.add_init_script(JUMPS)
    desk.open_task(1)
    desk.painted(0)
    desk.painted(20)
    desk.page.wait_for_load_state("networkidle")  # nothing more comes that could push
    desk.drawn()
    assert desk.page.evaluate("window.jumps") < 0.02


def test_all_of_a_job_with_a_long_number_can_be_chosen(desk: Workspace) -> None:
    world = desk.standin.world
    job = world.jobs[1]
    del world.jobs[1]
    job.id = 1_234_567
    world.jobs[job.id] = job
    desk.page.set_viewport_size({"width": 320, "height": 844})
    desk.open_task(1)
    for width in (320, 390, 700):
        desk.page.set_viewport_size({"width": width, "height": 844})
        for name in ("Choose all of job 1234567", "Choose none of job 1234567"):
            expect(desk.button(name)).to_be_in_viewport(ratio=1)
    desk.button("Choose all of job 1234567").click()
    desk.expect_chosen(48, 227)
    desk.button("Choose none of job 1234567").click()
    desk.expect_chosen(0, 227)


def test_a_filter_moves_nothing(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(1)
    tools, words = page.locator(".tools .button"), page.get_by_label("File name contains")
    shown = page.get_by_text("98 of 227 shown")
    for width in (390, 1024, 1280, 1440):
        words.fill("")
        expect(shown).to_be_hidden()
        page.set_viewport_size({"width": width, "height": 844})
        desk.drawn()
        before = page.locator("#scroller").bounding_box()
        places = [page.locator(name).bounding_box() for name in ("#clear", "#undo")]
        words.fill("north_00")
        expect(shown).to_be_in_viewport(ratio=1)
        assert page.locator("#scroller").bounding_box() == before
        assert [page.locator(name).bounding_box() for name in ("#clear", "#undo")] == places
        tops = tools.evaluate_all(
            "all => all.map((it) => it.getBoundingClientRect()).filter((it) => it.width)"
            ".map(({top}) => top)"
        )
        assert len(set(tops)) == (2 if width < 640 else 1), "lines of tools"
        box = shown.bounding_box()
        assert box
        assert before
        assert box["y"] + box["height"] <= before["y"]


def test_a_filter_leads_to_what_is_near_and_back(desk: Workspace) -> None:
    desk.open_task(8)
    desk.scroll_to(90_000)
    desk.settled()
    frame = desk.cell_at_top().get_attribute("data-frame")
    assert frame
    words = desk.page.get_by_label("File name contains")
    for text in ("frame_1", "frame_19", "nothing"):
        words.fill(text)
    words.fill("")
    desk.settled()
    desk.in_sight(int(frame))
    assert desk.cell_at_top().get_attribute("data-frame") == frame

    words.fill("77")
    desk.settled()
    first = int(desk.cell_at_top().get_attribute("data-frame") or 0)
    assert 0 <= first - int(frame) < 200
    # When one has scrolled, it leads back from there.
    desk.page.locator("#scroller").evaluate("it => { it.scrollTop += 300; }")
    desk.settled()
    frame = desk.cell_at_top().get_attribute("data-frame")
    words.fill("")
    desk.settled()
    desk.in_sight(int(frame or 0))


def test_the_size_of_text_that_the_browser_is_set_to_counts(desk: Workspace) -> None:
    session = desk.page.context.new_cdp_session(desk.page)
    size = "it => parseFloat(getComputedStyle(it).fontSize)"
    desk.page.goto("/tokens")
    assert desk.page.locator("body").evaluate(size) == 15
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 24}})
    desk.open_task(1)
    caption = desk.cell(0).locator(".caption")
    assert desk.page.locator("body").evaluate(size) == 15 * 1.5
    assert caption.evaluate(size) == 12.5 * 1.5
    assert caption.evaluate("it => it.scrollHeight <= it.clientHeight")
    assert desk.cell(0).evaluate("it => it.scrollHeight <= it.clientHeight")
    # Less fits in: it is laid out as a window of two thirds is.
    expect(desk.button("Pick…")).to_be_visible()
    expect(desk.button("Save")).to_be_in_viewport(ratio=1)
