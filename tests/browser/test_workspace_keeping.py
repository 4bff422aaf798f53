"""Name, note, save, download; and a warning before what is not saved is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponseBase
from playwright.sync_api import Dialog, Route, expect

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


def test_saved_as_drawn_and_as_adjusted(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.save("As drawn")
    drawn = Selection.objects.get()
    assert (drawn.frame_selection_method, drawn.random_seed) == ("random_per_job", 7)
    assert drawn.frames.count() == 50

    desk.cell(0).click()
    desk.page.locator(".note summary").click()
    desk.page.get_by_label("Note", exact=True).fill("One by hand.")
    desk.save("Adjusted")
    adjusted = Selection.objects.exclude(pk=drawn.pk).get()
    assert adjusted.frame_selection_method == "manual"
    assert adjusted.parameters["adjusted_from"]["random_seed"] == 7
    assert adjusted.note == "One by hand."


def test_drawing_more_is_saved_as_one_draw(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.button("Keep, draw more").click()
    desk.expect_chosen(100, 227)
    desk.save("Twenty each")
    kept = Selection.objects.get()
    assert (kept.frame_selection_method, kept.random_seed) == ("random_per_job", 7)
    assert kept.parameters["frames_per_job_count"] == 20


def test_saving_twice_keeps_one(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.save("Once")
    desk.button("Save").click()
    status = desk.page.locator("#dock-status")
    expect(status).to_have_text("Saved already as “Once”.")
    expect(status.get_by_role("link", name="Once")).to_be_visible()
    expect(desk.button("Save")).to_be_focused()
    assert Selection.objects.count() == 1


def test_taken_and_left_again_is_as_saved(desk: Workspace) -> None:
    asked: list[str] = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.save("Once")
    desk.cell(5).click()
    expect(desk.button("Save as new")).to_be_visible()
    desk.cell(5).click()
    desk.cell(6).dblclick()
    desk.page.keyboard.press("Escape")
    desk.button("Save").click()
    expect(desk.page.locator("#dock-status")).to_have_text("Saved already as “Once”.")
    assert Selection.objects.count() == 1
    desk.page.goto("/selections/")
    assert asked == []


def test_the_same_frames_by_hand_are_not_the_draw(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("1", seed="7")
    desk.expect_chosen(5, 227)
    desk.save("Drawn")
    frames = [row["frame"] for row in desk.info()]
    desk.button("Clear").click()
    desk.page.locator("#pick").get_by_text("By hand", exact=True).click()
    desk.page.get_by_label("Frame numbers").fill(", ".join(map(str, frames)))
    desk.button("Choose these").click()
    desk.expect_chosen(5, 227)
    desk.save("By hand")
    assert Selection.objects.get(name="By hand").frame_selection_method == "manual"


def test_the_dock_does_not_jump(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.save("Once")
    places = [desk.page.locator(f"#{name}").bounding_box() for name in ("name", "save", "dock")]
    desk.cell(5).click()
    expect(desk.button("Download as new")).to_be_visible()
    assert places == [
        desk.page.locator(f"#{name}").bounding_box() for name in ("name", "save", "dock")
    ]


def test_busy_buttons_keep_the_keyboard_and_do_nothing_twice(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.page.route("**/api/selections", hold)
    desk.button("Save").focus()
    desk.page.keyboard.press("Enter")
    expect(desk.button("Save")).to_have_attribute("aria-disabled", "true")
    desk.page.keyboard.press("Enter")
    expect(desk.button("Save")).to_be_focused()
    desk.until(lambda: held)
    held[0].continue_()
    expect(desk.page.locator("#dock-status")).to_contain_text("Saved as")
    expect(desk.button("Save")).to_have_attribute("aria-disabled", "false")
    expect(desk.button("Save")).to_be_focused()
    assert Selection.objects.count() == len(held) == 1


def test_nothing_chosen_cannot_be_saved(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.button("Save").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("No frame is chosen")


def test_all_of_a_large_task(desk: Workspace) -> None:
    desk.open_task(LARGE)
    desk.button("Select all").click()
    desk.save("All")
    assert Selection.objects.get().frames.count() == 20_000


@pytest.mark.worker
def test_what_is_built_is_not_built_again(
    desk: Workspace, worker: None, finished_only: None
) -> None:
    status = desk.page.locator("#dock-status")
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.page.get_by_label("Name of the selection").fill("One")
    hold = desk.standin.faults.hold(r"/data\?")
    desk.button("Save and download").click()
    expect(status).to_contain_text("Saved as “One”. Its ZIP is being built; the download")
    desk.button("Save and download").click()
    expect(status).to_contain_text("Saved already as “One”. Its ZIP is being built already")
    expect(status.get_by_role("link", name="Watch it")).to_be_visible()
    with desk.page.expect_download():
        hold.release()
    with desk.page.expect_download():
        desk.button("Save and download").click()
    expect(status).to_contain_text("Saved already as “One”. Its ZIP is ready, and the download has")
    with desk.page.expect_download():
        status.get_by_role("link", name="Download again").click()
    assert Archive.objects.count() == 1
    # Under another name it is another file.
    desk.page.get_by_label("Name of the selection").fill("First")
    desk.button("Save and download").click()
    expect(status).to_contain_text("“One” is now called “First”. Its ZIP is ")
    assert Archive.objects.count() == 2
    assert Selection.objects.count() == 1


@pytest.mark.worker
def test_save_and_download_downloads(desk: Workspace, worker: None, finished_only: None) -> None:
    status = desk.page.locator("#dock-status")
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.page.get_by_label("Name of the selection").fill("One")
    with desk.page.expect_download(timeout=60_000) as download:
        desk.button("Save and download").click()
    assert download.value.suggested_filename == Archive.objects.get().download_name
    expect(status).to_contain_text(
        "Saved as “One”. Its ZIP is ready, and the download has started. Download again"
    )
    expect(desk.page.locator("#desk-ready")).to_be_empty()  # told once
    expect(desk.page.locator("#tray")).to_be_hidden()


@pytest.mark.worker
def test_a_download_whose_line_is_gone_is_told_by_a_notice(
    desk: Workspace, worker: None, finished_only: None
) -> None:
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.page.get_by_label("Name of the selection").fill("One")
    hold = desk.standin.faults.hold(r"/data\?")
    desk.button("Save and download").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("Its ZIP is being built")
    desk.pick("10", seed="7")  # which tells of itself
    with desk.page.expect_download(timeout=60_000):
        hold.release()
    expect(desk.page.locator("#desk-ready")).to_contain_text(
        "“One” is ready, and its download has started."
    )


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
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    desk.page.on("dialog", stay)
    desk.open_task(DRIVE)
    desk.page.goto("/selections/")
    assert asked == []  # nothing was chosen
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.page.goto("/selections/")
    assert asked == ["beforeunload"]


def test_leaving_what_is_saved_does_not(desk: Workspace) -> None:
    asked: list[str] = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.save("Kept")
    desk.cell(4).click()
    desk.button("Undo").click()  # back at what was saved
    desk.page.goto("/selections/")
    assert asked == []


@pytest.mark.parametrize("label", ["Name of the selection", "Note"])
def test_leaving_a_name_or_note_that_is_not_saved_warns(desk: Workspace, label: str) -> None:
    asked: list[str] = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    desk.open_task(DRIVE)
    desk.cell(3).click()
    desk.save("Kept")
    desk.page.locator(".note summary").click()
    desk.page.get_by_label(label, exact=True).fill("Something else")
    desk.page.goto("/selections/")
    assert asked == ["beforeunload"]
