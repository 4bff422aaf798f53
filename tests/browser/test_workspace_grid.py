"""The grid: few elements for many frames, thumbnails by the pack, the large view."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import eventually

DRIVE, FOLDERS, LARGE = 1, 2, 8
ADDED = 600  # elements that scrolling may add


def pack(route: Route, statuses: dict[int, str]) -> None:
    """Answer with a pack of these frames; their pictures are empty."""
    frames = [
        {"frame": frame, "offset": 0, "length": 0, "width": 0, "height": 0, "status": status}
        for frame, status in statuses.items()
    ]
    header = json.dumps({"frames": frames}).encode()
    route.fulfill(body=struct.pack(">I", len(header)) + header)


def elements(desk: Workspace) -> int:
    return desk.grid.locator("*").count()


def test_thumbnails_come_by_the_pack(desk: Workspace) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.open_task(DRIVE)
    for frame in (0, 5, 12, 20):
        desk.painted(frame)
    packs = [url for url in asked if "/thumbnails/" in url]
    assert 2 <= len(packs) <= 4
    assert len(set(packs)) == len(packs)
    assert not [url for url in asked if re.search(r"/frames/\d+/thumbnail", url)]


def test_the_picture_is_that_of_the_frame(desk: Workspace) -> None:
    """The large view shows the same thumbnail that the API makes of this one frame."""
    desk.open_task(FOLDERS)
    desk.painted(9)
    same = """async ([cell, url]) => {
      const pixels = async (source) => {
        const image = new Image();
        image.src = source;
        await image.decode();
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, canvas.width, canvas.height).data.join();
      };
      return await pixels(cell.querySelector("img").src) === await pixels(url);
    }"""
    cell = desk.cell(9).element_handle()
    assert desk.page.evaluate(same, [cell, f"/api/tasks/{FOLDERS}/frames/9/thumbnail"])
    assert not desk.page.evaluate(same, [cell, f"/api/tasks/{FOLDERS}/frames/8/thumbnail"])


def test_a_large_task_stays_small_in_the_page(desk: Workspace) -> None:
    desk.open_task(LARGE)
    before = elements(desk)
    assert desk.cells.count() < 80
    for top in range(0, 60_000, 3000):
        desk.scroll_to(top)
        desk.page.wait_for_timeout(20)
    desk.scroll_to(10**9)
    desk.in_sight(19_999)
    assert elements(desk) < before + ADDED
    desk.scroll_to(0)
    desk.in_sight(0)
    desk.cell(0).click()
    desk.page.keyboard.press("End")
    expect(desk.cell(19_999)).to_be_focused()
    desk.in_sight(19_999)
    assert elements(desk) < before + ADDED


def test_choosing_outlives_scrolling(desk: Workspace) -> None:
    desk.open_task(LARGE)
    desk.cell(3).click()
    desk.scroll_to(200_000)
    expect(desk.cell(3)).to_have_count(1)  # it has the keyboard
    desk.cell_at_top().click()
    desk.expect_chosen(2, 20_000)
    desk.scroll_to(0)
    expect(desk.cell(3)).to_have_attribute("aria-selected", "true")
    expect(desk.cell(4)).to_have_attribute("aria-selected", "false")


def test_headings_stay_in_sight(desk: Workspace) -> None:
    desk.open_task(LARGE)
    head = desk.grid.get_by_role("heading", name="Job ").first
    first = head.inner_text()
    desk.scroll_to(2000)
    expect(desk.grid.get_by_role("heading", name=first)).to_be_in_viewport()
    desk.scroll_to(400_000)
    expect(desk.grid.get_by_role("heading", name=first)).to_have_count(0)
    at_top = desk.page.locator("#scroller").evaluate(
        """it => {
          const {left, top} = it.getBoundingClientRect();
          return document.elementFromPoint(left + 20, top + 20).closest(".job-head").innerText;
        }"""
    )
    assert at_top.startswith("Job ")


def test_what_a_heading_says(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(0).click()
    head = desk.grid.locator(".job-head").first
    expect(head).to_contain_text(
        re.compile(r"Job 1.*frames 0–49.*acceptance.*completed · alice.*1 of 48 chosen")
    )
    desk.grid.get_by_role("link", name="only this job").first.click()
    desk.page.wait_for_url("**job=1**")


def test_size_and_list(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    wide = desk.grid.get_attribute("aria-colcount")
    desk.page.get_by_label("Size").fill("320")
    expect(desk.grid).not_to_have_attribute("aria-colcount", str(wide))
    desk.button("List").click()
    expect(desk.grid).to_have_attribute("aria-colcount", "1")
    expect(desk.cell(3)).to_contain_text("north_0003.jpg")
    expect(desk.cell(3)).to_contain_text("640×360")
    desk.painted(3)
    desk.page.reload()
    expect(desk.grid).to_have_attribute("aria-colcount", "1")  # as it was left
    desk.button("List").click()
    desk.painted(3)


def test_another_size_keeps_the_place(desk: Workspace) -> None:
    desk.open_task(LARGE)
    desk.scroll_to(300_000)
    desk.page.wait_for_timeout(200)
    frame = int(desk.cell_at_top().get_attribute("data-frame") or 0)
    desk.page.get_by_label("Size").fill("100")
    desk.page.wait_for_timeout(200)
    after = int(desk.cell_at_top().get_attribute("data-frame") or 0)
    assert abs(after - frame) < 40


def test_the_end_of_a_long_name_is_seen(desk: Workspace) -> None:
    desk.open_task(FOLDERS)
    desk.scroll_to(10**6)
    name = desk.cell(46).locator("bdi")
    expect(name).to_have_text(f"long/{'x' * 200}.jpg")
    box, clip = name.bounding_box(), desk.cell(46).locator(".cell-name").bounding_box()
    assert box
    assert clip
    assert box["x"] < clip["x"]  # the beginning is cut off
    assert abs(box["x"] + box["width"] - clip["x"] - clip["width"]) < 2


def test_broken_and_missing_pictures_are_marked(desk: Workspace) -> None:
    desk.page.route(
        "**/api/jobs/1/thumbnails/0*",
        lambda route: pack(route, dict.fromkeys(range(18), "ok") | {3: "broken", 4: "missing"}),
    )
    desk.open_task(DRIVE)
    expect(desk.cell(3)).to_contain_text("Broken picture")
    expect(desk.cell(4)).to_contain_text("No picture")
    desk.cell(3).click()  # chosen all the same
    desk.expect_chosen(1, 227)


def test_packs_that_are_refused(desk: Workspace) -> None:
    refuse = {"detail": "You may not see this job in CVAT.", "code": "cvat_forbidden"}
    desk.page.route("**/thumbnails/*", lambda route: route.fulfill(status=403, json=refuse))
    desk.open_task(DRIVE)
    expect(desk.cell(0)).to_contain_text("Not loaded")
    refused = desk.page.locator("#packs-status")
    expect(refused).to_contain_text("You may not see this job")
    # What is said of other things leaves it and its button where they are.
    desk.pick("2", seed="7")
    expect(desk.page.locator("#dock-status")).to_contain_text("10 of 227 frames picked")
    desk.save("Ten")
    expect(refused).to_contain_text("You may not see this job")
    desk.page.unroute("**/thumbnails/*")
    desk.button("Try again").click()
    desk.painted(0)
    expect(desk.cell(0)).not_to_contain_text("Not loaded")
    expect(refused).to_be_empty()


def test_packs_that_fail_once_are_asked_for_again(desk: Workspace) -> None:
    tries: list[str] = []

    def once(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) == 1:
            route.fulfill(status=503, json={"detail": "Busy.", "code": "busy"})
        else:
            route.continue_()

    desk.page.route("**/api/jobs/1/thumbnails/0*", once)
    desk.open_task(DRIVE)
    desk.painted(0)
    assert len(tries) == 2


def test_packs_scrolled_away_are_given_up(desk: Workspace) -> None:
    given_up: list[str] = []
    desk.page.on("requestfailed", lambda request: given_up.append(request.url))
    hold = desk.standin.faults.hold(r"/api/jobs/\d+/data")
    desk.open_task(LARGE)
    assert hold.wait_for_request()
    desk.scroll_to(300_000)
    desk.page.wait_for_timeout(600)
    assert [url for url in given_up if "/thumbnails/" in url]
    hold.release()
    desk.page.wait_for_timeout(100)
    desk.painted(int(desk.cell_at_top().get_attribute("data-frame") or 0))


def catalog_of(frames: int, jobs: int, width: int, height: int) -> dict[str, Any]:
    each = frames // jobs
    rows = [
        {
            "id": number + 1, "start": number * each, "stop": number * each + each - 1,
            "stage": "annotation", "state": "new", "assignee": "", "type": "annotation",
            "chunk_size": 36, "frames_count": each, "cvat_url": "http://localhost/tasks/8",
        }
        for number in range(jobs)
    ]  # fmt: skip
    return {
        "task": {"id": 8, "name": "x", "mode": "annotation", "project_id": None, "cvat_url": ""},
        "jobs": rows,
        "version": "",
        "frames": {
            "job": [value for number in range(jobs) for value in (number, each)],
            "number": [0, frames],
            "size": [width, height, frames],
            "name": {"prefix": "", "suffix": ".jpg", "rest": [str(n) for n in range(frames)]},
        },
        "deleted": 0,
        "honeypots": 0,
        "through_jobs": False,
    }


@pytest.fixture
def towering(desk: Workspace) -> Workspace:
    """100,000 upright pictures, large and one below the other: 50 million pixels high."""
    document = catalog_of(100_000, 10, 300, 400)
    desk.page.route("**/api/catalog*", lambda route: route.fulfill(json=document))
    desk.page.route("**/thumbnails/*", lambda route: pack(route, {}))
    desk.page.set_viewport_size({"width": 390, "height": 844})
    desk.page.goto("/choose?task=8")
    desk.page.get_by_label("Size").fill("420")
    return desk


def test_a_grid_higher_than_an_element_may_be(towering: Workspace) -> None:
    desk = towering
    expect(desk.cell(0)).to_be_in_viewport()
    assert desk.page.locator("#grid").evaluate("it => it.offsetHeight") <= 8_000_000
    desk.cell(0).click()
    desk.page.keyboard.press("End")
    expect(desk.cell(99_999)).to_be_in_viewport(ratio=0.5)
    desk.scroll_to(4_000_000)
    desk.settled()
    half = int(desk.cell_at_top().get_attribute("data-frame") or 0)
    assert 48_000 < half < 52_000
    desk.page.locator("#scroller").hover()
    desk.page.mouse.wheel(0, 600)
    desk.settled()
    onward = int(desk.cell_at_top().get_attribute("data-frame") or 0)
    assert half <= onward <= half + 3  # a small step stays one
    expect(desk.grid.get_by_role("heading", name="Job 6")).to_be_in_viewport()
    desk.scroll_to(10**9)
    desk.settled()
    expect(desk.cell(99_999)).to_be_in_viewport(ratio=0.5)


def test_large_view(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    desk.painted(3)
    desk.cell(3).hover()
    desk.button("Large view of frame 3").click()
    viewer = page.get_by_role("dialog", name="Frame 3")
    expect(viewer).to_be_visible()
    expect(viewer).to_contain_text("north_0003.jpg")
    picture = viewer.locator("img")
    eventually(lambda: picture.evaluate("image => image.naturalWidth") == 640)  # the original
    expect(viewer.get_by_role("link", name="In CVAT")).to_have_attribute(
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


def test_a_double_click_opens_the_large_view_and_chooses_nothing(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).dblclick()
    expect(desk.page.get_by_role("dialog")).to_be_visible()
    desk.page.keyboard.press("Escape")
    desk.expect_chosen(0, 227)


def test_enter_opens_the_large_view_and_buttons_go_on(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(0).focus()
    desk.page.keyboard.press("Enter")
    expect(desk.button("Previous frame")).to_be_disabled()
    desk.button("Next frame").click()
    desk.button("Choose").click()
    desk.page.keyboard.press("End")
    expect(desk.page.get_by_role("dialog", name="Frame 229")).to_be_visible()
    desk.page.locator("#viewer-close").click()
    desk.in_sight(229)
    desk.expect_chosen(1, 227)


def test_the_large_view_keeps_the_keyboard(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    desk.cell(1).focus()
    page.keyboard.press("Enter")
    title = page.locator("#viewer-title")
    desk.button("Previous frame").focus()
    page.keyboard.press("Enter")  # to the first one: the button has nothing more to do
    expect(title).to_have_text("Frame 0")
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
    desk.expect_chosen(3, 227)


def test_the_large_view_with_fingers(open_portal: Callable[..., Portal]) -> None:
    portal = open_portal(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    portal.connect()
    desk, page = Workspace(portal), portal.page
    desk.open_task(DRIVE)
    desk.cell(3).focus()
    page.keyboard.press("Enter")
    title, stage = page.locator("#viewer-title"), page.locator("#viewer-stage")
    expect(title).to_have_text("Frame 3")
    devtools = page.context.new_cdp_session(page)

    def touch(*steps: list[tuple[int, int]]) -> None:
        """Fingers that come down, go from place to place, and are lifted."""
        for number, places in enumerate(steps):
            points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
            kind = "touchMove" if number else "touchStart"
            devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def shown() -> tuple[float, float, float]:
        """How large it is, and by how much it is moved."""
        found = page.locator("#viewer-picture").evaluate(
            "it => { const m = new DOMMatrix(it.style.transform); return [m.a, m.e, m.f]; }"
        )
        return found[0], found[1], found[2]

    touch([(300, 400)], [(200, 405)], [(100, 410)])
    expect(title).to_have_text("Frame 4")
    touch([(100, 400)], [(200, 405)], [(300, 410)])
    expect(title).to_have_text("Frame 3")
    touch([(200, 300)], [(210, 400)], [(220, 500)])  # down: no swipe
    touch([(200, 400)], [(210, 400)])  # a tap that trembles
    expect(title).to_have_text("Frame 3")

    box = stage.bounding_box()
    assert box
    touch(*([(195 - by, 400), (195 + by, 400)] for by in (40, 60, 90, 120)))
    expect(stage).to_have_class(re.compile("zoomed"))
    scale, x, y = shown()
    assert scale == pytest.approx(3, abs=0.1)
    assert page.evaluate("visualViewport.scale") == 1  # the picture, not the page
    for name in ("close", "previous", "pick", "next"):
        expect(page.locator(f"#viewer-{name}")).to_be_in_viewport(ratio=1)
    touch([(200, 400)], [(160, 380)], [(120, 360)])
    assert shown() == pytest.approx((scale, x - 80, y - 40), abs=2)
    expect(title).to_have_text("Frame 3")
    touch(*([(195 - by, 400), (195 + by, 400)] for by in (120, 60, 20)))
    expect(stage).not_to_have_class(re.compile("zoomed"))
    touch([(300, 400)], [(200, 405)], [(100, 410)])
    expect(title).to_have_text("Frame 4")


def test_a_picture_that_cvat_does_not_give(desk: Workspace) -> None:
    desk.page.route(
        "**/image?*", lambda route: route.fulfill(status=502, json={"detail": "no", "code": "x"})
    )
    desk.open_task(DRIVE)
    desk.painted(0)
    desk.cell(0).focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#viewer-said")).to_contain_text("CVAT does not give this picture")
    expect(desk.page.locator("#viewer-picture")).to_be_visible()  # its thumbnail
    desk.page.keyboard.press("Escape")
    desk.page.route(
        "**/api/jobs/1/thumbnails/0*", lambda route: pack(route, dict.fromkeys(range(18), "ok"))
    )
    desk.open_task(DRIVE)
    desk.cell(0).focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#viewer-said")).to_contain_text("CVAT does not give this picture")
    expect(desk.page.locator("#viewer-picture")).to_be_hidden()
    desk.page.unroute("**/image?*")
    desk.page.keyboard.press("ArrowRight")
    desk.page.keyboard.press("ArrowRight")  # the one after the first was asked for in vain
    expect(desk.page.locator("#viewer-picture")).to_be_visible()


def test_tiff_is_looked_at_as_jpeg(desk: Workspace) -> None:
    desk.open_task(4)
    desk.cell(4).focus()
    with desk.page.expect_request("**/frames/4/image?quality=compressed*"):
        desk.page.keyboard.press("Enter")
    eventually(
        lambda: desk.page.locator("#viewer-picture").evaluate("image => image.naturalWidth > 250")
    )


def test_a_video(desk: Workspace) -> None:
    desk.open_task(3)
    desk.painted(0)
    expect(desk.page.locator("#facts")).to_contain_text("300 video frames")
    expect(desk.cell(0)).to_have_accessible_name("Frame 0")


def test_screen_readers_are_told_where_they_are(desk: Workspace) -> None:
    desk.open_task(LARGE)
    expect(desk.grid).to_have_attribute("aria-multiselectable", "true")
    columns = int(desk.grid.get_attribute("aria-colcount") or 0)
    assert int(desk.grid.get_attribute("aria-rowcount") or 0) == 20 * (-(-1000 // columns) + 1)
    desk.cell(0).focus()
    desk.page.keyboard.press("End")
    expect(desk.cell(19_999)).to_have_accessible_name("Frame 19999, frame_19999.jpg")
    row = desk.cell(19_999).locator("xpath=..")
    expect(row).to_have_attribute("aria-rowindex", desk.grid.get_attribute("aria-rowcount") or "")
    desk.page.wait_for_timeout(200)
    owned = (desk.grid.get_attribute("aria-owns") or "").split()
    assert row.get_attribute("id") == owned[-1]
