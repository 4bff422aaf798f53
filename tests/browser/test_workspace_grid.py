"""The grid: few elements for many frames, headings, sizes, and where one is in it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.packs import pack
from tests.browser.workspace import Workspace
from tests.conftest import eventually

DRIVE, FOLDERS, LARGE = 1, 2, 8
ADDED = 600  # elements that scrolling may add


def elements(desk: Workspace) -> int:
    return desk.grid.locator("*").count()


def test_a_large_task_stays_small_in_the_page_and_is_whole_to_screen_readers(
    desk: Workspace,
) -> None:
    desk.page.route("**/thumbnails/*", lambda route: pack(route, {}))
    desk.open_task(LARGE)
    expect(desk.grid).to_have_attribute("aria-multiselectable", "true")
    columns = int(desk.grid.get_attribute("aria-colcount") or 0)
    assert int(desk.grid.get_attribute("aria-rowcount") or 0) == 20 * (-(-1000 // columns) + 1)
    before = elements(desk)
    assert desk.cells.count() < 80
    for top in range(0, 60_000, 6000):
        desk.scroll_to(top)
        desk.page.wait_for_timeout(20)
    desk.scroll_to(10**9)
    desk.in_sight(19_999)
    assert elements(desk) < before + ADDED
    desk.scroll_to(0)
    desk.in_sight(0)
    desk.cell(0).focus()
    desk.page.keyboard.press("End")
    expect(desk.cell(19_999)).to_be_focused()
    desk.in_sight(19_999)
    assert elements(desk) < before + ADDED
    expect(desk.cell(19_999)).to_have_accessible_name("Frame 19999, frame_19999.jpg")
    row = desk.cell(19_999).locator("xpath=..")
    expect(row).to_have_attribute("aria-rowindex", desk.grid.get_attribute("aria-rowcount") or "")
    last = row.get_attribute("id")
    eventually(lambda: (desk.grid.get_attribute("aria-owns") or "").split()[-1:] == [last])


def test_scrolling_keeps_the_choice_and_says_the_place(desk: Workspace) -> None:
    jobs = desk.standin.world.tasks[LARGE].jobs
    desk.open_task(LARGE)
    desk.cell(3).click()
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
    expect(desk.cell(3)).to_have_count(1)  # it has the keyboard
    desk.cell_at_top().click()
    desk.expect_chosen(2, 20_000)
    height = desk.page.locator("#scroller").evaluate("it => it.scrollHeight")
    desk.scroll_to(height * 0.575)  # of 20 jobs in the middle of the 12th
    expect(desk.page.locator("#scroll-label")).to_contain_text(f"Job {jobs[11].id} · Frame")
    # Another size keeps the place.
    desk.settled()
    frame = int(desk.cell_at_top().get_attribute("data-frame") or 0)
    columns = int(desk.grid.get_attribute("aria-colcount") or 0)
    desk.page.get_by_label("Size").fill("100")
    expect(desk.grid).not_to_have_attribute("aria-colcount", str(columns))
    assert int(desk.grid.get_attribute("aria-colcount") or 0) > columns
    desk.settled()
    after = int(desk.cell_at_top().get_attribute("data-frame") or 0)
    assert abs(after - frame) < 40
    desk.scroll_to(0)
    expect(desk.cell(3)).to_have_attribute("aria-selected", "true")
    expect(desk.cell(4)).to_have_attribute("aria-selected", "false")


def test_the_heading_of_a_job(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(0).click()
    head = desk.grid.locator(".job-head").first
    expect(head).to_contain_text(
        re.compile(r"Job 1.*frames 0–49.*acceptance.*completed · alice.*1 of 48 chosen")
    )
    fold = desk.grid.get_by_role("button", name="Frames of job 1", exact=True)
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(desk.cell(0)).to_have_count(0)
    # The frames of a folded job can still be chosen.
    desk.grid.get_by_role("button", name="Choose all of job 1", exact=True).click()
    expect(head).to_contain_text("48 of 48 chosen")
    fold.click()
    desk.in_sight(0)
    desk.grid.get_by_role("link", name="only this job").first.click()
    desk.page.wait_for_url("**job=1**", wait_until="commit")


def test_size_list_and_folded_jobs(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    wide = desk.grid.get_attribute("aria-colcount")
    desk.page.get_by_label("Size").fill("320")
    expect(desk.grid).not_to_have_attribute("aria-colcount", str(wide))
    desk.button("List").click()
    expect(desk.grid).to_have_attribute("aria-colcount", "1")
    expect(desk.cell(3)).to_contain_text("north_0003.jpg")
    expect(desk.cell(3)).to_contain_text("640×360")
    desk.painted(3)
    desk.scroll_to(2000)
    desk.button("Fold all").click()
    expect(desk.cells).to_have_count(0)
    expect(desk.grid.locator(".job-head:visible")).to_have_count(5)
    # Opened again: a list as it was left, and where the address leads no job is folded.
    desk.page.goto(desk.page.url + "&frame=60")
    expect(desk.grid).to_have_attribute("aria-colcount", "1")
    desk.in_sight(60)
    desk.button("List").click()
    expect(desk.grid).to_have_attribute("aria-colcount", re.compile("[2-9]"))
    desk.painted(int(desk.cell_at_top().get_attribute("data-frame") or 0))
    desk.button("Fold all").click()
    desk.page.get_by_role("button", name="Job 2: ").click()
    desk.grid.get_by_role("button", name="Frames of job 2", exact=True).click()
    expect(desk.button("Fold all")).to_be_visible()
    expect(desk.cells.first).to_be_visible()
    desk.button("Fold all").click()
    desk.button("Unfold all").click()
    expect(desk.cells.first).to_be_visible()


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


def test_a_video(desk: Workspace) -> None:
    desk.open_task(3)
    desk.painted(0)
    expect(desk.page.locator("#facts")).to_contain_text("300 video frames")
    expect(desk.cell(0)).to_have_accessible_name("Frame 0")
