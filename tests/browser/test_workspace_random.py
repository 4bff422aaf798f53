"""Random, by the API's own draw: per job or over all, a number or a share, more, again."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from selections.models import Selection
from tests.browser.workspace import Workspace
from tests.conftest import api_of

DRIVE, FOLDERS, LARGE = 1, 2, 8


def test_per_job_is_what_the_api_draws(desk: Workspace, alice: User) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    assert desk.bars() == [
        "Job 1: 10/48",
        "Job 2: 10/45",
        "Job 3: 10/44",
        "Job 4: 10/45",
        "Job 5: 10/45",
    ]
    drawn = api_of(alice).post(
        "/api/random-select", {"task_id": DRIVE, "count": 10, "random_seed": 7}
    )
    assert desk.info() == drawn.json()["images"]


def test_the_last_job_has_fewer(desk: Workspace) -> None:
    desk.open_task(FOLDERS)
    desk.pick("10", seed="7")
    desk.expect_chosen(27, 47)
    assert desk.bars()[-1].endswith(": 7/7")


def test_of_one_job(desk: Workspace) -> None:
    desk.page.goto("/choose?job=2")
    desk.pick("7", seed="1", mode="Random")
    desk.expect_chosen(7, 50)
    assert desk.bars() == ["Job 2: 7/50"]


@pytest.mark.parametrize("amount", ["0", "abc", "-3", "1.5", ""])
def test_an_amount_that_makes_no_sense(desk: Workspace, amount: str) -> None:
    desk.open_task(DRIVE)
    desk.pick(amount)
    expect(desk.page.locator("#pick-error")).to_contain_text("whole number, 1 or more")
    desk.expect_chosen(0, 227)


def test_a_seed_that_is_none(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="x")
    expect(desk.page.locator("#pick-error")).to_contain_text("seed")


def test_another_seed_and_the_same_again(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    first = desk.info()
    desk.button("Another seed").click()
    expect(desk.page.get_by_label("Seed")).not_to_have_value("7")
    assert desk.info() != first
    desk.pick("10", seed="7")
    expect(desk.page.locator("#dock-status")).to_have_text("50 of 227 frames picked with seed 7.")
    assert desk.info() == first


def test_over_all_and_shares(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("20", seed="3", mode="Over all")
    desk.expect_chosen(20, 227)
    desk.page.get_by_label("Unit").select_option(label="%")
    desk.pick("10", seed="3", mode="Over all")
    desk.expect_chosen(22, 227)
    desk.pick("50", seed="3", mode="Per job")
    desk.expect_chosen(112, 227)


def test_keep_these_and_draw_more(desk: Workspace) -> None:
    """The same seed goes on: ten more are the draw of twenty, and what was added by hand stays."""
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    first = {row["frame"] for row in desk.info()}
    desk.page.locator("#amount").fill("5")
    desk.button("Keep, draw more").click()
    desk.expect_chosen(75, 227)
    expect(desk.page.locator("#dock-status")).to_have_text("25 more frames picked with seed 7.")
    more = {row["frame"] for row in desk.info()}
    assert first < more
    desk.button("Keep, draw more").click()
    desk.expect_chosen(100, 227)
    desk.button("Undo").click()
    assert {row["frame"] for row in desk.info()} == more
    desk.pick("15", seed="7")
    expect(desk.page.locator("#dock-status")).to_have_text("75 of 227 frames picked with seed 7.")
    assert {row["frame"] for row in desk.info()} == more


def test_drawing_more_keeps_what_was_chosen_by_hand(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("1", seed="7")
    desk.expect_chosen(5, 227)
    drawn = {row["frame"] for row in desk.info()}
    by_hand = next(frame for frame in range(5) if frame not in drawn)
    desk.cell(by_hand).click()
    desk.button("Keep, draw more").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("more frames picked")
    assert drawn | {by_hand} < {row["frame"] for row in desk.info()}


@pytest.mark.parametrize(
    ("mode", "amount", "count"), [("Per job", "5", 10), ("Over all", "12", 12)]
)
def test_only_from_the_jobs_that_are_shown(
    desk: Workspace, alice: User, mode: str, amount: str, count: int
) -> None:
    desk.open_task(DRIVE)
    hint = desk.page.locator("#pick-jobs")
    expect(hint).to_be_hidden()
    desk.page.get_by_label("State", exact=True).select_option(label="in progress")
    expect(hint).to_have_text("Only from the jobs shown below: 2 of 5.")
    desk.pick(amount, seed="7", mode=mode)
    said = desk.page.locator("#dock-status")
    expect(said).to_have_text(f"{count} of 89 frames picked with seed 7.")
    assert {row["job_id"] for row in desk.info()} == {2, 3}
    desk.button("Save").click()
    expect(said).to_contain_text("Saved as")
    kept = Selection.objects.for_user(alice).get()
    assert kept.frame_selection_method != "manual"
    assert kept.parameters["job_ids"] == [2, 3]
    # More of the same goes on; of other jobs it is another draw beside it.
    desk.page.get_by_label("State", exact=True).select_option(label="Any state")
    expect(hint).to_be_hidden()
    desk.button("Keep, draw more").click()
    expect(said).to_contain_text("more frames picked with seed 7.")
    assert len({row["job_id"] for row in desk.info()}) > 2


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


def test_no_job_is_shown_to_draw_from(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.page.get_by_label("Stage").select_option("acceptance")
    desk.page.get_by_label("Assignee").select_option("bob")
    desk.pick("10")
    expect(desk.page.locator("#pick-error")).to_contain_text("No job is shown to draw from.")
    desk.expect_chosen(0, 227)


def test_a_draw_from_a_large_task(desk: Workspace) -> None:
    desk.open_task(LARGE)
    desk.button("Select all").click()
    desk.expect_chosen(20_000, 20_000)
    desk.pick("10", seed="1")
    desk.expect_chosen(200, 20_000)


def test_a_task_that_has_changed_meanwhile(desk: Workspace) -> None:
    desk.page.route(
        "**/api/random-select",
        lambda route: route.fulfill(
            json={"images": [{"frame": 5000}], "random_seed": 1, "count": 1}
        ),
    )
    desk.open_task(DRIVE)
    desk.pick("10")
    expect(desk.page.locator("#dock-status")).to_contain_text("Reload the page")
