"""Builds in the background, told wherever one is: under way, cancelled, ready."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from selections.models import Archive
from tests.browser.workspace import Workspace
from tests.conftest import eventually, finished
from tests.making import make_archive, make_selection

DRIVE = 1
NOTE_WHAT_IS_ASKED = """
window.asked = [];
const { fetch } = window;
window.fetch = (url, ...how) => {
  window.asked.push(String(url));
  return fetch(url, ...how);
};
"""


def asked_for(page: Page) -> list[str]:
    """What the page has asked for works since it was opened."""
    return [url for url in page.evaluate("window.asked") if "/api/works" in url]


def expect_nothing_told(page: Page) -> None:
    """The page, just opened, waits for no archive: else it asks before it is loaded."""
    assert asked_for(page) == []
    expect(page.locator("#tray-ready")).to_be_empty()


@pytest.mark.worker
def test_save_and_download(desk: Workspace, worker: None) -> None:
    """It is built in the background, and told wherever one is when it is ready."""
    page = desk.page
    page.add_init_script(NOTE_WHAT_IS_ASKED)
    desk.open_task(DRIVE)
    desk.pick("2", seed="7")
    desk.expect_chosen(10, 227)
    page.get_by_label("Name of the selection").fill("Ten")
    hold = desk.standin.faults.hold(r"/data\?")
    desk.button("Save and download").click()
    expect(page.locator("#dock-status")).to_contain_text("Its ZIP is being built")
    expect(page.locator("#tray-title")).to_have_text("1 building")
    page.goto("/tokens")
    tray = page.locator("#tray")
    expect(tray).to_be_visible()
    tray.locator("summary").click()
    expect(tray.get_by_role("link", name="Ten")).to_be_visible()
    expect(tray.get_by_role("progressbar", name="Frames fetched")).to_be_visible()
    hold.release()
    told = page.locator("#tray-ready")
    expect(told).to_contain_text("“Ten” is ready.", timeout=60_000)
    expect(tray.locator("#tray-title")).to_have_text("1 ready")
    page.goto("/connections")  # it waits to be read
    expect(told).to_contain_text("“Ten” is ready.")
    page.reload()
    assert asked_for(page)  # as it does before the notice is closed
    expect(told).to_contain_text("“Ten” is ready.")
    expect(told.locator(".message")).to_have_count(1)
    with page.expect_download() as download:
        told.get_by_role("link", name="Download ZIP").click()
    assert download.value.suggested_filename == Archive.objects.get().download_name
    expect(told).to_be_empty()
    expect(tray).to_be_hidden()
    page.reload()
    expect_nothing_told(page)


def build_and_leave(desk: Workspace) -> None:
    """A build that is ready, told on another page than the one that asked for it."""
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.page.get_by_label("Name of the selection").fill("One")
    hold = desk.standin.faults.hold(r"/data\?")
    desk.button("Save and download").click()
    expect(desk.page.locator("#tray-title")).to_have_text("1 building")
    desk.page.goto("/tokens")
    hold.release()
    expect(desk.page.locator("#tray-ready")).to_contain_text("“One” is ready.", timeout=60_000)


@pytest.mark.worker
@pytest.mark.parametrize("how", ["used", "closed"])
def test_a_notice_is_gone_once_it_is(how: str, desk: Workspace, worker: None) -> None:
    page, told = desk.page, desk.page.locator("#tray-ready")
    page.add_init_script(NOTE_WHAT_IS_ASKED)
    build_and_leave(desk)
    if how == "closed":
        told.get_by_role("button", name="Close").click()
    else:
        with page.expect_download():
            told.get_by_role("link", name="Download ZIP").click()
    page.goto("/connections")
    expect_nothing_told(page)


@pytest.mark.worker
@pytest.mark.parametrize("how", ["Escape", "time"])
def test_a_notice_that_goes_stays_in_the_tray(how: str, desk: Workspace, worker: None) -> None:
    page, told = desk.page, desk.page.locator("#tray-ready")
    build_and_leave(desk)
    page.clock.install()
    page.goto("/connections")
    expect(told).to_contain_text("“One” is ready.")
    if how == "Escape":
        page.keyboard.press("Escape")
    else:
        told.hover()
        page.clock.run_for(60_000)
        expect(told).to_contain_text("“One” is ready.")  # while it is pointed at
        page.mouse.move(600, 300)
        page.clock.run_for(25_000)
    expect(told).to_be_empty()
    page.goto("/selections/")
    expect(page.locator("#tray-title")).to_have_text("1 ready")
    expect(told).to_be_empty()
    page.locator("#tray summary").click()
    with page.expect_download():
        page.get_by_role("link", name="Download One").click()
    expect(page.locator("#tray")).to_be_hidden()


@pytest.mark.worker
def test_a_notice_covers_no_menu_and_no_button(desk: Workspace, worker: None) -> None:
    page = desk.page
    build_and_leave(desk)
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        for path, region in (("/tokens", "#tray-ready"), (f"/choose?task={DRIVE}", "#desk-ready")):
            page.goto(path)
            expect(page.locator(region)).to_contain_text("“One” is ready.")
            for menu in page.locator("header details.menu summary:visible").all():
                menu.click()
                assert covered(page, region) == []
                page.keyboard.press("Escape")
            assert covered(page, region) == []


def covered(page: Page, region: str) -> list[str]:
    """What can be pressed and is in sight but for the notice."""
    return page.evaluate(
        """(region) => {
          const notices = document.querySelector(region);
          const at = (it) => {
            const { left, right, top, bottom } = it.getBoundingClientRect();
            return document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
          };
          return [...document.querySelectorAll("a, button, summary, input")].filter((it) => {
            notices.style.display = "";
            if (!at(it)?.closest(region) || it.closest(region)) return false;
            notices.style.display = notices.classList.contains("in-desk") ? "" : "none";
            return it.contains(at(it));
          }).map((it) => it.textContent);
        }""",
        region,
    )


@pytest.mark.worker
def test_escape_closes_the_notice_and_keeps_the_choice(desk: Workspace, worker: None) -> None:
    build_and_leave(desk)
    desk.open_task(DRIVE)
    told = desk.page.locator("#desk-ready")
    expect(told).to_contain_text("“One” is ready.")
    desk.cell(4).click()
    desk.page.keyboard.press("Escape")
    expect(told).to_be_empty()
    desk.expect_chosen(1, 227)


def test_cancelling_in_the_tray_keeps_the_keyboard(desk: Workspace, alice: User) -> None:
    for name in ("First", "Second", "Third"):
        make_archive(alice, make_selection(alice, name=name))
    page = desk.page
    page.goto("/tokens")
    page.locator("#tray summary").click()
    expect(page.locator(".tray-line")).to_have_count(3)
    names = page.locator(".tray-line .button").evaluate_all("all => all.map((it) => it.ariaLabel)")
    desk.button(names[1]).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tray-line")).to_have_count(2)
    expect(desk.button(names[2])).to_be_focused()  # the next line
    page.keyboard.press("Enter")
    expect(page.locator(".tray-line")).to_have_count(1)
    expect(page.locator("#tray summary")).to_be_focused()
    desk.button(names[0]).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tray")).to_be_hidden()
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.worker
def test_a_build_is_cancelled_in_the_tray(desk: Workspace, worker: None) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    page.set_viewport_size({"width": 390, "height": 844})
    bar = page.get_by_role("banner")
    height = bar.bounding_box()["height"]
    desk.cell(3).click()
    page.get_by_label("Name of the selection").fill("One")
    hold = desk.standin.faults.hold(r"/data\?")
    desk.button("Save and download").click()
    page.locator("#tray summary").click()
    # On a phone as well: nothing moves for it, and all of it is to be seen.
    assert bar.bounding_box()["height"] == height
    box = page.locator("#tray > div").bounding_box()
    assert 0 <= box["x"] < box["x"] + box["width"] <= 390
    desk.button("Cancel One").click()
    expect(page.locator("#tray")).to_be_hidden()
    expect(page.locator("#dock-status")).to_contain_text("The building of its ZIP was cancelled.")
    assert Archive.objects.get().status == "cancelled"
    hold.release()


@pytest.mark.worker
def test_a_build_that_ended_while_one_was_away_is_told(desk: Workspace, worker: None) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    desk.cell(3).click()
    page.get_by_label("Name of the selection").fill("One")
    hold = desk.standin.faults.hold(r"/data\?")
    desk.button("Save and download").click()
    expect(page.locator("#tray")).to_be_visible()
    page.goto("about:blank")
    hold.release()
    finished(Archive.objects.get())
    page.goto("/selections/")
    expect(page.locator("#tray-ready")).to_contain_text("“One” is ready.")


def test_the_tray_asks_nothing_while_nothing_runs(desk: Workspace, alice: User) -> None:
    page = desk.page
    page.add_init_script(NOTE_WHAT_IS_ASKED)
    page.clock.install()
    page.goto("/tokens")
    page.clock.run_for(60_000)  # of the page's own time
    assert asked_for(page) == []
    # As it does again and again while something runs.
    make_archive(alice, make_selection(alice))
    page.goto("/tokens")
    eventually(lambda: page.clock.run_for(60_000) or len(asked_for(page)) > 2)
