"""Images whose file names are in other tasks are left out of a draw."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections.models import Selection
from tests.browser.workspace import Workspace

DRIVE = 1


def test_they_are_left_out_and_the_selection_opens_with_them(desk: Workspace, alice: User) -> None:
    names = [f"again/north_{frame:04d}.jpg" for frame in range(40)]
    other = desk.standin.world.add_task("Drawn before", owner="demo", images=names)
    page = desk.page
    desk.open_task(DRIVE)
    summary = page.locator("#known-names summary")
    summary.click()
    page.get_by_label("Other tasks").fill("before")
    desk.pick("50", seed="7")
    expect(page.locator("#pick-error")).to_contain_text("“before” is not a task")
    page.get_by_label("Other tasks").fill(f"{desk.standin.url}/tasks/{other.id}")
    expect(summary).to_have_text("Without the file names of 1 task")
    page.get_by_label("Names are compared").select_option(label="without their folders")
    desk.pick("50", seed="7")
    said = page.locator("#dock-status")
    expect(said).to_contain_text("38 frames are left out: the file names are in other tasks.")
    job = page.locator("#bars").get_by_text("the file names of 38 are in other tasks").first
    expect(job).to_be_visible()
    assert min(row["frame"] for row in desk.info()) == 40
    desk.save("New ones")
    selection = Selection.objects.for_user(alice).get()
    assert selection.parameters["exclude_filenames"] == {
        "tasks": [{"task_id": other.id, "url": ""}],
        "match": "base_name",
    }
    desk.open_task(DRIVE, selection=selection.pk)
    expect(summary).to_have_text("Without the file names of 1 task")
    summary.click()
    expect(page.get_by_label("Other tasks")).to_have_value(str(other.id))
