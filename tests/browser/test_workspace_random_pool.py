"""What is drawn from: the jobs that are shown, without the frames of saved selections."""

from __future__ import annotations

from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections.models import Selection
from tests.browser.workspace import Workspace

DRIVE, FOLDERS = 1, 2


def test_file_names_limit_the_draw(desk: Workspace, alice: User) -> None:
    """The draw, what it says, and how it is recorded."""
    hint = desk.page.locator("#pick-names")
    desk.open_task(FOLDERS)
    desk.pick("10", seed="7")
    desk.expect_chosen(27, 47)
    assert desk.bars()[-1].endswith(": 7/7")  # the last job has fewer
    expect(hint).to_be_hidden()
    desk.page.get_by_label("File name contains").fill("CAM_A/  img")
    expect(hint).to_have_text("Only from frames whose file name contains “CAM_A/ img”.")
    desk.pick("10", seed="7", mode="Over all")
    said = desk.page.locator("#dock-status")
    expect(said).to_have_text("10 of 14 frames picked with seed 7.")
    assert all(row["filename"].startswith("cam_a/") for row in desk.info())
    desk.pick("5000", seed="7", mode="Over all")
    expect(said).to_have_text(
        "14 of 14 frames picked with seed 7, fewer than the 5,000 asked for: only 14 can be drawn."
    )
    desk.save("Camera A")
    kept = Selection.objects.for_user(alice).get()
    assert kept.frame_selection_method == "random_uniform"
    assert kept.parameters["filename_contains"] == "CAM_A/ img"
    desk.button("Clear").click()
    desk.button("Choose these").click()
    desk.expect_chosen(14, 47)
    desk.page.get_by_label("File name contains").fill("no such name")
    desk.pick("10", seed="7", mode="Over all")
    expect(desk.page.locator("#pick-error")).to_contain_text("no file name there contains")
    desk.button("Show all frames").click()
    expect(hint).to_be_hidden()


def test_only_from_the_jobs_that_are_shown(desk: Workspace, alice: User) -> None:
    desk.open_task(DRIVE)
    hint = desk.page.locator("#pick-jobs")
    said = desk.page.locator("#dock-status")
    state = desk.page.get_by_label("State", exact=True)
    expect(hint).to_be_hidden()
    for mode, amount, count in (("Per job", "5", 10), ("Over all", "12", 12)):
        state.select_option(label="in progress")
        expect(hint).to_have_text("Only from the jobs shown below: 2 of 5.")
        desk.pick(amount, seed="7", mode=mode)
        expect(said).to_have_text(f"{count} of 94 frames picked with seed 7.")
        assert {row["job_id"] for row in desk.info()} == {2, 3}
        desk.save(mode)
        kept = Selection.objects.for_user(alice).get(name=mode)
        assert kept.frame_selection_method != "manual"
        assert kept.parameters["job_ids"] == [2, 3]
        # More of the same goes on; of other jobs it is another draw beside it.
        state.select_option(label="Any state")
        expect(hint).to_be_hidden()
        desk.button("Keep, draw more").click()
        expect(said).to_contain_text("more frames picked with seed 7.")
        assert len({row["job_id"] for row in desk.info()}) > 2
    desk.button("Clear").click()
    desk.page.get_by_label("Stage").select_option("acceptance")
    desk.page.get_by_label("Assignee", exact=True).select_option("bob")
    desk.pick("10")
    expect(desk.page.locator("#pick-error")).to_contain_text("No job is shown to draw from.")
    desk.expect_chosen(0, 227)


def test_without_the_frames_of_a_saved_selection(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    summary = desk.page.locator("#left-out summary")
    summary.click()
    expect(desk.page.locator("#left-out")).to_contain_text("No selection of this task is saved")
    summary.click()
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    first = {row["frame"] for row in desk.info()}
    desk.page.get_by_label("Name of the selection").fill("Round 1")
    desk.button("Save").click()
    said = desk.page.locator("#dock-status")
    expect(said).to_contain_text("Saved as")
    summary.click()
    desk.page.get_by_role("checkbox", name="Round 1").check()
    expect(summary).to_have_text("Without the frames of 1 selection")
    desk.pick("10", seed="7")
    expect(said).to_have_text("50 of 177 frames picked with seed 7.")
    second = {row["frame"] for row in desk.info()}
    assert not first & second
    desk.button("Keep, draw more").click()
    expect(said).to_contain_text("50 more frames picked")
    assert not first & {row["frame"] for row in desk.info()}
    # Another task has its own.
    desk.open_task(FOLDERS)
    summary.click()
    expect(desk.page.locator("#left-out")).to_contain_text("No selection of this task is saved")
