"""Choose, save, build, watch, download; down to the bytes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from selections.models import Archive, Selection
from selector.models import Connection
from standin.server import StandIn
from tests.browser.portal import Portal
from tests.browser.workspace import Workspace
from tests.conftest import finished
from tests.selections.builds import select

pytestmark = pytest.mark.worker
ODD_NAMES = 2


def download_zip(page: Page) -> zipfile.ZipFile:
    with page.expect_download() as download:
        page.locator("main").get_by_role("link", name="Download ZIP").click()
    assert download.value.suggested_filename == Archive.objects.get().download_name
    return zipfile.ZipFile(download.value.path())


def assert_bytes_are_cvats(opened: zipfile.ZipFile, standin: StandIn) -> list[int]:
    assert opened.namelist()[-1] == "manifest.json"
    rows = json.loads(opened.read("manifest.json"))["frames"]
    assert len(opened.namelist()) == len(rows) + 1
    for row in rows:
        assert opened.read(row["path"]) == standin.world.original_bytes(
            row["task_id"], row["frame"]
        )
    return [row["frame"] for row in rows]


def test_it_works(desk: Workspace, worker: None) -> None:
    page = desk.page
    desk.open_task(1)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    page.get_by_label("Name of the selection").fill("Round 1")
    page.get_by_role("button", name="Save and download").click()
    desk.page.get_by_role("link", name="Watch it").click()
    expect(page.get_by_role("heading", name="Archive of Round 1")).to_be_visible()
    expect(page.locator("main").get_by_role("link", name="Download ZIP")).to_be_visible(
        timeout=60_000
    )
    with download_zip(page) as opened:
        frames = assert_bytes_are_cvats(opened, desk.standin)
        named = [f"north_{frame:04d}.jpg" for frame in frames]
        assert opened.namelist() == [*named, "manifest.json"]
    kept = Selection.objects.get().frames.values_list("frame", flat=True)
    assert frames == list(kept)


def test_saving_before_downloading_keeps_one_selection(desk: Workspace, worker: None) -> None:
    desk.open_task(ODD_NAMES)
    desk.page.get_by_role("button", name="Select all").click()
    desk.expect_chosen(47, 47)
    desk.save("All of them")
    saved = desk.page.get_by_role("link", name="“All of them”")
    expect(saved).to_have_attribute("href", Selection.objects.get().get_absolute_url())
    desk.page.get_by_role("button", name="Save and download").click()
    desk.page.get_by_role("link", name="Watch it").click()
    expect(desk.page.get_by_text("47 of 47 frames, original quality")).to_be_visible(timeout=60_000)
    assert Selection.objects.count() == 1
    with download_zip(desk.page) as opened:
        assert_bytes_are_cvats(opened, desk.standin)
        assert "cam_b/night/img_003.jpg" in opened.namelist()


def test_progress_moves_without_reloading(connected: Portal, worker: None) -> None:
    page = connected.page
    page.goto(select(Connection.objects.get(), (ODD_NAMES, None)).get_absolute_url())
    hold = connected.standin.faults.hold("type=chunk&index=1&")  # of a few chunks
    page.get_by_role("button", name="Build ZIP").click()
    expect(page.get_by_text("building", exact=True)).to_be_visible()
    loaded = page.evaluate("performance.timeOrigin")
    shown = page.locator("main progress")
    expect(shown).not_to_have_attribute("value", "0")
    page.get_by_role("link", name="Selections").hover()  # the page answers meanwhile
    hold.release()
    expect(page.locator("main").get_by_role("link", name="Download ZIP")).to_be_visible()
    assert page.evaluate("performance.timeOrigin") == loaded


def test_cancel_and_build_again(connected: Portal, worker: None) -> None:
    page = connected.page
    page.goto(select(Connection.objects.get(), (1, [1])).get_absolute_url())
    hold = connected.standin.faults.hold("/data")
    page.get_by_role("button", name="Build ZIP").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The build is cancelled.")).to_be_visible()
    hold.release()
    page.get_by_role("button", name="Build again").click()
    expect(page.locator("main").get_by_role("link", name="Download ZIP")).to_be_visible()
    assert [archive.status for archive in Archive.objects.all()] == ["ready", "cancelled"]


def test_others(connected: Portal, open_portal: Callable[..., Portal], worker: None) -> None:
    """A shared selection is seen by others; an archive only by who built it."""
    page = connected.page
    address = select(Connection.objects.get(), (1, [1])).get_absolute_url()
    Selection.objects.update(name="For all")
    page.goto(address)
    bob = open_portal("bob")
    bob.page.goto(address)
    expect(bob.page.get_by_role("heading", name="Not found")).to_be_visible()

    page.get_by_role("button", name="Share with everybody").click()
    page.get_by_role("button", name="Build ZIP").click()
    expect(page.locator("main").get_by_role("link", name="Download ZIP")).to_be_visible()
    archive = finished(Archive.objects.get())

    bob.page.goto("/selections/")
    bob.page.get_by_role("link", name="For all").click()
    expect(bob.page.get_by_role("heading", name="For all")).to_be_visible()
    expect(bob.page.locator("main").get_by_role("link", name="Download ZIP")).to_have_count(0)
    expect(bob.page.get_by_role("link", name="Delete")).to_have_count(0)
    for path in ("", "/progress", "/download"):
        answer = bob.page.goto(f"/selections/archives/{archive.pk}{path}")
        assert answer is not None
        assert answer.status == 404

    bob.page.goto(address)
    bob.page.get_by_role("button", name="Build ZIP").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("not connected")
    bob.page.get_by_role("button", name="Copy").click()
    expect(bob.page.get_by_role("heading", name="Copy of For all")).to_be_visible()
