"""Builds in the background, told wherever one is: under way, cancelled, ready."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from portal.work.values import WorkStatus
from selections.models import Archive
from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import eventually
from tests.making import make_archive, make_file, make_selection

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


def under_way(user: User, name: str) -> Archive:
    """A build that no worker carries out."""
    return make_archive(user, make_selection(user, name=name))


def end(archive: Archive) -> None:
    make_file(archive)
    Archive.objects.filter(pk=archive.pk).update(status=WorkStatus.READY)


def see_under_way(page: Page, *builds: Archive) -> None:
    page.goto("/tokens")
    expect(page.locator("#tray-title")).to_have_text(f"{len(builds)} building")
    expect(page.locator(".tray-line")).to_have_count(len(builds))  # so the page awaits them


def tell_of(page: Page, *builds: Archive) -> None:
    """Have the open page see these builds under way, then end them."""
    see_under_way(page, *builds)
    for build in builds:
        end(build)
    for build in builds:
        told = f"“{build.selection_name}” is ready."
        expect(page.locator("#tray-ready")).to_contain_text(told)


def test_a_notice_is_gone_once_it_is_closed(portal: Portal, alice: User) -> None:
    """That it is gone once it is used is in test_save_and_download."""
    page = portal.page
    page.add_init_script(NOTE_WHAT_IS_ASKED)
    tell_of(page, under_way(alice, "One"))
    page.locator("#tray-ready").get_by_role("button", name="Close").click()
    page.goto("/connections")
    expect_nothing_told(page)


def test_notices_that_go_stay_in_the_tray(portal: Portal, alice: User) -> None:
    page, told = portal.page, portal.page.locator("#tray-ready")
    tell_of(page, under_way(alice, "One"), under_way(alice, "Two"))
    page.clock.install()
    page.goto("/connections")
    expect(told.locator(".message")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(told.locator(".message")).to_have_count(1)
    told.hover()
    page.clock.run_for(60_000)
    expect(told).to_contain_text("is ready.")  # while it is pointed at
    page.mouse.move(600, 300)
    page.clock.run_for(25_000)
    expect(told).to_be_empty()
    page.goto("/selections/")
    expect(page.locator("#tray-title")).to_have_text("2 ready")
    expect(told).to_be_empty()
    page.locator("#tray summary").click()
    for name in ("One", "Two"):
        with page.expect_download():
            page.get_by_role("link", name=f"Download {name}").click()
        expect(page.get_by_role("link", name=f"Download {name}")).to_be_hidden()
    expect(page.locator("#tray")).to_be_hidden()


def test_a_notice_covers_nothing_and_escape_closes_it_alone(desk: Workspace, alice: User) -> None:
    page = desk.page
    tell_of(page, under_way(alice, "One"))
    for path, region in (("/tokens", "#tray-ready"), (f"/choose?task={DRIVE}", "#desk-ready")):
        page.goto(path)
        expect(page.locator(region)).to_contain_text("“One” is ready.")
        # However long this takes, it does not go by itself.
        page.locator(f"{region} .message").evaluate("it => { it.seconds = Infinity; }")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            for menu in page.locator("header details.menu summary:visible").all():
                menu.click()
                assert covered(page, region) == []
                page.keyboard.press("Escape")
            assert covered(page, region) == []
            expect(page.locator(region)).to_contain_text("“One” is ready.")
    desk.cell(4).click()
    page.keyboard.press("Escape")
    expect(page.locator("#desk-ready")).to_be_empty()
    desk.expect_chosen(1, 227)


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


def test_cancelling_in_the_tray_keeps_the_keyboard(portal: Portal, alice: User) -> None:
    for name in ("First", "Second", "Third"):
        under_way(alice, name)
    page = portal.page
    page.goto("/tokens")
    page.locator("#tray summary").click()
    expect(page.locator(".tray-line")).to_have_count(3)
    names = page.locator(".tray-line .button").evaluate_all("all => all.map((it) => it.ariaLabel)")
    page.get_by_role("button", name=names[1], exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tray-line")).to_have_count(2)
    expect(page.get_by_role("button", name=names[2], exact=True)).to_be_focused()  # the next line
    page.keyboard.press("Enter")
    expect(page.locator(".tray-line")).to_have_count(1)
    expect(page.locator("#tray summary")).to_be_focused()
    page.get_by_role("button", name=names[0], exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tray")).to_be_hidden()
    expect(page.locator("#main")).to_be_focused()


def test_a_build_is_cancelled_in_the_tray(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    page.set_viewport_size({"width": 390, "height": 844})
    bar = page.get_by_role("banner")
    height = bar.bounding_box()["height"]
    desk.cell(3).click()
    page.get_by_label("Name of the selection").fill("One")
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


def test_a_build_that_ended_while_one_was_away_is_told(portal: Portal, alice: User) -> None:
    page, build = portal.page, under_way(alice, "One")
    see_under_way(page, build)
    page.goto("about:blank")
    end(build)
    page.goto("/selections/")
    expect(page.locator("#tray-ready")).to_contain_text("“One” is ready.")


def test_the_tray_asks_nothing_while_nothing_runs(portal: Portal, alice: User) -> None:
    page = portal.page
    page.add_init_script(NOTE_WHAT_IS_ASKED)
    page.clock.install()
    page.goto("/tokens")
    page.clock.run_for(60_000)  # of the page's own time
    assert asked_for(page) == []
    # As it does again and again while something runs.
    under_way(alice, "One")
    page.goto("/tokens")
    eventually(lambda: page.clock.run_for(60_000) or len(asked_for(page)) > 2)
