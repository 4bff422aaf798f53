"""Random, by the API's own draw: per job or over all, a number or a share, more, again."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Route, expect

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


def test_more_goes_on_only_with_the_draw_that_is_chosen(desk: Workspace) -> None:
    more = desk.button("Keep, draw more")
    desk.open_task(DRIVE)
    desk.cell(0).click()
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    ten = {row["frame"] for row in desk.info()}
    desk.button("Undo").click()
    desk.expect_chosen(1, 227)
    more.click()  # ten of each job, not twenty
    expect(desk.page.locator("#dock-status")).to_contain_text("more frames picked with seed 7.")
    assert {row["frame"] for row in desk.info()} == ten | {0}
    desk.button("Clear").click()
    desk.expect_chosen(0, 227)
    more.click()
    desk.expect_chosen(50, 227)
    assert {row["frame"] for row in desk.info()} == ten
    # After undo of more, it goes on with what is chosen then.
    more.click()
    desk.expect_chosen(100, 227)
    desk.button("Undo").click()
    desk.expect_chosen(50, 227)
    more.click()
    desk.expect_chosen(100, 227)


def test_more_with_a_typed_seed_is_a_draw_beside(desk: Workspace, alice: User) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    first = {row["frame"] for row in desk.info()}
    desk.page.get_by_label("Seed").fill("8")
    desk.button("Keep, draw more").click()
    expect(desk.page.locator("#dock-status")).to_contain_text("more frames picked with seed 8.")
    drawn = api_of(alice).post(
        "/api/random-select", {"task_id": DRIVE, "count": 10, "random_seed": 8}
    )
    second = {row["frame"] for row in drawn.json()["images"]}
    assert {row["frame"] for row in desk.info()} == first | second


def test_what_was_taken_out_by_hand_stays_out(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    out = desk.info()[0]["frame"]
    desk.cell(out).click()
    desk.expect_chosen(49, 227)
    for chosen in (99, 149):
        desk.button("Keep, draw more").click()
        desk.expect_chosen(chosen, 227)
        assert out not in {row["frame"] for row in desk.info()}


@pytest.mark.parametrize("amount", ["0", "-3", "1.5", ""])
def test_more_of_no_amount(desk: Workspace, amount: str) -> None:
    desk.open_task(DRIVE)
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.page.locator("#amount").fill(amount)
    desk.button("Keep, draw more").click()
    expect(desk.page.locator("#pick-error")).to_contain_text("whole number, 1 or more")
    desk.expect_chosen(50, 227)


@pytest.mark.parametrize("amount", ["150", "0", "-3", "", "abc"])
def test_a_share_that_makes_no_sense(desk: Workspace, amount: str) -> None:
    desk.open_task(DRIVE)
    desk.page.get_by_label("Unit").select_option(label="%")
    desk.pick(amount)
    said = desk.page.locator("#pick-error")
    expect(said).to_contain_text("a percentage above 0 and at most 100")
    desk.expect_chosen(0, 227)


def test_what_is_said_fits_what_is_chosen(desk: Workspace) -> None:
    desk.open_task(DRIVE)
    said = desk.page.locator("#dock-status")
    for change in ("Undo", "Clear"):
        desk.pick("10", seed="7")
        expect(said).to_have_text("50 of 227 frames picked with seed 7.")
        desk.button(change).click()
        desk.expect_chosen(0, 227)
        expect(said).to_be_empty()
    # What it says of other things stays.
    desk.pick("10", seed="7")
    desk.expect_chosen(50, 227)
    desk.save("Fifty")
    desk.button("Clear").click()
    expect(said).to_contain_text("Saved as")


def test_the_filter_by_name_does_not_limit_it(desk: Workspace) -> None:
    hint = desk.page.get_by_text("The filter by file name does not limit the draw.")
    desk.open_task(FOLDERS)
    expect(hint).to_be_hidden()
    desk.page.get_by_label("File name contains").fill("no such name")
    expect(hint).to_be_visible()
    desk.pick("10", seed="7")
    desk.expect_chosen(27, 47)
    desk.button("Show all frames").click()
    expect(hint).to_be_hidden()


def test_the_focus_stays_on_what_was_pressed(desk: Workspace) -> None:
    page = desk.page
    desk.open_task(DRIVE)
    page.locator("#amount").fill("1")
    page.locator("#seed").fill("7")
    page.locator("#draw").focus()
    page.keyboard.press("Enter")
    desk.expect_chosen(5, 227)
    expect(page.locator("#draw")).to_be_focused()
    more = desk.button("Keep, draw more")
    more.focus()
    for chosen in (10, 15):
        page.keyboard.press("Enter")
        desk.expect_chosen(chosen, 227)
        expect(more).to_be_enabled()
        expect(more).to_be_focused()
    another = desk.button("Another seed")
    another.focus()
    seeds = {page.locator("#seed").input_value()}
    for _ in range(2):
        page.keyboard.press("Enter")
        desk.expect_chosen(5, 227)
        expect(another).to_be_enabled()
        seeds.add(page.locator("#seed").input_value())
    assert len(seeds) > 1
    expect(another).to_be_focused()


def test_a_press_during_a_draw_is_none(desk: Workspace) -> None:
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request)
        desk.page.wait_for_timeout(500)
        route.continue_()

    desk.page.route("**/api/random-select", answer)
    desk.open_task(DRIVE)
    desk.page.locator("#draw").focus()
    for _ in range(3):
        desk.page.keyboard.press("Enter")
    desk.expect_chosen(50, 227)
    expect(desk.page.locator("#draw")).to_be_enabled()
    assert len(asked) == 1


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
