"""Thumbnails come by the pack: what fails is said and asked for again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.packs import pack
from tests.browser.workspace import Workspace

DRIVE, LARGE = 1, 8


@pytest.fixture(autouse=True)
def no_thumbnails(settings: object, tmp_path: Path) -> None:
    """None that an earlier test has made."""
    settings.THUMBNAILS_DIR = tmp_path


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
    # The large view shows the same thumbnail that the API makes of a frame.
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
    assert desk.page.evaluate(same, [cell, f"/api/tasks/{DRIVE}/frames/9/thumbnail"])
    assert not desk.page.evaluate(same, [cell, f"/api/tasks/{DRIVE}/frames/8/thumbnail"])


def test_packs_that_fail_once_are_asked_for_again(desk: Workspace) -> None:
    tries: list[str] = []

    def once(route: Route) -> None:
        tries.append(route.request.url)
        if len(tries) == 1:
            route.fulfill(status=503, json={"detail": "Busy.", "code": "busy"})
        else:
            pack(route, dict.fromkeys(range(18), "ok") | {3: "broken", 4: "missing"})

    desk.page.route("**/api/jobs/1/thumbnails/0*", once)
    desk.open_task(DRIVE)
    # Broken and missing pictures are marked.
    expect(desk.cell(3)).to_contain_text("Broken picture")
    expect(desk.cell(4)).to_contain_text("No picture")
    assert len(tries) == 2
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


def test_packs_scrolled_away_are_given_up(desk: Workspace) -> None:
    given_up: list[str] = []
    desk.page.on("requestfailed", lambda request: given_up.append(request.url))
    hold = desk.standin.faults.hold(r"/api/jobs/\d+/data")
    desk.open_task(LARGE)
    assert hold.wait_for_request()
    given_up.clear()
    desk.scroll_to(300_000)
    desk.until(lambda: [url for url in given_up if "/thumbnails/" in url])
    hold.release()
    desk.painted(int(desk.cell_at_top().get_attribute("data-frame") or 0))
