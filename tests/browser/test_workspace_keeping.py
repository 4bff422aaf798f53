"""Name, note, save, download; and a warning before what is not saved is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponseBase
from playwright.sync_api import Route, expect

from portal.exceptions import Busy
from selections import live_downloads
from selections.models import Archive, Selection
from tests.browser.workspace import Workspace
from tests.conftest import eventually
from tests.selections.builds import gone, no_chunks, only_path

DRIVE, LARGE = 1, 8


@pytest.fixture
def finished_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No archive is sent while it is built."""
    monkeypatch.setattr(live_downloads, "_limits", lambda archive: {"following": 0})


def test_saved_as_drawn_as_adjusted_and_as_chosen_by_hand(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.save("As drawn")
    drawn = Selection.objects.get()
    assert (drawn.frame_selection_method, drawn.random_seed) == ("random_per_job", 7)
    assert drawn.frames.count() == 50

    # Drawing more is one draw.
    desk.button("Keep, draw more").click()
    desk.expect_chosen(100, 227)
    desk.save("Twenty each")
    twenty = Selection.objects.get(name="Twenty each")
    assert (twenty.frame_selection_method, twenty.random_seed) == ("random_per_job", 7)
    assert twenty.parameters["frames_per_job_count"] == 20

    # The same frames by hand are not the draw.
    frames = [row["frame"] for row in desk.info()]
    desk.button("Clear").click()
    panel = desk.page.locator("#pick")
    panel.get_by_text("By hand", exact=True).click()
    desk.page.get_by_label("Frame numbers").fill(", ".join(map(str, frames)))
    desk.button("Choose these").click()
    desk.expect_chosen(100, 227)
    desk.save("By hand")
    assert Selection.objects.get(name="By hand").frame_selection_method == "manual"

    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.cell(0).click()
    desk.page.locator(".note summary").click()
    desk.page.get_by_label("Note", exact=True).fill("One by hand.")
    desk.save("Adjusted")
    adjusted = Selection.objects.get(name="Adjusted")
    assert adjusted.frame_selection_method == "manual"
    assert adjusted.parameters["adjusted_from"]["random_seed"] == 7
    assert adjusted.note == "One by hand."


def test_saving_twice_keeps_one(desk: Workspace) -> None:
    status = desk.page.locator("#dock-status")
    save = desk.button("Save")
    desk.open_task(DRIVE)
    save.click()
    expect(status).to_contain_text("No frame is chosen")
    desk.cell(3).click()
    desk.page.get_by_label("Name of the selection").fill("Once")

    # Busy buttons keep the keyboard and do nothing twice.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.page.route("**/api/selections", hold)
    save.focus()
    desk.page.keyboard.press("Enter")
    expect(save).to_have_attribute("aria-disabled", "true")
    desk.page.keyboard.press("Enter")
    expect(save).to_be_focused()
    desk.until(lambda: held)
    held[0].continue_()
    expect(status).to_contain_text("Saved as “Once”.")
    expect(save).to_have_attribute("aria-disabled", "false")
    expect(save).to_be_focused()
    assert Selection.objects.count() == len(held) == 1
    desk.page.unroute("**/api/selections")

    desk.page.keyboard.press("Enter")
    expect(status).to_have_text("Saved already as “Once”.")
    expect(status.get_by_role("link", name="Once")).to_be_visible()
    expect(save).to_be_focused()

    # Other words on the buttons do not move the dock.
    places = [desk.page.locator(f"#{name}").bounding_box() for name in ("name", "save", "dock")]
    desk.cell(5).click()
    expect(desk.button("Save as new")).to_be_visible()
    expect(desk.button("Download as new")).to_be_visible()
    assert places == [
        desk.page.locator(f"#{name}").bounding_box() for name in ("name", "save", "dock")
    ]

    # Taken and left again, it is as saved.
    desk.cell(5).click()
    desk.cell(6).dblclick()
    desk.page.keyboard.press("Escape")
    save.click()
    expect(status).to_have_text("Saved already as “Once”.")
    assert Selection.objects.count() == 1


def test_all_of_a_large_task(desk: Workspace) -> None:
    desk.open_task(LARGE)
    desk.button("Select all").click()
    desk.expect_chosen(20_000, 20_000)
    desk.save("All")
    assert Selection.objects.get().frames.count() == 20_000
    desk.pick("10", seed="1")
    desk.expect_chosen(200, 20_000)


@pytest.mark.worker
def test_save_and_download(desk: Workspace, worker: None, finished_only: None) -> None:
    status = desk.page.locator("#dock-status")
    notice = desk.page.locator("#desk-ready")
    name = desk.page.get_by_label("Name of the selection")
    both = desk.button("Save and download")
    desk.open_task(DRIVE)
    desk.cell(3).click()
    name.fill("One")
    with desk.page.expect_download(timeout=60_000) as download:
        both.click()
    assert download.value.suggested_filename == Archive.objects.get().download_name
    expect(status).to_contain_text(
        "Saved as “One”. Its ZIP is ready, and the download has started. Download again"
    )
    expect(notice).to_be_empty()  # told once
    expect(desk.page.locator("#tray")).to_be_hidden()

    # What is built is not built again.
    with desk.page.expect_download():
        both.click()
    expect(status).to_contain_text("Saved already as “One”. Its ZIP is ready, and the download has")
    with desk.page.expect_download():
        status.get_by_role("link", name="Download again").click()
    assert Archive.objects.count() == 1

    # Under another name it is another file, also built once.
    hold = desk.standin.faults.hold(r"/data\?")
    name.fill("First")
    both.click()
    expect(status).to_contain_text(
        "“One” is now called “First”. Its ZIP is being built; the download"
    )
    both.click()
    expect(status).to_contain_text("Saved already as “First”. Its ZIP is being built already")
    expect(status.get_by_role("link", name="Watch it")).to_be_visible()
    assert Archive.objects.count() == 2
    assert Selection.objects.count() == 1

    # A notice tells of a download whose line is gone.
    desk.pick("10", seed="7")  # which tells of itself
    with desk.page.expect_download(timeout=60_000):
        hold.release()
    expect(notice).to_contain_text("“First” is ready, and its download has started.")


@pytest.mark.worker
def test_the_download_begins_while_the_zip_is_built(desk: Workspace, worker: None) -> None:
    downloads: list[object] = []
    desk.page.on("download", lambda download: downloads.append(download.url))
    status = desk.page.locator("#dock-status")
    desk.open_task(DRIVE)
    desk.button("Select all").click()
    desk.page.get_by_label("Name of the selection").fill("All")
    hold = desk.standin.faults.hold("type=chunk&index=2&")
    with desk.page.expect_download(timeout=60_000) as download:
        desk.button("Save and download").click()
    expect(status).to_contain_text(
        "Saved as “All”. Its ZIP is downloaded while it is built. Watch it"
    )
    archive = Archive.objects.get()
    assert (archive.status, download.value.suggested_filename) == ("running", archive.download_name)
    watching = desk.page.context.new_page()  # which tells of the end as well
    watching.goto(archive.get_absolute_url())
    desk.page.bring_to_front()
    hold.release()
    expect(watching.locator("main").get_by_role("link", name="Download ZIP")).to_be_visible()
    expect(status).to_contain_text(
        "Its ZIP is ready. If your browser shows an error, download it again."
    )
    assert Path(download.value.path()).read_bytes() == only_path(archive).read_bytes()
    assert len(downloads) == 1


@pytest.mark.worker
def test_a_download_that_is_refused_begins_when_the_zip_is_ready(
    desk: Workspace, worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another web process, or the same a moment later, has no place for what one has promised."""
    asked: list[str | None] = []
    answer = live_downloads._answer

    def refuse(request: HttpRequest, archive: Archive, number: int) -> HttpResponseBase:
        asked.append(request.method)
        if request.method == "GET":
            raise Busy
        return answer(request, archive, number)

    monkeypatch.setattr(live_downloads, "_answer", refuse)
    desk.open_task(DRIVE)
    desk.button("Select all").click()
    desk.page.get_by_label("Name of the selection").fill("All")
    hold = desk.standin.faults.hold("type=chunk&index=2&")
    desk.button("Save and download").click()
    eventually(lambda: "GET" in asked)
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("the download starts by itself.")
    with desk.page.expect_download(
        lambda download: download.url.endswith("/download"), timeout=60_000
    ) as download:
        hold.release()
    expect(status).to_contain_text("Its ZIP is ready, and the download has started.")
    archive = Archive.objects.get()
    assert Path(download.value.path()).read_bytes() == only_path(archive).read_bytes()


@pytest.mark.worker
def test_an_incomplete_zip_that_was_downloaded_while_it_was_built(
    desk: Workspace, worker: None
) -> None:
    desk.open_task(DRIVE)
    desk.button("Select all").click()
    gone(desk.standin, 229)
    desk.standin.faults.fail("type=chunk&index=2&", status=500)
    hold = desk.standin.faults.hold("type=(chunk&index=2|frame&number=229)&")
    desk.page.get_by_label("Name of the selection").fill("Most")
    with desk.page.expect_download(timeout=60_000) as download:
        desk.button("Save and download").click()
    hold.release()
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text(
        "226 of 227 frames only. If your browser shows an error, download it again.",
        timeout=60_000,
    )
    archive = Archive.objects.get()
    assert Path(download.value.path()).read_bytes() == only_path(archive).read_bytes()


@pytest.mark.worker
def test_an_incomplete_zip_is_not_downloaded_unasked(
    desk: Workspace, worker: None, finished_only: None
) -> None:
    hold = desk.standin.faults.hold(r"/data\?")
    downloads: list[object] = []
    desk.page.on("download", lambda download: downloads.append(download.url))
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.cell(5).click()
    no_chunks(desk.standin)
    gone(desk.standin, 3)
    desk.page.get_by_label("Name of the selection").fill("Some")
    with desk.page.expect_response("**/download?follow") as refused:
        desk.button("Save and download").click()
    assert refused.value.status == 409
    hold.release()
    status = desk.page.locator("#dock-status")
    expect(status).to_contain_text("The download has not started.", timeout=60_000)
    expect(status.get_by_role("link", name="See why")).to_be_visible()
    assert downloads == []


def test_leaving_what_is_not_saved_warns(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    for _ in range(2):  # without a gesture of a person no browser asks
        desk.cell(3).click()
    assert not desk.warns(), "of nothing"
    desk.open_task(DRIVE)
    desk.cell(3).click()
    assert desk.warns(), "of frames"
    desk.save("Kept")
    desk.page.locator(".note summary").click()
    for label in ("Name of the selection", "Note"):
        field = desk.page.get_by_label(label, exact=True)
        saved = field.input_value()
        field.fill("Something else")
        assert desk.warns(), label
        field.fill(saved)
    desk.cell(4).click()
    desk.button("Undo").click()
    assert not desk.warns(), "back at what was saved"
