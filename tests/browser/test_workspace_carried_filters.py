"""Filters of the last task: they hold in the next one where something is like them."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.workspace import Workspace

DRIVE, FOLDERS, MIXED = 1, 2, 4


def test_file_names_go_on_to_the_next_task(desk: Workspace) -> None:
    """The words of the filter of the grid, and the tasks whose file names a draw leaves out."""
    page = desk.page
    said = page.locator("#dock-status")
    left_out = page.locator("#known-names summary")
    desk.open_task(FOLDERS)
    page.locator("#frame-filter > summary").click()
    page.get_by_label("File name like").fill("cam_a/*")
    expect(page.get_by_text("14 of 47 shown")).to_be_visible()
    desk.open_task(DRIVE)  # no file there has such a name
    expect(said).to_contain_text("No frame here is one whose file name is like “cam_a/*”")
    expect(page.locator("#shown")).to_have_text("")
    left_out.click()
    page.get_by_label("Other tasks").fill(f"{FOLDERS}, {MIXED}")
    page.get_by_label("Names are compared").select_option(label="without their folders")
    expect(left_out).to_have_text("Without the file names of 2 tasks")
    desk.open_task(FOLDERS)  # whose own names cannot be left out
    expect(said).to_contain_text("only frames whose file name is like “cam_a/*” are shown")
    expect(said).to_contain_text(f"leaves out the file names of task {MIXED}")
    expect(page.get_by_text("14 of 47 shown")).to_be_visible()
    expect(left_out).to_have_text("Without the file names of 1 task")
    desk.button("Show the others too").click()
    expect(page.locator("#shown")).to_have_text("")
    expect(page.locator("#draw")).to_be_visible()
    assert "filename_pattern" not in page.url
    page.locator("#pick").get_by_text("Per job", exact=True).click()  # is kept for the next task
    desk.open_task(DRIVE)
    expect(left_out).to_have_text("Without the file names of 2 tasks")
    expect(page.locator("#known-names-match")).to_have_value("base_name")
    desk.open_task(FOLDERS)
    expect(left_out).to_have_text("Without the file names of 1 task")
    expect(page.locator("#shown")).to_have_text("")


def test_conditions_on_annotations_go_on_to_the_next_tasks(desk: Workspace) -> None:
    page = desk.page
    in_use = page.locator("#annotations-on")
    said = page.locator("#dock-status")
    as_before = "annotated as the panel “Annotations” says"
    desk.open_task(FOLDERS)
    page.locator("#annotations > summary").click()
    page.get_by_label("Label car", exact=True).select_option("any")
    expect(in_use).to_be_visible()
    page.goto(f"/choose?tasks={DRIVE},{MIXED}")
    expect(said).to_contain_text(as_before)
    expect(in_use).to_be_visible()
    expect(page.locator("#shown")).to_contain_text("shown")
    assert "labels_any=car" in page.url
    page.locator("#annotations > summary").click()  # MIXED, without such a label, is no error
    expect(page.locator("#annotations-said")).to_contain_text("like this")
    desk.open_task(MIXED)  # shows a shelf
    expect(said).to_contain_text("There is no label “car” here")
    expect(in_use).to_be_hidden()
    page.locator("#amount").fill("7")  # is kept for the next task beside the conditions
    desk.open_task(DRIVE)
    expect(said).to_contain_text(as_before)
    expect(in_use).to_be_visible()
    assert "labels_any=car" in page.url
    page.locator("#annotations > summary").click()
    desk.button("Clear the conditions").click()
    desk.open_task(DRIVE)
    expect(desk.cells.first).to_be_visible()
    expect(in_use).to_be_hidden()
